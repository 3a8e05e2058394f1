"""Shuffles and votes of warps, against what CUDA's documentation says of each lane."""

# ruff: noqa: E501 - a case is one line

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import kernels
from imgcuda.cpu.checks.checked_session import CheckedSession
from imgcuda.engine.protocol import Launch
from imgcuda.errors import KernelError
from support.small_kernels import dim3, launch, program, values


def source_of(way: str, x: int, by: int, width: int) -> int:
    """Return the thread whose value another gets."""
    warp, lane = x // 32 * 32, x % 32
    first = lane // width * width
    if way == "":
        return warp + first + by % width
    other = {"_up": lane - by, "_down": lane + by, "_xor": lane ^ by}[way]
    lost = other < first if way == "_up" else other >= first + width
    return x if lost else warp + other


BY = ((1, 32), (5, 8), (16, 32), (3, 4))
SHUFFLES = [(way, by, width) for way in ("", "_up", "_down", "_xor") for by, width in BY]


@pytest.mark.parametrize("count", [64, 96, 40])
@pytest.mark.parametrize("given", ["{}", "n - n + {}"], ids=["constant", "at run time"])
def test_a_shuffle_gives_each_lane_the_value_of_another(count: int, given: str) -> None:
    calls = (f"__shfl{way}_sync(~0u, x * 3, {given.format(by)}, {width})" for way, by, width in SHUFFLES)
    body = "".join(f"r = r * 31 + {call}; " for call in calls)
    got = values(f"unsigned int r = 0; {body} out[x] = r & 0xffffff;", count=count)
    for x in range(count if count % 32 == 0 else 32):  # threads that are not there have no value
        wanted = 0
        for way, by, width in SHUFFLES:
            wanted = (wanted * 31 + 3 * source_of(way, x, by, width)) & 0xFFFFFFFF
        assert got[x] == wanted & 0xFFFFFF, x


VOTES: list[tuple[str, Callable[[int], int]]] = [
    ("(int)(__ballot_sync(~0u, x & 1) >> 16)", lambda x: 0xAAAA),
    ("(int)(__ballot_sync(~0u, x < 40) & 0xffff)", lambda x: 0xFFFF if x < 32 else 0xFF),
    ("__any_sync(~0u, x == 5) + 2 * __all_sync(~0u, x < 40)", lambda x: 3 if x < 32 else 0),
    ("int r = 7; if (x & 1) r = __popc(__activemask()) + __all_sync(0xaaaaaaaa, x & 1); out[x] = r;", lambda x: 17 if x & 1 else 7),
    ("int r = 0; for (int i = 0; i < x % 4; i++) r += __popc(__ballot_sync(__activemask(), x % 4 == 3)); out[x] = r;", lambda x: 8 * (x % 4)),
    ("if (x % 32 > 3) return; out[x] = __any_sync(15, x % 32 > 3) + __popc(__activemask());", lambda x: 4 if x % 32 < 4 else 0),
    ("out[x] = (int)(100 * __shfl_sync(~0u, x * 0.5f, 3)) + (int)__shfl_xor_sync(~0u, (double)x, 1) + __shfl_sync(~0u, (unsigned char)x, 2) + warpSize;", lambda x: 150 + x // 32 * 1600 + (x ^ 1) + x // 32 * 32 + 2 + 32),
]  # fmt: skip


@pytest.mark.parametrize(("body", "wanted"), VOTES)
def test_a_vote_counts_the_active_threads_of_a_warp(body: str, wanted: Callable[[int], int]) -> None:
    assert values(body, count=64).tolist() == [wanted(x) for x in range(64)]


REDUCTION = """
__inline__ __device__ float warp_sum(float v)
{
    for (int offset = warpSize / 2; offset > 0; offset /= 2) v += __shfl_down_sync(0xffffffff, v, offset);
    return v;
}
__global__ void k(const float *in, float *out, int n)
{
    __shared__ float parts[32];
    int lane = threadIdx.x % warpSize, warp = threadIdx.x / warpSize;
    float v = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) v += in[i];
    v = warp_sum(v);
    if (lane == 0) parts[warp] = v;
    __syncthreads();
    v = threadIdx.x < blockDim.x / warpSize ? parts[lane] : 0;
    if (warp == 0) v = warp_sum(v);
    if (threadIdx.x == 0) atomicAdd(out, v);
}
"""


@pytest.mark.parametrize("block", [32, 96, 256])
def test_the_usual_reduction_of_a_block_by_shuffles_adds_all(block: int) -> None:
    given, out = np.arange(1000, dtype=np.float32), np.zeros(1, np.float32)
    launch(REDUCTION, given, out, np.int32(1000), grid=3, block=block)
    assert out[0] == given.sum()


MASK = 0x0F0F00FF
TAKES_PART = np.array([MASK >> lane & 1 for lane in range(32)], bool)


@pytest.mark.parametrize(
    ("function", "of"),
    [("add", np.add), ("min", np.minimum), ("max", np.maximum), ("and", np.bitwise_and), ("or", np.bitwise_or),
     ("xor", np.bitwise_xor)],
)  # fmt: skip
@pytest.mark.parametrize(("type", "dtype"), [("int", np.int32), ("unsigned int", np.uint32)])
def test_reductions_combine_the_threads_of_a_mask(function: str, of: np.ufunc, type: str, dtype: type) -> None:
    given: npt.NDArray[Any] = np.random.default_rng(0).integers(-(2**31), 2**31, 64).astype(dtype)
    text = f"""__global__ void k({type} *out) {{
        int x = threadIdx.x;
        if (0x{MASK:X} >> x % 32 & 1) out[x] = __reduce_{function}_sync(0x{MASK:X}, out[x]);
    }}"""
    out = given.copy()
    launch(text, out, block=64)
    for warp in (slice(0, 32), slice(32, 64)):
        assert (out[warp][TAKES_PART] == of.reduce(given[warp][TAKES_PART], dtype=dtype)).all()
        assert (out[warp][~TAKES_PART] == given[warp][~TAKES_PART]).all()


def test_matches_find_the_threads_with_the_same_value() -> None:
    text = """__global__ void k(unsigned *any, unsigned *all, int *same, float *out) {
        int x = threadIdx.x, s;
        any[x] = __match_any_sync(0xffffffff, x % 5);
        all[x] = __match_all_sync(0xffffffff, x < 32 ? 1.5f : (float)x, &s);
        same[x] = s;
    }"""
    any, all, same = np.zeros(64, np.uint32), np.zeros(64, np.uint32), np.zeros(64, np.int32)
    launch(text, any, all, same, np.zeros(1, np.float32), block=64)
    numbers = np.arange(64)
    alike = (numbers[:, None] % 5 == numbers % 5).reshape(64, 2, 32)[numbers, numbers // 32]
    assert (any == (alike * 2.0 ** np.arange(32)).sum(1)).all()
    assert (all == np.where(numbers < 32, 0xFFFFFFFF, 0)).all()
    assert (same == (numbers < 32)).all()


@pytest.mark.parametrize("block", [(32, 1), (20, 3), (64, 4)])
def test_votes_of_a_block_count_the_threads(block: tuple[int, int]) -> None:
    text = """__global__ void k(int *out, int limit) {
        int x = threadIdx.x + blockDim.x * threadIdx.y, made = 0;
        for (int round = 0; round < 3; round++) made = made * 1000 + __syncthreads_count(x < limit + round);
        out[3 * x] = made;
        out[3 * x + 1] = __syncthreads_or(x == limit);
        out[3 * x + 2] = __syncthreads_and(x < limit) + 10 * __syncthreads_and(x >= 0);
    }"""
    threads = block[0] * block[1]
    for limit in (0, 7, threads):
        out = np.full((threads, 3), -1, np.int32)
        launch(text, out, np.int32(limit), block=block)
        first, second, third = (min(limit + each, threads) for each in range(3))
        wanted = [first * 1000000 + second * 1000 + third, limit < threads, 10 + (limit == threads)]
        assert (out == wanted).all()


def test_votes_of_a_block_are_no_races_to_a_checked_run() -> None:
    text = "__global__ void k(int *out) { out[threadIdx.x] = __syncthreads_count(threadIdx.x < 5); }"
    out = np.zeros(40, np.int32)
    with kernels.checked():
        kernels.compile(text).k(out, grid=1, block=40)
    assert (out == 5).all()


def test_a_checked_run_knows_that_syncwarp_orders_the_threads_of_a_warp() -> None:
    body = "__shared__ int t[32]; t[x] = x; __syncwarp(); int v = t[31 - x]; __syncwarp(); t[x] = v; out[x] = v;"
    source = f"__global__ void k(int *out) {{ int x = threadIdx.x; {body} }}"
    session = CheckedSession()
    out = session.empty((32,), np.int32)
    session.launch(Launch(program(source), "k", dim3(1), dim3(32), [out]))
    assert session.download(out).tolist() == list(range(31, -1, -1))


def test_a_block_whose_rows_are_no_warps_is_refused() -> None:
    text = "__global__ void k(int *out) { out[0] = __any_sync(~0u, 1); }"
    with pytest.raises(
        KernelError, match=r"block of 16 x 16 are no warps; launch blocks whose width is a multiple of 32"
    ):
        launch(text, np.zeros(1, np.int32), block=(16, 16))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("out[x] = __shfl_down(x, 1);", "write __shfl_down_sync(0xffffffff, ...)"),
        ("out[x] = __shfl_sync(~0u, x);", "__shfl_sync() takes 3 to 4 arguments; it is given 2"),
        ("out[x] = __shfl_sync(~0u, x, 1, n);", "write 2, 4, 8, 16 or 32"),
        ("out[x] = __reduce_add_sync(~0u);", "__reduce_add_sync(mask, value) takes 2 arguments; it is given 1"),
        ("out[x] = __reduce_mul_sync(~0u, x);", "there is no function '__reduce_mul_sync'; did you mean"),
        ("out[x] = __shfl_sync(~0u, out, 1);", "a number is needed here; this is a int *"),
    ],
)
def test_what_of_warps_is_refused_names_the_remedy(body: str, said: str) -> None:
    with pytest.raises(KernelError, match=re.escape(said)):
        values(body)
