"""Indices that are affine except at the border: the same elements are read, whether they are contiguous or not."""

from __future__ import annotations

from itertools import starmap
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cpu import session
from imgcuda.cpu.compile import to_llvm
from imgcuda.programs.layout import Dim3
from support.matrix import exhaustive
from support.small_kernels import NUMPY, launch, program, run_exactly

BLOCK = 64


def read(body: str, count: int, length: int, type: str = "int", block: int = BLOCK) -> list[Any]:
    """Return what `count` threads read from 0, 1, 2 ... at the index `i` that a body computes.

    `length` elements are there, and before and behind them what must not be read as theirs.
    """
    source = f"""__global__ void k(int *out, const {type} *in, int count, int n, unsigned int un) {{
        int x = blockIdx.x * blockDim.x + threadIdx.x;
        unsigned int u = x;
        if (x < count) {{ {body} out[x] = in[i]; }}
    }}"""
    out, given = np.full(count, -1, np.int32), np.arange(length).astype(NUMPY[type])
    launch(
        source, out, given, np.int32(count), np.int32(length), np.uint32(length), grid=-(-count // block), block=block
    )
    return out.tolist()


CLAMPS = [
    ("int i = min(max(x + 3, 0), n - 1);", lambda x, n: min(x + 3, n - 1)),
    ("int i = min(max(x - 3, 0), n - 1);", lambda x, n: min(max(x - 3, 0), n - 1)),
    ("int i = max(0, min(n - 1, x - 70));", lambda x, n: min(max(x - 70, 0), n - 1)),
    ("int i = min(n - 1, max(n - 5 - x, 0));", lambda x, n: max(n - 5 - x, 0)),
    ("unsigned int i = min(u - 1u, un - 1u);", lambda x, n: min((x - 1) % 2**32, n - 1)),
    ("size_t i = min(max((size_t)x, (size_t)7), (size_t)n - 1);", lambda x, n: min(max(x, 7), n - 1)),
    ("long long i = (long long)max(x - 5, 0) + 1;", lambda x, n: min(max(x - 5, 0) + 1, n - 1)),
    ("int j = x - 2, i = j < 0 ? -1 - j : j; i = i >= n ? 2 * n - 1 - i : i;", lambda x, n: x - 2 if x > 1 else 1 - x),
    ("int i = x < 3 ? x : x - 3;", lambda x, n: x if x < 3 else x - 3),
    ("int j = x + 3, i = j < n ? j : n - 1;", lambda x, n: min(x + 3, n - 1)),
    ("int i = x < 70 ? x : 70;", lambda x, n: min(x, 70)),
    ("int i = max(min(x, 90) - min(x, 7), 0);", lambda x, n: min(x, 90) - min(x, 7)),
    ("int i = min(x * 3, n - 1);", lambda x, n: min(x * 3, n - 1)),
    ("int i = max(min(x, n / 3 - 1), 2) * 3 + 1;", lambda x, n: max(min(x, n // 3 - 1), 2) * 3 + 1),
    ("int i = x / 3 * 3 + x % 3;", lambda x, n: x),
    ("int q = x / 3, r = x - q * 3, i = max(q - 2, 0) * 3 + r;", lambda x, n: max(x // 3 - 2, 0) * 3 + x % 3),
    ("int q = x / 3, i = min(q + 2, n / 3 - 1) * 3 + x % 3;", lambda x, n: min(x // 3 + 2, n // 3 - 1) * 3 + x % 3),
    ("int q = (x - 5) / 3, i = max(q * 3 + (x - 5) % 3, 0);", lambda x, n: max(x - 5, 0)),
    ("int i = max(x / 4 - x / 3, 0 - n) + n - 1;", lambda x, n: x // 4 - x // 3 + n - 1),
    ("int q = x / 3, j = q > 24 ? 50 - q : q, i = __builtin_for_all(j >= 0) || j >= 0;", lambda x, n: int(x < 153)),
    ("int i = u / 5 * 5 + x % 5;", lambda x, n: x),
    ("int i = x % 50;", lambda x, n: x % 50),
    ("int w = n / 2; int i = (x / w) * w + x % w;", lambda x, n: x),
    ("int w = n / 3; int i = x % w * 2 + x / w;", lambda x, n: x % (n // 3) * 2 + x // (n // 3)),
    ("int i = x / 1 + x % 1;", lambda x, n: x),
]


OTHER_READS = [("int", 200), ("unsigned char", 61), ("int", 61)]


@pytest.mark.parametrize(("body", "index"), CLAMPS, ids=[body for body, _ in CLAMPS])
@pytest.mark.parametrize(("type", "count"), [("unsigned char", 200), *starmap(exhaustive, OTHER_READS)])
def test_the_same_elements_are_read(body: str, index: Any, type: str, count: int) -> None:
    wanted = np.arange(count).astype(NUMPY[type])
    assert read(body, count, count, type) == [int(wanted[index(x, count)]) for x in range(count)]


def picture(height: int, width: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("height", "width", "block"), [(7, 150, 64), (3, 64, 64), (5, 1, 32), (2, 131, 40)])
def test_shifted_pictures(height: int, width: int, block: int) -> None:
    """Every channel is read and written as one of three interleaved ones; what lies beside is left alone."""
    source = """__global__ void k(unsigned char *out, const unsigned char *in, int w, int h) {
        int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y;
        if (x >= w) return;
        for (int c = 0; c < 3; c += 2)
            out[(y * w + x) * 3 + c] = in[(min(y + 1, h - 1) * w + min(max(x - 2, 0), w - 1)) * 3 + c];
    }"""
    given = picture(height, width)
    out = np.full_like(given, 77)
    launch(source, out, given, np.int32(width), np.int32(height), grid=(-(-width // block), height), block=block)
    wanted = given[np.minimum(np.arange(height) + 1, height - 1)][:, np.clip(np.arange(width) - 2, 0, width - 1)]
    wanted[:, :, 1] = 77
    assert (out == wanted).all()


def test_flat_positions_are_taken_apart() -> None:
    """A thread for each sample of a picture, numbered from 0: rows, columns and channels come from divisions."""
    source = """__global__ void k(unsigned char *out, const unsigned char *in, int w, int n) {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i >= n) return;
        int c = i % 3, x = i / 3 % w, y = i / 3 / w;
        out[i] = in[(y * w + max(x - 1, 0)) * 3 + c];
    }"""
    given = picture(9, 70)
    out = np.zeros_like(given)
    launch(source, out, given, np.int32(70), np.int32(given.size), grid=-(-given.size // 64), block=64)
    assert (out == given[:, np.maximum(np.arange(70) - 1, 0)]).all()


@pytest.mark.parametrize("index", ["min(max(x - 1, 0), n - 1)", "max(x / 3 - 1, 0) * 3 + x % 3", "x < 1 ? 0 : x - 1"])
def test_neighbors_are_read_at_once(index: str) -> None:
    source = f"__global__ void k(int *out, const int *in, int n) {{ int x = threadIdx.x; out[x] = in[{index}]; }}"
    text = to_llvm(program(source), "k", Dim3(64), width=32).ir
    assert "= load <32 x i32>, ptr %v" in text and "llvm.masked.gather" in text


@pytest.mark.parametrize("width", [8, 16, 32, 64])
@pytest.mark.parametrize("type", ["unsigned char", "short"])
def test_most_lanes_at_a_border_are_neighbors(type: str, width: int) -> None:
    """Lanes that a clamp moved are read one by one, the others at once; and under a mask only those of threads."""
    source = f"""__global__ void k(int *out, const {type} *in, int n) {{
        int x = threadIdx.x, i = min(max(x - 3, 0), n - 5);
        out[x] = in[i];
        if (x % 3 == 0) out[64 + x] = in[i + 1];
    }}"""
    out, given = np.full(128, -1, np.int32), (np.arange(60) * 7 % 101).astype(NUMPY[type])
    arrays = [session.as_device_array(out), session.as_device_array(given), np.int32(60)]
    run_exactly(source, arrays, "k", Dim3(1), Dim3(64), width=width)
    i = np.clip(np.arange(64) - 3, 0, 55)
    wanted = [*given[i].tolist(), *(int(given[i[x] + 1]) if x % 3 == 0 else -1 for x in range(64))]
    assert out.tolist() == wanted
