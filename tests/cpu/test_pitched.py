"""Threads that walk along rows: lanes as far apart as a launch says, with short vectors."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cpu.compile import to_llvm
from imgcuda.cpu.memory.pitched_accesses import FEW
from imgcuda.programs.layout import Dim3
from support.matrix import every_third
from support.small_kernels import NUMPY, launch, program

WIDTH, HEIGHT = 37, 53
BLOCK = Dim3(64)


def kernel(body: str, type: str = "float") -> str:
    return f"""__device__ int at(int y, int w, int x) {{ return y * w + x; }}
    __global__ void k(const {type} *in, {type} *out, int w, int h)
    {{ int y = blockIdx.x * blockDim.x + threadIdx.x; if (y >= h) return; {body} }}"""


def made(body: str, type: str = "float", width: int = WIDTH) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return an image and what a kernel makes of it, of which each thread computes a row."""
    given = np.random.default_rng(0).integers(0, 100, (HEIGHT, width)).astype(NUMPY[type])
    out = np.zeros_like(given)
    launch(kernel(body, type), given, out, np.int32(width), np.int32(HEIGHT), grid=2, block=32)
    return given, out


def vector(body: str) -> int:
    """Return the width of the vectors that a kernel is compiled with."""
    return to_llvm(program(kernel(body)), "k", BLOCK, width=64).width


FORMS = {
    "int": "for (int x = 0; x < w; x++) out[y * w + x] = in[y * w + x] + 1;",
    "size_t": "for (int x = 0; x < w; x++) out[(size_t)y * w + x] = in[(size_t)y * w + x] + 1;",
    "long long": "for (int x = 0; x < w; x++) out[(long long)y * w + x] = in[x + w * (long long)y] + 1;",
    "unsigned": "unsigned u = y, v = w; for (unsigned x = 0; x < v; x++) out[u * v + x] = in[u * v + x] + 1;",
    "pointers": "const A *from = in + y * w; A *to = out + y * w; for (int x = 0; x < w; x++) to[x] = from[x] + 1;",
    "a row's start": "const int row = y * w; for (int x = 0; x < w; x++) out[row + x] = in[row + x] + 1;",
    "backward": "for (int x = w - 1; x >= 0; x--) out[y * w + x] = in[y * w + x] + 1;",
    "upward": "int r = h - 1 - y; for (int x = 0; x < w; x++) out[r * w + x] = in[r * w + x] + 1;",
    "upward, unsigned": "int r = (h - 1 - y) * w; for (unsigned x = 0; x < w; x++) out[r + x] = in[r + x] + 1;",
    "from the end": "int r = w * h - w - y * w; for (int x = 0; x < w; x++) out[r + x] = in[(h - 1 - y) * w + x] + 1;",
    "some columns": "for (int x = 0; x < w; x++) if ((x + y) % 3 < 5) out[y * w + x] = in[y * w + x] + 1;",
    "to an own end": "for (int x = 0; x < w; x++) { out[y * w + x] = in[y * w + x] + 1; if (x > w + y) break; }",
    "a start before barriers": "const int r = y * w; __syncthreads(); for (int x = 0; x < w; x++) "
    "{ A v = in[r + x]; __syncthreads(); out[r + x] = v + 1; }",
    "rows far apart": "for (int r = y; r < h; r += 16 * gridDim.x) for (int x = 0; x < w; x++) "
    "out[r * w + x] = in[r * w + x] + 1;",
    "an index that a call returns": "for (int x = 0; x < w; x++) out[at(y, w, x)] = in[at(y, w, x)] + 1;",
    "as unsigned": "for (int x = 0; x < w; x++) out[(int)(unsigned)(y * w) + x] = in[(unsigned)y * w + x] + 1;",
    "with a barrier": "for (int x = 0; x < w; x++) { A v = in[y * w + x]; __syncthreads(); out[y * w + x] = v + 1; }",
}


GATHERED = ["rows far apart", "a start before barriers"]
"""The forms whose threads are not known to walk along rows."""


@pytest.mark.parametrize(("form", "type"), every_third(product(FORMS, ["float", "unsigned char", "short", "double"])))
def test_a_thread_walks_along_its_row(form: str, type: str) -> None:
    given, out = made(FORMS[form].replace("A ", f"{type} "), type)
    assert np.array_equal(out, given + 1)


def test_a_recursive_filter_of_rows() -> None:
    given, out = made("float s = 0; for (int x = 0; x < w; x++) { s += in[y * w + x]; out[y * w + x] = s; }")
    assert np.array_equal(out, np.cumsum(given, 1))


def test_rows_that_are_one_keep_the_last_threads_value() -> None:
    out = np.zeros(9, np.int32)
    source = """__global__ void k(int *out, int w) {
        int y = threadIdx.x; for (int x = 0; x < 9; x++) out[y * w + x] = y; }"""
    launch(source, out, np.int32(0), block=64)
    assert out.tolist() == [63] * 9


@pytest.mark.parametrize(
    "index",
    [
        "(threadIdx.x - 1u) * w + w + i",
        "(threadIdx.x - 7u) * w + 7u * w + i",
        "w + (threadIdx.x - 1u) * w + i",
        "(int)((threadIdx.x - 1u) * w + w) + i",
        "(unsigned)((int)(threadIdx.x - 1) * (int)w) + w + i",
        "(63u - threadIdx.x) * (0u - w) + 63u * w + i",
    ],
)
def test_an_unsigned_index_that_wraps_between_two_threads(index: str) -> None:
    given, out = np.arange(640, dtype=np.float32), np.zeros(64, np.float32)
    source = f"""__global__ void k(const float *in, float *out, unsigned w) {{
        for (unsigned i = 0; i < 1; i++) out[threadIdx.x] = in[{index}]; }}"""
    launch(source, given, out, np.uint32(10), block=64)
    assert out.tolist() == list(range(0, 640, 10))


def test_a_negative_row_that_wraps_as_an_unsigned_one_is_a_row_before() -> None:
    given, out = np.arange(640, dtype=np.float32), np.zeros(64, np.float32)
    source = """__global__ void k(const float *in, float *out, int w) {
        const float *end = in + 63 * w; int up = -(int)threadIdx.x;
        for (unsigned i = 0; i < 1; i++) out[threadIdx.x] = end[(int)(up * (unsigned)w + i)]; }"""
    launch(source, given, out, np.int32(10), block=64)
    assert out.tolist() == list(range(630, -1, -10))


@pytest.mark.parametrize("form", [form for form in FORMS if form not in GATHERED])
def test_kernels_that_walk_along_rows_have_short_vectors(form: str) -> None:
    assert vector(FORMS[form].replace("A ", "float ")) == FEW


@pytest.mark.parametrize(
    "body",
    [
        "for (int x = 0; x < h; x++) out[x * w + y] = in[x * w + y];",
        "out[y * w] = in[y * w];",
        "for (int x = 0; x < w; x++) out[x * h + y] = in[y * w + x] + in[x * h + y];",
        "float s = 0; for (int x = 0; x < w; x++) s += __shfl_sync(0xffffffff, in[y * w + x], 0); out[y] = s;",
    ],
    ids=["a thread a column", "no loop", "few of the accesses", "warps"],
)
def test_other_kernels_keep_long_vectors(body: str) -> None:
    assert vector(body) > FEW
