"""`module.variables`: the `__device__` variables, which keep their values between the launches of a module."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import CheckError, KernelError, LaunchError, kernels
from imgcuda.cuda.compile import Nvrtc
from imgcuda.frontend.compilers import CUDA
from imgcuda.frontend.linkage import with_c_names
from imgcuda.programs.source import Source, as_written

TEXT = """\
struct pair { char step; float gain; };
__device__ int counter = 5;
__device__ float table[2][3] = {{1, 2}, {3.5f}};
static __device__ pair tuned = {1, 2.5f};
__device__ unsigned long long big = 1ULL << 63;
__device__ bool flag = true;
__device__ int sums[4];

__device__ void add(int value) { atomicAdd(&sums[value % 4], value); }
__global__ void count(int *out)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    out[i] = atomicAdd(&counter, 1);
    add(i);
    if (i == 0) { table[1][2] = tuned.gain + tuned.step + flag; big >>= 1; flag = false; }
}
__global__ void look(int *out)
{
    out[threadIdx.x] = counter + sums[threadIdx.x];
    if (threadIdx.x == 0) tuned.gain = 7;
}
__global__ void beyond(int *out) { out[0] = sums[4 + out[0]]; }
__global__ void racing(int *out) { counter = counter + 1; }
"""


def _module() -> kernels.Module:
    return kernels.compile(TEXT, name="count.cu")


def _launched(module: kernels.Module, kernel: str, grid: int, block: int, device: str) -> npt.NDArray[np.int32]:
    out = np.zeros(grid * block, np.int32)
    module[kernel](out, grid=grid, block=block, device=device)
    return out


def test_a_variable_keeps_its_value_between_launches_of_any_kernel(device: str) -> None:
    module = _module()
    assert sorted(_launched(module, "count", 4, 100, device)) == list(range(5, 405))
    sums = np.array([sum(range(first, 400, 4)) for first in range(4)])
    assert _launched(module, "look", 1, 4, device).tolist() == (405 + sums).tolist()
    assert _launched(module, "count", 1, 64, device).min() == 405  # another size of blocks is compiled anew


def test_variables_are_read_and_set_by_their_names() -> None:
    module = _module()
    _launched(module, "count", 2, 100, "cpu")
    assert module.variables["counter"].tolist() == [205]
    assert module.variables["table"].tolist() == [1, 2, 0, 3.5, 0, 4.5]
    assert (module.variables["big"].tolist(), module.variables["flag"].tolist()) == ([1 << 62], [False])
    module.variables["counter"] = 10
    module.variables["sums"] = [1, 2]
    assert _launched(module, "look", 1, 4, "cpu").tolist() == [11, 12, 10, 10]
    assert module.variables["tuned"].view([("step", "i1", 1), ("_", "i1", 3), ("gain", "f4")])["gain"] == 7
    assert list(module.variables) == ["counter", "table", "tuned", "big", "flag", "sums"]
    assert repr(module.variables) == "<variables of count.cu: counter, table, tuned, big, flag, sums>"


def test_each_module_has_its_own_variables_also_before_its_first_launch() -> None:
    one, other = _module(), _module()
    one.variables["counter"] = 100
    assert one.variables["counter"].tolist() == [100]
    assert _launched(one, "count", 1, 4, "cpu").min() == 100
    assert _launched(other, "count", 1, 4, "cpu").min() == 5


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("count", 1, r"count\.cu: 'count' cannot be set: only __device__ variables that are not const can be set"),
        ("countr", 1, "has no __device__ variable 'countr' to be set; did you mean"),
        ("counter", 1.5, r"the __device__ variable 'counter' is int; it was given 1\.5, which it cannot hold"),
        ("counter", [1, 2], "'counter' has 4 bytes; it was given 2 int32, which are 8"),
    ],
)
def test_values_that_do_not_fit_are_refused(name: str, value: Any, why: str) -> None:
    module = _module()
    _launched(module, "count", 1, 4, "cpu")
    with pytest.raises(LaunchError, match=why):
        module.variables[name] = value


def test_a_value_before_the_first_launch_or_on_a_gpu_cannot_be_read() -> None:
    module = _module()
    with pytest.raises(LaunchError, match="'counter' has no value before the first launch; launch a kernel, or set it"):
        module.variables["counter"]
    module.variables.kept_by("cuda:0")
    with pytest.raises(LaunchError, match="the value of 'counter' on cuda:0 cannot be read here; let a kernel copy it"):
        module.variables["counter"]
    with pytest.raises(LaunchError, match="and cuda:0 has its own; set it by a kernel there"):
        module.variables["counter"] = 1


def test_values_of_the_cpu_do_not_get_lost_on_a_gpu() -> None:
    module = _module()
    _launched(module, "count", 1, 4, "cpu")
    with pytest.raises(LaunchError, match="'counter' has its values on one device, and cuda:1 has its own; set it by"):
        module.variables.kept_by("cuda:1")


def test_a_checked_launch_knows_the_bounds_of_a_variable_and_races_on_it() -> None:
    module, out = _module(), np.zeros(64, np.int32)
    with kernels.checked():
        module.count(out, grid=1, block=64)
        with pytest.raises(CheckError, match=r"reads sums\[4\], which has 4 elements"):
            module.beyond(np.zeros(1, np.int32), grid=1, block=1)
        with pytest.raises(CheckError, match=r"counter\[0\], which .* of the block touches, too"):
            module.racing(out, grid=1, block=64)


@pytest.mark.parametrize(
    ("before", "used", "why"),
    [
        (
            "__device__ float *memory;",
            "memory",
            r"the __device__ variable 'memory' holds a pointer, .*offset there instead",
        ),
        ("__device__ int b; __device__ int a = b;", "a", "a constant's value must be known when"),
        (
            "int total;",
            "total",
            "its declaration in line 1 is not read: this global variable is the host's; write __device__",
        ),
    ],
)
def test_a_variable_that_cannot_be_is_refused_once(before: str, used: str, why: str) -> None:
    module = kernels.compile(f"{before}\n__global__ void k() {{ auto copy = {used}; }}")
    with pytest.raises(KernelError, match=why) as caught:
        module.k(grid=1, block=1, device="cpu")
    assert len(caught.value.mistakes) == 1


def test_nvrtc_takes_the_same_text(nvrtc: Nvrtc) -> None:
    program = as_written(Source("count.cu", TEXT), {}, CUDA)
    assert b"counter" in nvrtc.compile(with_c_names(program.text), program, (9, 0), [])
