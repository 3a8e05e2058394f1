"""Atomic operations: on global and shared memory, by all threads and by some."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cpu.session import as_device_array
from imgcuda.programs.layout import Dim3
from support.small_kernels import NUMPY, launch, run_exactly

OPERATIONS = {
    "atomicAdd(&t[x % 3], x)": [234, 247, 260],
    "atomicSub(&t[x % 3], 1)": [-13, -13, -13],
    "atomicMax(&t[x % 3], x)": [36, 37, 38],
    "atomicMin(&t[x % 3], -x)": [-36, -37, -38],
    "atomicOr(&t[x % 3], 1 << (x % 5))": [31, 31, 31],
    "atomicXor(&t[x % 3], x)": None,
    "if (x & 1) atomicAdd(&t[x % 3], x)": None,
    "if (x == 38) atomicExch(&t[1], 77)": [0, 77, 0],
    "atomicCAS(&t[x % 3], x - 3, x)": [36, 0, 0],
    "t[0] = 5; atomicAnd(&t[0], ~1)": [4, 0, 0],
    "atomicAdd(t, 1)": [39, 0, 0],
    "atomicAdd(t + 2, x > 30 ? 1 : 0)": [0, 0, 8],
    "int old = atomicAdd(&t[0], 1); if (old >= 30) atomicAdd(&t[1], 1)": [39, 9, 0],
    "for (int i = 0; i < x; i++) atomicAdd(&t[i % 3], 1)": None,
    "while (atomicAdd(&t[0], 1) < 100) { }": [139, 0, 0],
}


def wanted(statement: str) -> list[int]:
    t = [0, 0, 0]
    for x in range(39):
        if "Xor" in statement:
            t[x % 3] ^= x
        elif "for" in statement:
            for i in range(x):
                t[i % 3] += 1
        elif x & 1:
            t[x % 3] += x
    return t


@pytest.mark.parametrize("space", ["global", "shared"])
@pytest.mark.parametrize("statement", OPERATIONS)
def test_atomic(statement: str, space: str) -> None:
    out = np.zeros(3, np.int32)
    if space == "global":
        body = f"int *t = out; int x = threadIdx.x; {statement};"
    else:
        body = f"""__shared__ int t[3]; int x = threadIdx.x; if (x < 3) t[x] = 0; __syncthreads(); {statement};
                   __syncthreads(); if (x < 3) out[x] = t[x];"""
    launch(f"__global__ void k(int *out) {{ {body} }}", out, block=39)
    assert out.tolist() == (OPERATIONS[statement] or wanted(statement))


def by_two_threads(source: str, out: npt.NDArray[Any], block: int, grid: int = 1) -> None:
    """Run a kernel as if two threads of the processor took its blocks: its atomic operations are no plain ones."""
    run_exactly(source, [as_device_array(out)], "k", Dim3(grid), Dim3(block), threads=2)


@pytest.mark.parametrize("statement", OPERATIONS)
def test_atomic_where_several_processor_threads_may_run(statement: str) -> None:
    out = np.zeros(3, np.int32)
    by_two_threads(f"__global__ void k(int *out) {{ int *t = out; int x = threadIdx.x; {statement}; }}", out, 39)
    assert out.tolist() == (OPERATIONS[statement] or wanted(statement))


@pytest.mark.parametrize("type", ["int", "float"])
def test_no_sum_is_lost_between_processor_threads(type: str) -> None:
    out = np.zeros(7, NUMPY[type])
    source = f"__global__ void k({type} *out) {{ for (int i = 0; i < 700; i++) atomicAdd(&out[i % 7], ({type})1); }}"
    by_two_threads(source, out, 64, grid=1000)
    assert out.tolist() == [100 * 64 * 1000] * 7


@pytest.mark.parametrize("statement", OPERATIONS)
def test_atomic_among_the_threads_of_a_block(statement: str) -> None:
    out = np.zeros((40, 3), np.int32)
    named = re.sub(r"(atomic\w+)", r"\1_block", statement)
    body = f"int *t = out + 3 * blockIdx.x; int x = threadIdx.x; {named};"
    launch(f"__global__ void k(int *out) {{ {body} }}", out, grid=40, block=39)
    assert out.tolist() == 40 * [OPERATIONS[statement] or wanted(statement)]


@pytest.mark.parametrize("type", ["int", "unsigned int", "unsigned long long", "float", "double"])
def test_adding_every_type(type: str) -> None:
    out = np.zeros(1, NUMPY[type])
    launch(
        f"__global__ void k({type} *out) {{ atomicAdd(out, ({type})(threadIdx.x + blockIdx.x)); }}",
        out,
        grid=100,
        block=50,
    )
    assert out[0] == 100 * sum(range(50)) + 50 * sum(range(100))


@pytest.mark.parametrize("threads", [1, 2])
def test_increments_wrap_where_they_are_told_to(threads: int) -> None:
    out = np.array([0, 2], np.uint32)
    source = "__global__ void k(unsigned *out) { atomicInc(&out[0], 4u); atomicDec(&out[1], 6u); }"
    (launch if threads == 1 else by_two_threads)(source, out, block=38)
    assert out.tolist() == [38 % 5, (2 - 38) % 7]


def test_unsigned_minimum_and_maximum() -> None:
    out = np.array([2**32 - 1, 0, 0], np.uint32)
    source = """__global__ void k(unsigned *out) {
        unsigned v = 3000000000u + threadIdx.x;
        atomicMin(&out[0], v); atomicMax(&out[1], v); atomicMax(&out[2], threadIdx.x);
    }"""
    launch(source, out, block=40)
    assert out.tolist() == [3000000000, 3000000039, 39]


def test_each_thread_gets_a_place_of_its_own() -> None:
    out, count = np.zeros(500, np.int32), np.zeros(1, np.int32)
    source = "__global__ void k(int *out, int *count) { if (threadIdx.x % 3) out[atomicAdd(count, 1)] = threadIdx.x; }"
    launch(source, out, count, grid=5, block=100)
    assert count[0] == 5 * 66
    assert sorted(out[:330]) == sorted(5 * [x for x in range(100) if x % 3])


def test_a_lock_free_maximum_of_floats() -> None:
    """The loop around atomicCAS that the programming guide shows."""
    source = """__device__ void raise(int *place, float value) {
        int old = *place, assumed;
        do {
            assumed = old;
            if (__int_as_float(assumed) >= value) break;
            old = atomicCAS(place, assumed, __float_as_int(value));
        } while (assumed != old);
    }
    __global__ void k(int *out, const float *in) { raise(out, in[blockIdx.x * blockDim.x + threadIdx.x]); }"""
    given = np.random.default_rng(1).random(1000).astype(np.float32)
    out = np.zeros(1, np.int32)
    launch(source, out, given, grid=10, block=100)
    assert out.view(np.float32)[0] == given.max()


@pytest.mark.parametrize("threads", [8, 16, 32, 64, 39])
@pytest.mark.parametrize("type", ["unsigned char", "signed char"])
def test_bytes_are_counted_in_the_order_of_the_threads(type: str, threads: int) -> None:
    given = np.random.default_rng(0).integers(0, 12, threads) - (5 if type == "signed char" else 0)
    counts, before = np.zeros(256, np.int32), np.zeros(threads, np.int32)
    source = f"""__global__ void k(const {type} *in, int *counts, int *before) {{
        int *zero = counts + 128; before[threadIdx.x] = atomicAdd(&zero[in[threadIdx.x]], threadIdx.x); }}"""
    launch(source, given.astype(NUMPY[type]), counts, before, block=threads)
    assert np.array_equal(counts, np.bincount(given + 128, range(threads), 256))
    assert before.tolist() == [sum(y for y in range(x) if given[y] == given[x]) for x in range(threads)]
