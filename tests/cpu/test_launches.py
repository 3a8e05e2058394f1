"""Indices in grids and blocks of every shape; several kernels, macros and types in one file."""

# ruff: noqa: E501 - a case is one line
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from imgcuda.cpu import workers
from imgcuda.cpu.budget import LOOPED
from imgcuda.cpu.compile import to_llvm
from imgcuda.programs.layout import Dim3
from support.matrix import every_third
from support.small_kernels import launch, program

WIDTHS = [1, 3, 7, 8, 16, 24, 31, 32, 33, 64, 100, 256, 1000, 1024]


@pytest.mark.parametrize("width", every_third(WIDTHS))
def test_a_row_of_threads(width: int) -> None:
    out = np.full(3 * width + 7, -1, np.int32)
    launch("__global__ void k(int *out, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) out[i] = i * 3; }",
           out, np.int32(len(out) - 2), grid=4, block=width)  # fmt: skip
    count = min(4 * width, len(out) - 2)
    assert out[:count].tolist() == [3 * i for i in range(count)]
    assert (out[count:] == -1).all()


@pytest.mark.parametrize("width", every_third(WIDTHS))
def test_threads_that_leave_at_different_times(width: int) -> None:
    out = np.zeros(2 * width, np.int32)
    source = """__global__ void k(int *out) {
        unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
        int r = 0;
        for (int j = 0; ; j++) { if (j * j > i) { if (i % 3 == 0) return; break; } if (j % 2) continue; r += j; }
        out[i] = r + 1;
    }"""
    launch(source, out, grid=2, block=width)

    def wanted(i: int) -> int:
        root = int(i**0.5)
        return 0 if i % 3 == 0 else 1 + sum(range(0, root + 1, 2))

    assert out.tolist() == [wanted(i) for i in range(2 * width)]


@pytest.mark.parametrize("width", every_third(WIDTHS))
def test_a_sum_in_shared_memory(width: int) -> None:
    out = np.zeros(3, np.int32)
    source = f"""__global__ void k(int *out) {{
        __shared__ int t[{width}];
        t[threadIdx.x] = threadIdx.x + blockIdx.x;
        __syncthreads();
        for (int left = {width}; left > 1; left = (left + 1) / 2) {{
            int half = (left + 1) / 2;
            if (threadIdx.x < left / 2) t[threadIdx.x] += t[threadIdx.x + half];
            __syncthreads();
        }}
        if (threadIdx.x == 0) out[blockIdx.x] = t[0];
    }}"""
    launch(source, out, grid=3, block=width)
    assert out.tolist() == [width * (width - 1) // 2 + b * width for b in range(3)]


@pytest.mark.parametrize(
    ("grid", "block"),
    [
        ((2, 3, 4), (5, 3, 2)),
        ((1, 1, 5), (32, 2, 2)),
        ((7,), (4, 4, 4)),
        ((2, 2), (33, 5)),
        ((3, 1, 2), (1, 9)),
        ((300, 40, 3), (8, 2)),  # several threads, each from a block in the middle on
    ],
)
def test_three_dimensions(grid: tuple[int, ...], block: tuple[int, ...]) -> None:
    g, b = (tuple([*size, 1, 1][:3]) for size in (grid, block))
    shape = (g[2] * b[2], g[1] * b[1], g[0] * b[0])
    out = np.zeros(shape, np.int32)
    source = """__global__ void k(int *out) {
        int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
        int z = blockIdx.z * blockDim.z + threadIdx.z, w = gridDim.x * blockDim.x, h = gridDim.y * blockDim.y;
        out[(z * h + y) * w + x] = x + 1000 * y + 1000000 * z + (gridDim.z - 1) * 0;
    }"""
    launch(source, out, grid=grid, block=block)
    z, y, x = np.indices(shape)
    assert (out == x + 1000 * y + 1000000 * z).all()


def test_a_grid_stride_loop() -> None:
    out = np.zeros(1001, np.uint8)
    source = """__global__ void k(unsigned char *out, size_t n) {
        for (size_t i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += (size_t)gridDim.x * blockDim.x) out[i]++;
    }"""
    launch(source, out, np.uint64(1001), grid=3, block=100)
    assert (out == 1).all()


def test_arguments_of_every_type() -> None:
    out = np.zeros(11)
    types = [
        "bool",
        "char",
        "unsigned char",
        "short",
        "unsigned short",
        "int",
        "unsigned int",
        "long long",
        "unsigned long long",
        "float",
        "double",
    ]
    values = [True, -3, 250, -30000, 60000, -(2**31), 2**32 - 1, -(2**50), 2**63, 0.25, 0.1]
    kinds = [
        np.bool_,
        np.int8,
        np.uint8,
        np.int16,
        np.uint16,
        np.int32,
        np.uint32,
        np.int64,
        np.uint64,
        np.float32,
        np.float64,
    ]
    parameters = ", ".join(f"{type} a{i}" for i, type in enumerate(types))
    body = " ".join(f"out[{i}] = a{i};" for i in range(11))
    launch(f"__global__ void k({parameters}, double *out) {{ if (threadIdx.x == 0) {{ {body} }} }}",
           *(kind(value) for kind, value in zip(kinds, values, strict=True)), out)  # fmt: skip
    assert out.tolist() == [float(value) for value in values]


def test_arguments_can_be_set() -> None:
    out = np.zeros(40, np.int32)
    source = """__global__ void k(int *out, int n, const int *in) {
        out += threadIdx.x; n *= 2; if (threadIdx.x & 1) n++; in += n % 3; *out = n + *in;
    }"""
    launch(source, out, np.int32(5), np.arange(10, dtype=np.int32), block=40)
    assert out.tolist() == [(11 if x & 1 else 10) + (11 if x & 1 else 10) % 3 for x in range(40)]


def test_indices_beyond_32_bits() -> None:
    """The offset cancels out again, but is far beyond 2^31 in between."""
    out = np.zeros(64, np.uint8)
    source = """__global__ void k(unsigned char *out, long long far, int pitch) {
        unsigned char *row = out + far * pitch;
        int y = blockIdx.x + 100000;
        row[(size_t)y * 100000 + threadIdx.x - (100000ll * 100000 + far * pitch) - blockIdx.x * 100000 + blockIdx.x * 32] = threadIdx.x + 1;
    }"""
    launch(source, out, np.int64(3_000_000_000), np.int32(2), grid=2, block=32)
    assert out.tolist() == 2 * list(range(1, 33))


def test_several_kernels_in_one_file() -> None:
    source = """
    #define CLAMP(v, lo, hi) ((v) < (lo) ? (lo) : (v) > (hi) ? (hi) : (v))
    #if defined(CLAMP) && !defined(NOT_THIS)
    typedef unsigned char byte;
    #else
    typedef int byte;
    #endif
    enum Mode { ADD, MULTIPLY = 5, BOTH };
    __device__ byte act(byte v, enum Mode mode) { return mode == ADD ? v + 1 : mode == MULTIPLY ? v * 2 : v * 2 + 1; }
    __global__ void first(byte *out) { out[threadIdx.x] = act(threadIdx.x, ADD); }
    __global__ void second(byte *out) { Mode m = threadIdx.x & 1 ? MULTIPLY : BOTH; out[threadIdx.x] = act(CLAMP(threadIdx.x, 3, 6), m); }
    """
    out = np.zeros(10, np.uint8)
    launch(source, out, kernel="first", block=10)
    assert out.tolist() == list(range(1, 11))
    launch(source, out, kernel="second", block=10)
    assert out.tolist() == [min(max(x, 3), 6) * 2 + (x % 2 == 0) for x in range(10)]


def test_unrolled_loops_and_local_types() -> None:
    source = """
    #define TAPS 5
    using real = float;
    __global__ void __launch_bounds__(64) k(const real *__restrict__ in, real *__restrict__ out) {
        struct pair { real a, b; };
        const real w[TAPS] = {1, 2, 3, 2, 1};
        pair p = {0, 0};
        #pragma unroll
        for (int i = -TAPS / 2; i <= TAPS / 2; ++i) { p.a += w[i + TAPS / 2] * in[threadIdx.x + i + 2]; p.b += w[i + TAPS / 2]; }
        out[threadIdx.x] = p.a / p.b;
    }"""
    given = np.random.default_rng(0).integers(0, 100, 54).astype(np.float32)
    out = np.zeros(50, np.float32)
    launch(source, given, out, block=50)
    assert np.allclose(out, np.convolve(given, np.array([1, 2, 3, 2, 1]) / 9, "valid"), rtol=1e-6)


def test_many_threads_compile_and_run_at_once() -> None:

    def job(number: int) -> bool:
        out = np.zeros(100, np.int32)
        launch(f"__global__ void k(int *out) {{ out[threadIdx.x] = threadIdx.x * {number}; }}", out, block=100)
        return out.tolist() == [x * number for x in range(100)]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(job, range(40)))


@pytest.mark.parametrize(("samples", "parts"), [(1 << 12, 1), (1 << 20, 4)])
def test_few_threads_that_make_much_are_shared_out_too(
    samples: int, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []
    original = workers.run

    def noted(launch: workers.PackedLaunch, blocks: int, parts: int, count: int) -> None:
        given.append(parts)
        original(launch, blocks, parts, count)

    monkeypatch.setenv("IMGCUDA_THREADS", "2")
    monkeypatch.setattr(workers, "run", noted)
    out = np.zeros(samples, np.int32)
    launch("__global__ void k(int *out, int n) { int i = blockIdx.x * 32 + threadIdx.x; for (int j = 0; j < n; j++) out[i + 128 * j] = i; }",
           out, np.int32(samples // 128), grid=4, block=32)  # fmt: skip
    assert given == [parts]
    assert (out.reshape(-1, 128) == np.arange(128)).all()


@pytest.mark.parametrize("barrier", ["", "__syncthreads();"])
@pytest.mark.parametrize("steps", [10, LOOPED // 2])
def test_all_blocks_of_a_kernel_of_any_length(steps: int, barrier: str) -> None:
    out = np.zeros((5, 40), np.uint32)
    source = f"""__global__ void k(unsigned int *out) {{
        __shared__ unsigned int first;
        if (blockIdx.x == 2) return;
        if (threadIdx.x == 0) first = blockIdx.x;
        {barrier}
        unsigned int v = blockIdx.x * 40u + threadIdx.x;
        {"v = v * 3u + 1u;" * steps}
        out[blockIdx.x * 40 + threadIdx.x] = v + {"first" if barrier else "blockIdx.x"};
    }}"""
    launch(source, out, grid=5, block=40)
    power = pow(3, steps, 2**33)
    wanted = [[(n * power + (power - 1) // 2 + b) % 2**32 for n in range(40 * b, 40 * b + 40)] for b in range(5)]
    wanted[2] = [0] * 40
    assert out.tolist() == wanted


def test_the_loop_over_blocks_is_outside_of_a_long_kernel() -> None:
    def called(steps: int) -> int:
        text = to_llvm(
            program("__global__ void k(int *o) { int v = 1; " + "v = v * *o;" * steps + " *o = v; }"), "k", Dim3(8)
        ).ir
        return text.partition("define void @entry")[2].count("br i1")

    assert called(10) == 0
    assert called(LOOPED // 2) == 2
