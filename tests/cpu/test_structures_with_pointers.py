"""Structures that have pointers: a function takes and returns them, and one may have arrays beside."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda import KernelError, kernels

THREADS = 24
HEAD = """
struct view { float *at; int width; };
struct both { const float *at; float weights[2]; };
"""
AS_ARGUMENT = """
__device__ void put(view v, int x) { v.at[x] = v.width * x; }
__global__ void k(const float *src, float *out) { view v; v.at = out; v.width = 3; put(v, threadIdx.x); }
"""
AS_RESULT = """
__device__ view of(float *at) { view v = {at, 3}; return v; }
__global__ void k(const float *src, float *out) { view v = of(out); v.at[threadIdx.x] = of(out).width * threadIdx.x; }
"""
BESIDE_ARRAYS = """
__device__ float sum(both b, int x) { return b.at[x] * b.weights[0] + b.weights[1]; }
__global__ void k(const float *src, float *out)
{
    both b;
    b.at = src;
    b.weights[0] = 2.0f;
    b.weights[1] = threadIdx.x;
    both copy = b;
    copy.weights[1] -= 0.0f;
    out[threadIdx.x] = sum(copy, threadIdx.x);
}
"""
MOVED = """
__device__ view next(view v) { v.at += 1; return v; }
__global__ void k(const float *src, float *out)
{
    view v = {out - 1, 3};
    v = next(v);
    v.at[threadIdx.x] = threadIdx.x * v.width;
}
"""


@pytest.mark.parametrize("body", [AS_ARGUMENT, AS_RESULT, BESIDE_ARRAYS, MOVED])
def test_structures_with_pointers_are_values(body: str) -> None:
    source, out = np.arange(THREADS, dtype=np.float32), np.zeros(THREADS, np.float32)
    kernels.compile(HEAD + body, device="cpu").k(source, out, grid=1, block=THREADS)
    np.testing.assert_array_equal(out, 3 * source)


def test_a_pointer_in_a_structure_that_is_a_value_cannot_be_assigned() -> None:
    body = "__device__ view of(float *at) { view v = {at, 3}; return v; }\n"
    module = kernels.compile(f"{HEAD}{body}__global__ void k(float *out) {{ of(out).at = out; }}", device="cpu")
    with pytest.raises(KernelError, match="cannot be assigned to"):
        module.k(np.zeros(THREADS, np.float32), grid=1, block=THREADS)
