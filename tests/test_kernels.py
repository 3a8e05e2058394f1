"""`imgcuda.kernels`: any kernels, launched on arrays in place, on each device."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from imgcuda import CheckError, DeviceError, KernelError, LaunchError, kernels
from imgcuda.cuda.compile import Nvrtc
from imgcuda.cuda.compile import compile as compiled_for_gpu
from imgcuda.frontend.compilers import CUDA
from imgcuda.frontend.linkage import with_c_names
from imgcuda.programs.source import Source, as_written

TESTS = Path(__file__).parent

TEXT = """\
__global__ void saxpy(int n, float a, const float *x, float *y)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a * x[i] + y[i];
}

__global__ void reversed(int *a)
{
    extern __shared__ int kept[];
    kept[threadIdx.x] = a[threadIdx.x];
    __syncthreads();
    a[threadIdx.x] = kept[blockDim.x - 1 - threadIdx.x];
}

__global__ void beyond(int n, float *y) { if (threadIdx.x <= n) y[threadIdx.x] = 1; }

struct point { float x, y; };
typedef unsigned char pixel;

__global__ void others(struct point *points, float2 *pairs, double *scale, bool *flags, pixel *bytes, void *any)
{
    int i = threadIdx.x;
    points[i].y = points[i].x + pairs[i].y + scale[0];
    flags[i] = true;
    bytes[i] = VALUE;
}
"""
MODULE = kernels.compile(TEXT, {"VALUE": 7}, name="saxpy.cu")
X, Y = np.arange(20, dtype=np.float32), np.ones(20, np.float32)


def test_a_kernel_changes_arrays_in_place(device: str) -> None:
    y = Y.copy()
    MODULE.saxpy(20, 2.0, X, y, grid=3, block=7, device=device)
    assert y.tolist() == [2 * x + 1 for x in range(20)]
    assert X.tolist() == list(range(20))


def test_a_launch_gives_dynamic_shared_memory(device: str) -> None:
    array = np.arange(32, dtype=np.int32)
    MODULE.reversed(array, grid=1, block=32, shared=array.nbytes, device=device)
    assert array.tolist() == list(range(31, -1, -1))


def test_pointers_of_any_type_take_arrays(device: str) -> None:
    points = np.array([(1, 0), (2, 0)], [("x", np.float32), ("y", np.float32)])
    pairs, scale = np.array([[0, 5], [0, 6]], np.float32), np.array(10.0)
    flags, raw = np.zeros(2, np.bool_), np.zeros(2, np.uint8)
    MODULE.others(points, pairs, scale, flags, raw, None, grid=1, block=2, device=device)
    assert (points["y"].tolist(), flags.tolist(), raw.tolist()) == ([16, 18], [True, True], [7, 7])


def test_one_array_may_be_several_arguments(device: str) -> None:
    y = X.copy()
    MODULE.saxpy(20, 1.0, y, y, grid=1, block=20, device=device)
    assert y.tolist() == [2 * x for x in range(20)]
    MODULE.saxpy(5, 1.0, y[10:15], y, grid=1, block=5, device=device)
    assert y[:6].tolist() == [20, 24, 28, 32, 36, 10]
    part = y[2:]
    MODULE.saxpy(2, 1.0, y, part, grid=1, block=2, device=device)
    assert y[:5].tolist() == [20, 24, 48, 56, 36]


def test_arrays_that_share_a_part_of_their_memory_are_refused() -> None:
    y = X.copy()
    with pytest.raises(LaunchError, match=r"saxpy: argument 'y' is float \*; its array shares a part of its memory"):
        MODULE.saxpy(5, 1.0, y[:10], y[5:15], grid=1, block=5)


def test_an_array_without_elements_is_taken(device: str) -> None:
    MODULE.saxpy(0, 1.0, X[:0], np.empty((0, 3), np.float32), grid=1, block=1, device=device)


def test_a_read_only_array_is_for_pointers_to_const(device: str) -> None:
    x, y = X.copy(), Y.copy()
    x.flags.writeable = False
    MODULE.saxpy(20, 1.0, x, y, grid=1, block=20, device=device)
    assert y.tolist() == [x + 1 for x in range(20)]
    with pytest.raises(
        LaunchError, match=r"float \*, which a kernel may write to; it was .* read-only; pass a copy, or"
    ):
        MODULE.saxpy(20, 1.0, y, x, grid=1, block=20, device=device)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((20, 2.0, X), r"saxpy\(n, a, x, y\) takes 4 arguments; it was given 3"),
        ((20.5, 2, X, Y), r"'n' is int; it was given the number 20\.5, which fits `float n`"),
        ((X, 2, X, Y), r"'n' is int; it was given an array of float32, which fits `float \*n`"),
        ((2**40, 2, X, Y), r"'n' is int, which cannot hold 1099511627776"),
        ((20, 2, X.astype(float), Y), r"'x' is float \*; it was given an array of float64, which fits `double \*x`"),
        ((20, 2, 2.5, Y), r"'x' is float \*; it was given the number 2\.5, which fits `float x`"),
        ((20, 2, [1, 2], Y), r"'x' is float \*; it was given a list, \[1, 2\]; pass a NumPy array of float32"),
        ((20, "2", X, Y), r"'a' is float; it was given a str, '2'; pass a number"),
        ((20, None, X, Y), r"'a' is float; it was given None; pass a number"),
        ((20, 2, X[::2], Y), r"an array of 10 float32 with gaps or in another order; pass numpy\.ascontiguousarray"),
        ((20, 2, X.astype(">f4"), Y), r"'x' is float \*; .* >f4, whose elements are not plain numbers of this machine"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_with_both_sides(arguments: tuple[Any, ...], why: str) -> None:
    with pytest.raises(LaunchError, match=rf"^saxpy\.cu: .*{why}"):
        MODULE.saxpy(*arguments, grid=1, block=20, device="cpu")


def test_vectors_must_be_whole() -> None:
    others = np.zeros(2, np.float32), None, None, None, None
    with pytest.raises(LaunchError, match=r"'pairs' is float2 \*, 2 x float32 each; .* an array of 3 float32$"):
        MODULE.others(others[0], np.zeros(3, np.float32), *others[1:], grid=1, block=1, device="cpu")


def test_a_checked_launch_names_line_thread_and_index() -> None:
    wanted = r"saxpy\.cu:15: beyond: thread \(20, 0, 0\) of block \(0, 0, 0\) writes y\[20\], which has 20 elements"
    with kernels.checked():
        MODULE.saxpy(20, 2.0, X, Y.copy(), grid=1, block=32)
        with pytest.raises(CheckError, match=wanted):
            MODULE.beyond(20, Y.copy(), grid=1, block=32)


def test_a_checked_launch_takes_arrays_at_any_address() -> None:
    y = np.zeros(41, np.uint8)[1:].view(np.float32)
    with kernels.checked():
        MODULE.saxpy(10, 2.0, X, y, grid=1, block=10)
    assert y.tolist() == [2 * x for x in range(10)]


def test_a_grid_or_block_that_no_device_has_is_refused() -> None:
    with pytest.raises(DeviceError, match=r"saxpy cannot be launched on the CPU: a grid of 0 along x"):
        MODULE.saxpy(20, 2.0, X, Y.copy(), grid=0, block=32, device="cpu")
    with pytest.raises(
        LaunchError, match=r"block must be a whole number, or up to three, as \(x, y, z\); got \(2, 2, 2, 2\)"
    ):
        MODULE.saxpy(20, 2.0, X, Y.copy(), grid=1, block=(2, 2, 2, 2), device="cpu")


def test_a_module_lists_and_finds_its_kernels() -> None:
    assert list(MODULE) == ["saxpy", "reversed", "beyond", "others"]
    assert {"saxpy", "others"} <= set(dir(MODULE))
    assert repr(MODULE) == "<kernels of saxpy.cu: saxpy, reversed, beyond, others>"
    assert repr(MODULE.saxpy) == "<kernel saxpy(int n, float a, const float *x, float *y) of saxpy.cu>"
    with pytest.raises(AttributeError, match=r"saxpy\.cu has no kernel 'saxpi'; did you mean 'saxpy'\?"):
        MODULE.saxpi(grid=1, block=1)
    with pytest.raises(LaunchError, match=r"saxpy\.cu has no kernel 'saxpi'; did you mean 'saxpy'\?"):
        MODULE["saxpi"](grid=1, block=1)


def test_a_file_is_loaded_with_what_it_includes_and_macros(tmp_path: Path, device: str) -> None:
    (tmp_path / "factor.cuh").write_text("__device__ T times(T a) { return a * FACTOR + SHIFT; }\n")
    text = '#include "factor.cuh"\n__global__ void scale(T *a) { a[threadIdx.x] = times(a[threadIdx.x]); }\n'
    (tmp_path / "scale.cu").write_text(text)
    module = kernels.load(tmp_path / "scale.cu", {"T": "double", "FACTOR": 0.1, "SHIFT": np.float32(0.5)}, device)
    array = np.array([1.0, 3.0])
    module.scale(array, grid=1, block=2)
    assert array.tolist() == [1 * 0.1 + 0.5, 3 * 0.1 + 0.5]


@pytest.mark.parametrize(
    ("defines", "why"),
    [
        ({"A B": 1}, "a macro's name must be an identifier, as TILE; got 'A B'"),
        ({"A": None}, "the macro A must be a number, or text of one line; got None"),
        ({"A": "1\n#include"}, "the macro A must be a number, or text of one line"),
    ],
)
def test_macros_that_are_none_are_refused(defines: dict[str, Any], why: str) -> None:
    with pytest.raises(LaunchError, match=why):
        kernels.compile(TEXT, defines)


def test_mistakes_have_the_lines_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(KernelError, match=r"^k\.cu:2:5: 'm' is not declared"):
        kernels.compile("__global__ void k(int n) {\n    m = n;\n}", name="k.cu").k(1, grid=1, block=1, device="cpu")
    with pytest.raises(LaunchError, match=r"there is no kernel file .*none\.cu"):
        kernels.load(tmp_path / "none.cu")


def test_a_kernel_may_use_the_names_of_the_prelude(device: str) -> None:
    text = (
        "struct color { int r; };\n__global__ void k(int *PIXEL) { color border; border.r = 3; PIXEL[0] = border.r; }"
    )
    array = np.zeros(1, np.int32)
    kernels.compile(text).k(array, grid=1, block=1, device=device)
    assert array[0] == 3


STRUCTURES = """
struct params { char step; double gain; int shifts[2]; };
__global__ void read(int n, params p, float *out, float4 v, char last)
{
    int i = threadIdx.x;
    out[i] = p.step * i + p.gain + p.shifts[i % 2] + v.w + last;
}
__global__ void changed(params p, float *out) { p.shifts[0] += threadIdx.x; out[threadIdx.x] = p.shifts[0] + p.gain; }
__global__ void across(params p, float *out)
{
    __shared__ float shared[8];
    p.gain += threadIdx.x;
    shared[threadIdx.x] = p.gain;
    __syncthreads();
    out[threadIdx.x] = shared[7 - threadIdx.x] + 10 * p.gain;
}
"""
PARAMS = np.dtype([("step", np.int8), ("gain", np.float64), ("shifts", np.int32, 2)], align=True)


def test_a_kernel_takes_structures_and_vectors_by_value(device: str) -> None:
    module, out = kernels.compile(STRUCTURES, device=device), np.zeros(8, np.float32)
    params = np.array((2, 0.5, (100, 200)), PARAMS)
    module.read(8, params, out, (0, 0, 0, 1000), 7, grid=1, block=8)
    assert out.tolist() == [2 * i + 0.5 + (200 if i % 2 else 100) + 1007 for i in range(8)]
    module.changed(params[()], out, grid=1, block=8)
    assert out.tolist() == [100 + i + 0.5 for i in range(8)]
    module.across(params, out, grid=1, block=8)
    assert out.tolist() == [7 - i + 0.5 + 10 * (i + 0.5) for i in range(8)]
    assert (float(params["gain"]), params["shifts"].tolist()) == (0.5, [100, 200])


def test_a_tensor_in_host_memory_is_changed_in_place(device: str) -> None:
    torch = pytest.importorskip("torch")
    y = torch.ones(20)
    MODULE.saxpy(20, 2.0, torch.arange(20, dtype=torch.float32), y, grid=1, block=20, device=device)
    assert y.tolist() == [2 * x + 1 for x in range(20)]
    with pytest.raises(LaunchError, match=r"NumPy has no arrays of torch\.bfloat16; pass the tensor in another type"):
        MODULE.saxpy(20, 2.0, X, torch.ones(20, dtype=torch.bfloat16), grid=1, block=20, device=device)


@pytest.mark.parametrize(
    ("declared", "given", "why"),
    [
        ("params p", 1, r"'p' is params, a structure; it was given 1; pass a dict of its fields"),
        (
            "params p",
            np.zeros((), [("n", "i4")]),
            "argument 1 is a structure of 24 bytes; it was given 4",
        ),
        ("float4 v", (1, 2, 3), r"'v' is float4; it was given \(1, 2, 3\); pass 4 numbers of float32, as a tuple"),
        ("int2 v", (1.7, 2), r"'v' is int2; it was given \(1\.7, 2\); pass 2 numbers of int32, as a tuple"),
        ("uchar2 v", np.array([1, 300]), r"'v' is uchar2; it was given \[ *1 300\]; pass 2 numbers of uint8"),
        ("uint2 v", (1, -1), r"'v' is uint2; it was given \(1, -1\); pass 2 numbers of uint32"),
        ("float &p", 1, r"'p' is float &, a reference, which CUDA gives no kernel; take it by value"),
        ("float **p", 1, r"'p' is float \*\*, which a launch cannot give"),
    ],
)
def test_a_structure_that_does_not_fit_is_refused(declared: str, given: Any, why: str) -> None:
    module = kernels.compile(f"{STRUCTURES} __global__ void k({declared}) {{}}")
    with pytest.raises(LaunchError, match=why):
        module.k(given, grid=1, block=1, device="cpu")


def test_a_checked_launch_knows_the_bounds_in_a_structure() -> None:
    text = "struct p { int a[2]; }; __global__ void k(p p, int *out) { out[0] = p.a[out[0]]; }"
    given, out = np.array(((1, 2),), [("a", np.int32, 2)]), np.array([2], np.int32)
    with kernels.checked(), pytest.raises(CheckError, match=r"reads memory, which lies in none of its arrays"):
        kernels.compile(text).k(given, out, grid=1, block=1)


def test_a_template_is_launched_by_an_instance_alone() -> None:
    module = kernels.compile("template <typename T> __global__ void k(T *a) {}")
    with pytest.raises(
        LaunchError, match=r"'k' is a template; name an instance of it, as \"k<float>\" with a value for each"
    ):
        module["k"]


def test_a_module_can_be_pickled() -> None:
    module = kernels.compile("__constant__ int n; __global__ void k(int *a) { a[0] = n; }", device="cpu")
    module.constants["n"] = 7
    array = np.zeros(1, np.int32)
    pickle.loads(pickle.dumps(module)).k(array, grid=1, block=1)
    assert array[0] == 7


FOUND = """\
#include <iostream>
#include <stdio.h>
#include <cuda_runtime.h>
#include "helper_cuda.h"
using namespace std;
#define RADIUS 2
__constant__ float weights[2 * RADIUS + 1];

template <typename T> T largest(T a, T b) { return a > b ? a : b; }

__global__ void convolve(const float *__restrict__ in, float *out, int n)
{
    extern __shared__ float near[];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    for (int j = threadIdx.x; j < blockDim.x + 2 * RADIUS; j += blockDim.x) {
        int from = (int)(blockIdx.x * blockDim.x) + j - RADIUS;
        near[j] = from < 0 || from >= n ? 0 : in[from];
    }
    __syncthreads();
    float sum = 0;
#pragma unroll
    for (int k = 0; k <= 2 * RADIUS; ++k) sum += weights[k] * near[threadIdx.x + k];
    if (i < n) out[i] = sum;
}

int main(int argc, char **argv)
{
    float host[] = {1, 2, 3, 2, 1}, *in, *out;
    cudaMemcpyToSymbol(weights, host, sizeof(host));
    cudaMalloc(&in, 4000);
    cudaMalloc(&out, 4000);
    convolve<<<8, 128, (128 + 2 * RADIUS) * sizeof(float)>>>(in, out, 1000);
    if (cudaDeviceSynchronize() != cudaSuccess) cout << "failed" << endl;
    return 0;
}
"""


def test_a_whole_program_that_was_found_is_loaded_as_it_is(device: str) -> None:
    module = kernels.compile(FOUND, name="found.cu")
    module.constants["weights"] = [1, 2, 3, 2, 1]
    values, made = np.arange(1000, dtype=np.float32), np.empty(1000, np.float32)
    module.convolve(values, made, 1000, grid=8, block=128, shared=4 * (128 + 4), device=device)
    np.testing.assert_allclose(made, np.convolve(values, [1, 2, 3, 2, 1], "same"))


def test_nvrtc_compiles_a_whole_program_that_was_found(nvrtc: Nvrtc) -> None:
    assert compiled_for_gpu(as_written(Source("found.cu", FOUND), {}, CUDA), (9, 0), optimize=False)


def test_nvrtc_compiles_the_text_as_it_is(nvrtc: Nvrtc) -> None:
    program = as_written(Source("saxpy.cu", TEXT), {"VALUE": 7}, CUDA)
    assert nvrtc.compile(with_c_names(program.text), program, (9, 0), ["--device-debug"])


SIMULATED = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
import numpy as np
from support import simulated_cupy as cupy, simulated_gpu
simulated_gpu.install()
cupy.install()
from support.simulated_gpu import LOG
from imgcuda import kernels
module = kernels.compile({TEXT!r}, {{"VALUE": 7}})
"""


def _simulated(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", SIMULATED + dedent(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_arrays_on_a_gpu_stay_there_and_host_arrays_are_copied() -> None:
    told = _simulated("""
        x, y = cupy.asarray(np.arange(20, dtype=np.float32)), np.ones(20, np.float32)
        module.saxpy(20, 2.0, x, y, grid=1, block=20)
        module.saxpy(20, 1.0, y, x, grid=1, block=20)
        print(y[19], x.array[19])
        print(*(each[0] for each in LOG if each[0] not in ("record", "wait", "free")), sep=", ")
    """)
    assert told == "39.0 58.0\nup, launch, down, the host waits, up, launch"


def test_a_kernel_of_a_real_gpu_works_on_arrays_of_torch_in_place(gpu: str) -> None:
    torch = pytest.importorskip("torch")
    x, y = torch.arange(20, device=gpu, dtype=torch.float32), torch.ones(20, device=gpu)
    host = Y.copy()
    MODULE.saxpy(20, 2.0, x, y, grid=1, block=20)
    MODULE.saxpy(20, 2.0, y, host, grid=1, block=20)
    assert y.tolist() == [2 * x + 1 for x in range(20)]
    assert host.tolist() == [2 * (2 * x + 1) + 1 for x in range(20)]
    with pytest.raises(LaunchError, match="with gaps or in another order; pass a contiguous copy"):
        MODULE.saxpy(10, 2.0, x[::2], y, grid=1, block=20)
    with pytest.raises(DeviceError, match=r"the array is on .* and device is cpu"):
        MODULE.saxpy(20, 2.0, x, y, grid=1, block=20, device="cpu")
