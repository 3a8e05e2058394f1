"""Shared memory and `__syncthreads()`: each entry is a kernel's body, and the expected `out[x]`, for blocks of 40."""

# ruff: noqa: E501 - a case is one line
from collections.abc import Callable

import numpy as np
import pytest

from support.small_kernels import check, launch

CASES: list[tuple[str, str, Callable[[int], int]]] = [
    ("", "__shared__ int t[64]; t[x] = x * 3; __syncthreads(); out[x] = t[39 - x];", lambda x: 3 * (39 - x)),
    (
        "",
        "__shared__ int t[64], u[64]; t[x] = x; __syncthreads(); u[39 - x] = t[x] * 2; __syncthreads(); out[x] = u[x] + t[0];",
        lambda x: 2 * (39 - x),
    ),
    (
        "",
        "__shared__ unsigned char t[8][8]; t[x / 8][x % 8] = x; __syncthreads(); out[x] = t[x % 5][x / 5];",
        lambda x: (x % 5) * 8 + x // 5,
    ),
    ("", "__shared__ int s; if (x == 7) s = 42; __syncthreads(); out[x] = s + x;", lambda x: 42 + x),
    ("", "__shared__ int s; s = 1; __syncthreads(); if (x == 39) s += 5; __syncthreads(); out[x] = s;", lambda x: 6),
    (
        "",
        "__shared__ float t[40]; t[x] = x * 0.5f; __syncthreads(); float v = t[(x + 1) % 40]; __syncthreads(); t[x] = v; __syncthreads();"
        " out[x] = t[(x + 1) % 40] * 2;",
        lambda x: (x + 2) % 40,
    ),
    (
        "",
        "__shared__ int t[40]; int mine = x * 2; t[x] = mine; __syncthreads(); mine += t[39 - x]; __syncthreads(); out[x] = mine;",
        lambda x: 78,
    ),
    (
        "",
        "__shared__ int t[40]; int a[3] = {x, 2 * x, 3 * x}; t[x] = a[1]; __syncthreads(); a[2] += t[0] + t[1]; out[x] = a[2] + a[0];",
        lambda x: 4 * x + 2,
    ),
    (
        "",
        "__shared__ int t[40]; int2 p = make_int2(x, 1); t[x] = p.x; __syncthreads(); p.y += t[39 - x]; out[x] = p.x * 100 + p.y;",
        lambda x: 100 * x + 40 - x,
    ),
    (
        "",
        "__shared__ int t[40]; const int *p = in + x; t[x] = *p; __syncthreads(); p += 1; out[x] = p[-1] + t[0];",
        lambda x: x,
    ),
    # ---- conditions that are the same for all threads, though the compiler cannot see it
    (
        "",
        "__shared__ int t[40]; t[x] = x; if (in[x] >= x) { __syncthreads(); out[x] = t[39 - x]; } else out[x] = -1;",
        lambda x: 39 - x,
    ),
    (
        "",
        "__shared__ int t[40]; int r = 0; for (int i = x; i < x + 3; i++) { t[x] = i; __syncthreads(); r += t[39 - x]; __syncthreads(); } out[x] = r;",
        lambda x: 3 * (39 - x) + 3,
    ),
    (
        "",
        "__shared__ int t[40]; int r = x; while (true) { t[x] = r; __syncthreads(); r += t[39 - x]; __syncthreads(); if (r > x - 1) break; } out[x] = r;",
        lambda x: 39,
    ),
    # ---- loops around barriers
    (
        "",
        "__shared__ int t[64]; t[x] = x + 1; if (x < 24) t[x + 40] = 0; __syncthreads(); for (int s = 32; s > 0; s >>= 1) { if (x < s) t[x] += t[x + s];"
        " __syncthreads(); } out[x] = t[0];",
        lambda x: 820,
    ),
    (
        "",
        "__shared__ int t[40]; t[x] = 1; __syncthreads(); for (int d = 1; d < 40; d *= 2) { int v = x >= d ? t[x - d] : 0; __syncthreads(); t[x] += v;"
        " __syncthreads(); } out[x] = t[x];",
        lambda x: x + 1,
    ),
    (
        "",
        "__shared__ int t[40]; int r = 0; for (int i = 0; i < 3; i++) { t[x] = x + i; __syncthreads(); r += t[39 - x]; __syncthreads(); } out[x] = r;",
        lambda x: 3 * (39 - x) + 3,
    ),
    (
        "",
        "__shared__ int t[40]; int r = 0, i = 0; while (i < 3) { t[x] = x + i; __syncthreads(); r += t[(x + i) % 40]; __syncthreads(); i++; } out[x] = r;",
        lambda x: sum((x + i) % 40 + i for i in range(3)),
    ),
    (
        "",
        "__shared__ int t[40]; int i = 0; do { t[x] = i; __syncthreads(); i += 1 + t[0]; __syncthreads(); } while (i < 10); out[x] = i;",
        lambda x: 15,
    ),
    (
        "",
        "__shared__ int t[40]; int r = 0; for (int i = 0; i < 10; i++) { if (i == 4) break; if (i == 1) continue; t[x] = i; __syncthreads();"
        " r += t[39 - x]; __syncthreads(); } out[x] = r;",
        lambda x: 5,
    ),
    (
        "",
        "__shared__ int t[40]; int r = 0; for (int i = 0, j = x; i < 3; i++, j += 2) { t[x] = j; __syncthreads(); r += t[39 - x]; __syncthreads(); } out[x] = r;",
        lambda x: 3 * (39 - x) + 6,
    ),
    (
        "",
        "__shared__ int go; int r = 0; if (x == 0) go = 3; __syncthreads(); while (go > 0) { r += go; __syncthreads(); if (x == 0) go--; __syncthreads(); }"
        " out[x] = r;",
        lambda x: 6,
    ),
    (
        "",
        "__shared__ int t[40]; int k = n / 10; for (int i = n / 10; i-- > 0; ) { t[x] = i; __syncthreads(); k += t[39 - x]; __syncthreads(); } out[x] = k;",
        lambda x: 4 + 6,
    ),
    # ---- a thread may leave what stands behind a loop's last barrier by itself
    (
        "",
        "__shared__ int t[40]; int r = 0; for (int i = 0; i < 3; i++) { __syncthreads(); t[x] = x + i; __syncthreads(); if (x % 2 == 1) continue;"
        " r += t[39 - x]; } out[x] = r;",
        lambda x: 0 if x % 2 else 3 * (39 - x) + 3,
    ),
    (
        "",
        "__shared__ int t[40]; int r = 0, i = 0; while (i < 4) { __syncthreads(); t[x] = i; i++; __syncthreads(); { if (n > 3) { r += 100; __syncthreads();"
        " int v = t[39 - x]; for (int j = 0; j < 5; j++) { if (j == 2) break; if (j == x) continue; r++; } if (x == v) continue; r += 10; } } } out[x] = r;",
        lambda x: 4 * (100 + 2 - (x < 2) + 10) - 10 * (x < 4),
    ),
    (
        "",
        "__shared__ int t[40]; int r = 0; for (int i = 0; i < 4; i++) { t[x] = i; __syncthreads(); if (n > 3) { __syncthreads(); if (i == 1) continue; r += t[0]; }"
        " r += 10; __syncthreads(); } out[x] = r;",
        lambda x: 5 + 30,
    ),
    (
        "",
        "__shared__ int t[40]; int r = 0; for (int i = 0; i < 3; i++) { __syncthreads(); t[x] = i; __syncthreads(); switch (x & 3) { case 0: r += 5; break; case 1: continue; default: r += t[39 - x]; }"
        " if (x < 4) continue; r += 100; } out[x] = r;",
        lambda x: [15, 0, 3, 3][x & 3] + 300 * (x >= 4 and x & 3 != 1),
    ),
    # ---- conditions around barriers
    (
        "",
        "__shared__ int t[40]; t[x] = x; if (n > 3) { __syncthreads(); out[x] = t[39 - x]; } else { out[x] = -1; }",
        lambda x: 39 - x,
    ),
    (
        "",
        "__shared__ int t[40]; t[x] = x; if (n < 3) { __syncthreads(); out[x] = 1; } else { out[x] = 2; __syncthreads(); out[x] += t[39 - x]; }",
        lambda x: 41 - x,
    ),
    (
        "",
        "__shared__ int t[40]; if (blockIdx.x == 0) { t[x] = x; __syncthreads(); } out[x] = t[39 - x];",
        lambda x: 39 - x,
    ),
    (
        "",
        "__shared__ int t[40]; { t[x] = x; __syncthreads(); { int y = t[39 - x]; __syncthreads(); out[x] = y; } }",
        lambda x: 39 - x,
    ),
    # ---- threads that have returned
    (
        "",
        "__shared__ int t[40]; t[x] = x; if (x >= 30) return; __syncthreads(); out[x] = t[x + 10];",
        lambda x: x + 10 if x < 30 else 0,
    ),
    ("", "__shared__ int t[40]; if (n < 3) return; t[x] = x; __syncthreads(); out[x] = t[39 - x];", lambda x: 39 - x),
    ("", "__shared__ int t[40]; if (n > 3) return; t[x] = x; __syncthreads(); out[x] = t[39 - x];", lambda x: 0),
    (
        "",
        "__shared__ int t[40]; t[x] = 5; __syncthreads(); if (x & 1) { out[x] = 3; return; } __syncthreads(); if (x & 2) return; __syncthreads(); out[x] = t[x];",
        lambda x: 3 if x & 1 else 0 if x & 2 else 5,
    ),
    (
        "",
        "__shared__ int t[40]; if (x < 35) return; int k = in[3]; t[x] = k; __syncthreads(); for (int i = 0; i < k; i++) { t[x]++; __syncthreads(); } out[x] = t[x];",
        lambda x: 0 if x < 35 else 6,
    ),
    (
        "",
        "__shared__ int t[40]; int k = 0; t[x] = 0; __syncthreads(); if (x < 35) return; k = in[3]; __syncthreads(); for (int i = 0; i < k; i++) { t[x]++;"
        " __syncthreads(); } out[x] = t[x];",
        lambda x: 0 if x < 35 else 3,
    ),
    (
        "",
        "__shared__ int t[40]; int k = 0; t[x] = 0; __syncthreads(); if (x > 5) return; k = in[3]; __syncthreads(); for (int i = 0; i < k; i++) { t[x]++;"
        " __syncthreads(); } out[x] = t[x];",
        lambda x: 0 if x > 5 else 3,
    ),
    (
        "",
        "__shared__ int t[40]; for (int i = 0; i < 5; i++) { t[x] = i; __syncthreads(); if (t[39 - x] == 2) return; out[x] = i + 1; __syncthreads(); }",
        lambda x: 2,
    ),
    (
        "",
        "__shared__ int t[40]; int k = 1; while (k < 100) { t[x] = k; __syncthreads(); if (x >= 0) return; k++; __syncthreads(); } out[x] = 1;",
        lambda x: 0,
    ),
    # ---- functions with barriers
    (
        "__device__ void wait() { __syncthreads(); }",
        "__shared__ int t[40]; t[x] = x; wait(); out[x] = t[39 - x];",
        lambda x: 39 - x,
    ),
    (
        "__device__ int turned(int *t, int x, int v) { t[x] = v; __syncthreads(); return t[39 - x]; }",
        "__shared__ int t[40]; int r = turned(t, x, 2 * x); __syncthreads(); r += turned(t, x, r); out[x] = r;",
        lambda x: 2 * (39 - x) + 2 * x,
    ),
    (
        "__device__ int sum(int *t, int x, int n) { for (int s = n / 2; s > 0; s /= 2) { if (x < s) t[x] += t[x + s]; __syncthreads(); } return t[0]; }",
        "__shared__ int t[64]; t[x] = x; if (x < 24) t[x + 40] = 0; __syncthreads(); int r; r = sum(t, x, 64); out[x] = r + x;",
        lambda x: 780 + x,
    ),
    (
        "__device__ void put(int *t, int x, int v) { int w = v + 1; t[x] = w; __syncthreads(); w = t[39 - x]; __syncthreads(); t[x] = w; }",
        "__shared__ int t[40]; for (int i = 0; i < 2; i++) put(t, x, i + x); __syncthreads(); out[x] = t[x];",
        lambda x: 41 - x,
    ),
    ("__shared__ int t[40];", "t[x] = x; __syncthreads(); out[x] = t[39 - x];", lambda x: 39 - x),
    (
        "__shared__ int t[40];",
        "int a = x + 1, b = a + n; t[x] = b; __syncthreads(); out[x] = t[39 - x];",
        lambda x: 80 - x,
    ),
    (
        "__shared__ int t[40];",
        "int a = n; { int a = x, b = a; t[x] = b; __syncthreads(); out[x] = t[39 - b] + a; __syncthreads(); }",
        lambda x: 39,
    ),
]


@pytest.mark.parametrize(("before", "body", "expected"), CASES, ids=[f"{before} {body}" for before, body, _ in CASES])
def test_barrier(before: str, body: str, expected: Callable[[int], int]) -> None:
    check(body, expected, before=before)


@pytest.mark.parametrize("where", ["in the kernel", "in the file"])
def test_dynamic_shared_memory(where: str) -> None:
    declared = "extern __shared__ float tile[];"
    outside, inside = (declared, "") if where == "in the file" else ("", declared)
    source = f"""{outside}
    __global__ void k(float *out) {{
        {inside}
        tile[threadIdx.x] = threadIdx.x;
        __syncthreads();
        out[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
    }}"""
    out = np.zeros(70, np.float32)
    launch(source, out, block=70, shared=280)
    assert out.tolist() == list(range(69, -1, -1))


def test_two_dynamic_arrays_share_their_memory() -> None:
    source = """__global__ void k(int *out) {
        extern __shared__ unsigned char raw[];
        int *numbers = (int *)raw;
        float *others = (float *)(raw + 128);
        numbers[threadIdx.x] = threadIdx.x;
        others[threadIdx.x] = 0.5f;
        __syncthreads();
        out[threadIdx.x] = numbers[31 - threadIdx.x] + 100 * (others[threadIdx.x] == 0.5f);
    }"""
    out = np.zeros(32, np.int32)
    launch(source, out, block=32, shared=256)
    assert out.tolist() == [131 - x for x in range(32)]


@pytest.mark.parametrize("block", [(8, 8), (33, 3), (5, 4, 3), (100, 2), (1, 7)])
def test_a_transposed_tile(block: tuple[int, ...]) -> None:
    """Every thread of a block hands its number to another, in every shape of block."""
    count = int(np.prod(block))
    source = f"""__global__ void k(int *out) {{
        __shared__ int tile[{count}];
        int me = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
        tile[me] = me + blockIdx.x * 1000;
        __syncthreads();
        out[blockIdx.x * {count} + me] = tile[{count} - 1 - me];
    }}"""
    out = np.zeros(3 * count, np.int32)
    launch(source, out, grid=3, block=block)
    assert out.tolist() == [b * 1000 + count - 1 - me for b in range(3) for me in range(count)]
