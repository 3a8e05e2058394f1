"""Floats that are clamped, rounded and become bytes: in every way that a processor may have, to the bit."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cpu import loading, rounding_functions, session, workers
from imgcuda.cpu.code import Code
from imgcuda.cpu.compile import argument_letter, assemble, to_llvm
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.workers import PackedLaunch
from imgcuda.programs.layout import Dim3
from support.small_kernels import program

HOST = Machine.host()
WAYS = ["+avx512bw", "+avx2", ""]

HALVES = np.arange(-3, 260, 0.5)
EDGES = [np.nan, -np.nan, np.inf, -np.inf, 1e30, -1e30, 2.0**31, -(2.0**31), 2.0**31 - 128, 2.0**32, -0.0, 1e-40, 254.5]
FLOATS = np.resize(np.concatenate([HALVES, HALVES + 1e-5, HALVES - 1e-5, EDGES]), 2048).astype(np.float32)

CLAMPED = "(unsigned char)__float2int_rn(fminf(fmaxf(x, 0.0f), 255.0f))"


def made(expression: str, way: str, width: int = 64) -> tuple[npt.NDArray[np.uint8], str]:
    """Return what a kernel makes of the floats, in the way of a processor with one feature, and its LLVM IR."""
    source = f"""__global__ void k(unsigned char *out, const float *in) {{
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        float x = in[i];
        out[i] = {expression};
    }}"""
    low = to_llvm(program(source), "k", Dim3(64), width=width)
    out = np.zeros(len(FLOATS), np.uint8)
    arrays = [session.as_device_array(each) for each in (out, FLOATS)]
    code = assemble(rounding_functions.with_definitions(low.ir, way), HOST)
    loaded = loading.load(Code(code, tuple(map(argument_letter, low.parameters)), heap=low.heap))
    blocks = len(FLOATS) // 64
    launch = PackedLaunch(
        loaded, session.pack(loaded.letters, arrays), struct.pack("5q", blocks, 1, 1, 0, 0), keep=arrays
    )
    workers.run(launch, blocks)
    return out, low.ir


def rounded(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    return np.rint(np.clip(np.nan_to_num(values, nan=0.0), 0, 255)).astype(np.uint8)


OF_NAN_255 = np.where(np.isnan(FLOATS), 255, rounded(FLOATS))


@pytest.mark.parametrize("width", [8, 16, 32, 64])
@pytest.mark.parametrize("way", [way for way in WAYS if way in HOST.features])
def test_any_float_is_clamped_and_rounded(way: str, width: int) -> None:
    out, ir = made(CLAMPED, way, width)
    assert (out == rounded(FLOATS)).all()
    assert (rounding_functions.NAME in ir) == rounding_functions.is_short(width, HOST.features)


@pytest.mark.parametrize("way", [way for way in WAYS if way in HOST.features])
@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("(unsigned char)__float2int_rn(fmaxf(fminf(x, 255.0f), 0.0f))", OF_NAN_255),
        ("(unsigned char)__float2int_rn(fminf(fmaxf(x, 3.0f), 200.0f))", rounded(FLOATS).clip(3, 200)),
        ("(unsigned char)(__float2int_rn(fminf(fmaxf(x, 0.0f), 255.0f)) / 2)", rounded(FLOATS) // 2),
        ("(unsigned char)__float2int_rn(fminf(fmaxf(x, 0.0f), 255.0f)) + 1", rounded(FLOATS) + np.uint8(1)),
    ],
)  # fmt: skip
def test_other_ends_and_other_uses(expression: str, wanted: npt.NDArray[np.uint8], way: str) -> None:
    assert (made(expression, way)[0] == wanted).all()


def test_what_may_exceed_a_byte_is_narrowed_as_an_integer() -> None:
    ir = made("(unsigned char)__float2int_rn(fminf(fmaxf(x, 0.0f), 256.0f))", "")[1]
    assert rounding_functions.NAME not in ir
    assert rounding_functions.WITHIN_INTEGERS not in ir


def test_what_is_known_to_lie_within_the_integers_needs_no_limit() -> None:
    source = """__global__ void k(unsigned char *out, const unsigned char *in) {
        int i = threadIdx.x;
        out[i] = (unsigned char)__float2int_rn(fminf(in[i] * 2.0f, 255.0f));
    }"""
    ways = [rounding_functions.WITHIN_INTEGERS] if rounding_functions.is_short(64, HOST.features) else ["fptosi"]
    assert ways[0] in to_llvm(program(source), "k", Dim3(64)).ir


@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_defined_without_the_others(way: str) -> None:
    text = f"declare <64 x i8> @{rounding_functions.NAME}64(<64 x float>)"
    text_made = rounding_functions.with_definitions(text, f"+sse2,{way}")
    assert f"define internal <64 x i8> @{rounding_functions.NAME}64(" in text_made
    assert ("llvm.x86" in text_made) == bool(way)
