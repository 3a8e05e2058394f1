"""Floats of 16 bits, as `#include <cuda_fp16.h>` has them: results compared with NumPy's float16, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import KernelError, LaunchError, kernels
from imgcuda.cuda.compile import compile as compile_for_gpu
from imgcuda.frontend.compilers import CUDA
from imgcuda.programs.source import Program
from support.cxx import NEEDS_CLANG

HEAD = "#include <cuda_fp16.h>\n#define THREAD int i = blockIdx.x * blockDim.x + threadIdx.x; if (i >= n) return\n"
ALL = np.arange(65536, dtype=np.uint16).view(np.float16)
"""All floats of 16 bits."""
PAIRS = np.random.default_rng(3).normal(size=(3, 4096)).astype(np.float16)
CONVERSIONS = """\
__global__ void widen(const half *in, float *out, int n) { THREAD; out[i] = __half2float(in[i]); }
__global__ void narrow(const float *in, half *out, int n) { THREAD; out[i] = __float2half(in[i]); }
__global__ void narrow_double(const double *in, __half *out, int n) { THREAD; out[i] = __double2half(in[i]); }
__global__ void whole(const half *in, int *out, int n) { THREAD; out[i] = __half2int_rn(in[i]) + __half2int_rz(in[i]); }
"""


def run(text: str, kernel: str, out: npt.NDArray[Any], *given: Any) -> npt.NDArray[Any]:
    module = kernels.compile(HEAD + text, device="cpu")
    module[kernel](*given, out, len(out), grid=-(-len(out) // 256), block=256)
    return out


def assert_same_bits(made: npt.NDArray[Any], expected: npt.NDArray[Any]) -> None:
    """Assert that numbers are the same, also the signs of zeros; of what is no number only that it is none."""
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(np.isnan(made), ~numbers)
    bits = np.uint16 if made.dtype == np.float16 else np.uint32
    np.testing.assert_array_equal(made[numbers].view(bits), expected[numbers].view(bits))


def between() -> npt.NDArray[np.float64]:
    """Return all floats of 16 bits, the middles between neighbors, and what lies right beside these."""
    exact = np.sort(ALL[np.isfinite(ALL)]).astype(np.float64)
    middles = np.concatenate([exact, (exact[1:] + exact[:-1]) / 2, [65519, 65520, 65536, 1e30, np.inf, np.nan, -0.0]])
    with np.errstate(invalid="ignore"):
        beside = [np.nextafter(middles, end) for end in (-np.inf, np.inf)]
        near = [np.nextafter(middles.astype(np.float32), np.float32(end)) for end in (-np.inf, np.inf)]
    return np.concatenate([middles, *beside, *near])


def test_every_half_becomes_its_float() -> None:
    assert_same_bits(run(CONVERSIONS, "widen", np.zeros(65536, np.float32), ALL), ALL.astype(np.float32))


@pytest.mark.parametrize(("kernel", "type"), [("narrow", np.float32), ("narrow_double", np.float64)])
def test_floats_are_rounded_to_the_nearest_half_and_ties_to_even(kernel: str, type: type[np.floating[Any]]) -> None:
    with np.errstate(over="ignore"):
        given = between().astype(type)
        expected = given.astype(np.float16)
    assert_same_bits(run(CONVERSIONS, kernel, np.zeros(len(given), np.float16), given), expected)


def test_halves_become_whole_numbers() -> None:
    given = np.array([0.5, 1.5, -2.5, 7.75, 65504], np.float16)
    expected = np.rint(given).astype(int) + np.trunc(given).astype(int)
    np.testing.assert_array_equal(run(CONVERSIONS, "whole", np.zeros(5, np.int32), given), expected)


@pytest.mark.parametrize("clang", [False, pytest.param(True, marks=NEEDS_CLANG)])
def test_arithmetic_is_rounded_after_each_operation(clang: bool) -> None:
    text = """\
__global__ void k(const half *a, const half *b, const half *c, half by, half *out, int n)
{
    THREAD;
    half d = a[i] + b[i] * c[i];
    d -= by;
    d = -d / c[i];
    d = __hmax(d, __hmin(hsqrt(__habs(a[i])), by));
    out[i] = a[i] < b[i] && d != by ? d : __hfma(a[i], b[i], c[i]);
}
"""
    a, b, c = PAIRS
    by = np.float16(0.7)
    d = -((a + b * c) - by) / c
    d = np.maximum(d, np.minimum(np.sqrt(np.abs(a)), by))
    fused = (a.astype(np.float64) * b + c).astype(np.float16)
    kernel = "k<half>" if clang else "k"
    if clang:
        text = "template <typename half>\n" + text
    made = run(text, kernel, np.zeros(4096, np.float16), a, b, c, 0.7)
    assert_same_bits(made, np.where((a < b) & (d != by), d, fused))


def test_pairs_are_computed_part_by_part() -> None:
    text = """\
__global__ void k(const half2 *a, const half2 *b, half2 *out, int n)
{
    THREAD;
    half2 c = __hadd2(a[i], b[i]) * __float2half2_rn(3.0f);
    float2 f = __half22float2(c);
    c.x = __float2half(f.x + 1.0f);
    out[i] = __hadd2(c, __halves2half2(__high2half(a[i]), __low2half(a[i])));
}
"""
    a, b = PAIRS[:2].reshape(2, 2048, 2)
    c = (a + b) * np.float16(3)
    c[:, 0] = (c[:, 0].astype(np.float32) + 1).astype(np.float16)
    assert_same_bits(run(text, "k", np.zeros((2048, 2), np.float16), a, b), c + a[:, ::-1])


@NEEDS_CLANG
def test_numbers_become_halves_by_themselves_in_cxx() -> None:
    text = """\
__global__ void k(const half *a, float gain, half *out, int n)
{
    THREAD;
    float f = a[i];
    half h = f * gain, two = 2;
    half2 p = {h, two}, q = p * half2(two, h);
    half r = half(0.1) + q.x;
    out[i] = r > two ? half(int(r)) : (float)q.y < 0 ? half(-2.5f) : r;
}
"""
    a = PAIRS[0]
    h = (a.astype(np.float32) * np.float32(0.7)).astype(np.float16)
    x, y = h * np.float16(2), np.float16(2) * h
    r = np.float16(0.1) + x
    expected = np.where(r > 2, np.trunc(r), np.where(y < 0, np.float16(-2.5), r))
    assert_same_bits(run(text, "k", np.zeros(4096, np.float16), a, np.float32(0.7)), expected)


@pytest.mark.usefixtures("without_clang")
@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        ("float f = o[0];", "write __half2float"),
        ("o[0] = 1.0f;", "write __float2half"),
        ("o[0] = o[0] * 2.0f;", "write __half2float"),
    ],
)
def test_without_clang_the_functions_that_convert_are_named(body: str, remedy: str) -> None:
    module = kernels.compile(f"{HEAD}__global__ void k(half *o) {{ {body} }}", device="cpu")
    with pytest.raises(KernelError, match=remedy):
        module.k(np.zeros(1, np.float16), grid=1, block=1)


def test_without_the_header_it_is_named() -> None:
    module = kernels.compile("__global__ void k(float *o) { o[0] = __half2float(3); }", device="cpu")
    with pytest.raises(KernelError, match="#include <cuda_fp16"):
        module.k(np.zeros(1, np.float32), grid=1, block=1)


def test_arrays_of_other_types_are_refused() -> None:
    with pytest.raises(LaunchError, match="float16"):
        run(CONVERSIONS, "widen", np.zeros(4, np.float32), np.zeros(4, np.float32))


@pytest.mark.usefixtures("nvrtc")
def test_nvrtc_reads_the_same_header() -> None:
    text = f"{HEAD}{CONVERSIONS}__global__ void k(half *o) {{ o[0] = half(2.5f) + o[1]; float f = o[0]; o[1] = f; }}"
    assert b"widen" in compile_for_gpu(Program("k.cu", text, np.dtype(np.uint8), compiler=CUDA), (9, 0))
