"""Values that are uniform over a block, in kernels without barriers: computed once, and only those."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from imgcuda.cpu.compile import to_llvm
from imgcuda.programs.layout import Dim3
from support.small_kernels import launch, program

WRAPPED = """
    __device__ int wrapped(int i, int n) { if (i >= 0 && i < n) return i; return (i % n + n) % n; }
    __global__ void k(int *out, int n) {
        int x = threadIdx.x, row = wrapped((int)blockIdx.x - 3, n);
        out[blockIdx.x * blockDim.x + x] = row * 1000 + x;
    }"""


def test_a_branch_for_the_block_is_before_the_loop_over_vectors() -> None:
    ir = to_llvm(program(WRAPPED), "k", Dim3(256)).ir
    assert 0 < ir.index("srem") < ir.index("\nthreads")


def test_the_value_is_that_of_each_block() -> None:
    out = np.zeros((9, 256), np.int32)
    launch(WRAPPED, out, np.int32(5), grid=9, block=256)
    assert (out == (np.arange(9)[:, None] - 3) % 5 * 1000 + np.arange(256)).all()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("int a = n, b = a + x, c = b * n; out[x] = c;", lambda x: (5 + x) * 5),
        ("int a = n; if (x % 2) a = 7; out[x] = a;", lambda x: 7 if x % 2 else 5),
        ("int a = n; int *p = &a; *p += x; out[x] = a;", lambda x: 5 + x),
        ("int a = n; n = x; int b = n; out[x] = a * 100 + b;", lambda x: 500 + x),
        ("int a[2] = {n, x}, b = a[0] + a[1]; out[x] = b;", lambda x: 5 + x),
        ("const int a = out[200], b = out[x]; out[x] = a + b + 1;", lambda x: 1),
        ("int a = n, &b = a; b += x; out[x] = a;", lambda x: 5 + x),
        ("if (x == 3) return; int a = n * 2; out[x] = a;", lambda x: 0 if x == 3 else 10),
    ],
)
def test_threads_have_their_own_values(body: str, expected: Callable[[int], int]) -> None:
    out = np.zeros(201, np.int32)
    launch(f"__global__ void k(int *out, int n) {{ int x = threadIdx.x; {body} }}", out, np.int32(5), block=200)
    assert out[:200].tolist() == [expected(x) for x in range(200)]


def test_a_declaration_with_an_effect_is_made_by_each_thread() -> None:
    out, count = np.zeros(96, np.int32), np.zeros(1, np.int32)
    source = "__global__ void k(int *out, int *c) { int n = atomicAdd(c, 1), m = c[0]; out[threadIdx.x] = n * 0 + m; }"
    launch(source, out, count, block=96)
    assert count[0] == 96
