"""`module.constants`: the `__constant__` variables that the source gives no values."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import CheckError, LaunchError, kernels
from imgcuda.cuda.compile import Nvrtc
from imgcuda.frontend.compilers import CUDA
from imgcuda.frontend.linkage import with_c_names
from imgcuda.programs.source import Source, as_written

TEXT = """\
#define N 4
struct point { float x, y; };
__constant__ float weights[N];
static __constant__ int gain;
__constant__ float2 corners[2];
__constant__ struct point origin;
__constant__ int given[2] = {5, 6};

__global__ void weighted(float *out)
{
    int i = threadIdx.x;
    out[i] = gain * weights[i] + origin.y + corners[1].x + given[0];
}
__global__ void beyond(float *out) { out[threadIdx.x] = weights[threadIdx.x + 1]; }
"""


def _module() -> kernels.Module:
    return kernels.compile(TEXT, name="weighted.cu")


def _weighted(module: kernels.Module, device: str) -> list[float]:
    out = np.zeros(4, np.float32)
    module.weighted(out, grid=1, block=4, device=device)
    return list(out)


def test_a_constant_is_zero_until_it_is_set_by_its_name(device: str) -> None:
    module = _module()
    assert _weighted(module, device) == [5, 5, 5, 5]
    weights = np.arange(4, dtype=np.float32)
    module.constants["weights"] = weights
    module.constants["gain"] = 10
    weights[:] = 99  # it is a copy that was set
    assert _weighted(module, device) == [5, 15, 25, 35]
    module.constants["origin"] = np.array([1, 2], np.float32)
    module.constants["corners"] = [[0, 0], [100, 0]]
    assert _weighted(module, device) == [107, 117, 127, 137]
    module.constants["weights"] = [1, 2]  # the others are 0 again
    assert _weighted(module, device) == [117, 127, 107, 107]
    assert _weighted(_module(), device) == [5, 5, 5, 5]  # another module of the same text has its own


def test_constants_are_a_mapping_of_what_was_set() -> None:
    module = _module()
    module.constants["gain"] = 3
    assert {name: value.tolist() for name, value in module.constants.items()} == {"gain": 3}
    assert repr(module.constants) == "<constants of weighted.cu: weights, gain, corners, origin>"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("weight", 1, r"weighted\.cu has no __constant__ variable 'weight' to be set; did you mean 'weights'\?"),
        ("given", 1, r"'given' cannot be set: only __constant__ variables without values in the source"),
        ("weights", np.zeros(4), r"'weights' is float; it was given an array of float64; pass one of float32"),
        ("gain", 1.5, r"'gain' is int; it was given 1\.5, which it cannot hold"),
        ("gain", 2**40, r"'gain' is int; it was given 1099511627776, which it cannot hold"),
        ("gain", "much", r"'gain' is int; it was given 'much', which it cannot hold"),
        ("origin", [1, 2], r"'origin' is point; it was given \[1, 2\]; pass a NumPy array of its bytes"),
    ],
)
def test_values_that_do_not_fit_are_refused_with_both_sides(name: str, value: Any, why: str) -> None:
    with pytest.raises(LaunchError, match=why):
        _module().constants[name] = value


def test_a_constant_with_too_many_values_is_refused(device: str) -> None:
    module = _module()
    module.constants["weights"] = np.zeros(5, np.float32)
    wanted = r"weighted\.cu: the __constant__ variable 'weights' has 16 bytes; it was given 5 float32, which are 20"
    with pytest.raises(LaunchError, match=wanted):
        _weighted(module, device)


def test_a_checked_launch_knows_the_bounds_of_a_constant() -> None:
    out: npt.NDArray[np.float32] = np.zeros(4, np.float32)
    wanted = r"weighted\.cu:14: beyond: thread \(3, 0, 0\) .* reads weights\[4\], which has 4 elements"
    with kernels.checked(), pytest.raises(CheckError, match=wanted):
        _module().beyond(out, grid=1, block=4)


def test_constants_keep_their_names_in_the_code_for_a_gpu(nvrtc: Nvrtc) -> None:
    program = as_written(Source("weighted.cu", TEXT), {}, CUDA)
    code = nvrtc.compile(with_c_names(program.text), program, (9, 0), [])
    for name in ("weights", "gain", "corners", "origin"):
        assert b"\0" + name.encode() + b"\0" in code
