"""Kernels launched as they are, by `gpu.run` in a filter: any arguments, an exact grid, dynamic shared memory."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import CheckError, DeviceArray, DeviceError, Filter, FilterError, Gpu, LaunchError
from imgcuda.execution.gpu import LaunchSize
from imgcuda.programs.layout import Dim3, dim3
from imgcuda.programs.source import Source
from imgcuda.testing import checked

TEXT = """
// Turns each row round: a block a row, and a thread a column, through dynamic shared memory.
__global__ void mirror(int width, pixel *out, float gain, const pixel *in)
{
    extern __shared__ pixel row[];
    int x = threadIdx.x, first = blockIdx.x * width;
    row[x] = in[first + x];
    __syncthreads();
    out[first + width - 1 - x] = to_pixel(gain * row[x]);
}

// Writes where each thread is: as many blocks and threads as the launch says.
__global__ void where(float *out)
{
    int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    out[block * blockDim.x * blockDim.y * blockDim.z + thread] = 100 * block + thread + BLOCK_WIDTH / 1000.0f;
}
"""


class Mirror(Filter):
    """Turn an image round, by a raw launch."""

    halo = 0
    shared: ClassVar[int | None] = None

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source("mirror.cu", TEXT)

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        out = gpu.empty(image.shape, image.dtype)
        size = image.width * image.dtype.itemsize if self.shared is None else self.shared
        gpu.run("mirror", image.width, out, 1, image, grid=image.height, block=image.width, shared=size)
        return out


class TooLittleShared(Mirror):
    """As Mirror, with room for fewer samples than a row has."""

    shared = 20


class NoShared(Mirror):
    """As Mirror, without the memory that the kernel needs."""

    shared = 0


class TooMuchShared(Mirror):
    """As Mirror, with more memory than any GPU has."""

    shared = 1 << 20


IMAGE = np.arange(7 * 24, dtype=np.uint8).reshape(7, 24)


def test_a_filter_launches_a_kernel_as_it_is(device: str) -> None:
    assert np.array_equal(Mirror()(IMAGE, device=device), IMAGE[:, ::-1])


def test_a_checked_run_knows_the_size_of_dynamic_shared_memory() -> None:
    with checked():
        assert np.array_equal(Mirror()(IMAGE), IMAGE[:, ::-1])
    wanted = r"mirror\.cu:7: mirror: thread \(20, 0, 0\) of block \(0, 0, 0\) writes row\[20\], which has 20 elements"
    with checked(), pytest.raises(CheckError, match=wanted):
        TooLittleShared()(IMAGE)


@pytest.mark.parametrize("is_checked", [False, True])
def test_dynamic_shared_memory_must_have_a_size(is_checked: bool) -> None:
    with pytest.raises(DeviceError, match=r"mirror uses `extern __shared__` memory, .* 0 bytes; say how .* shared="):
        _run(NoShared(), is_checked)
    with pytest.raises(DeviceError, match="1048576 bytes of dynamic shared memory; it must be from 0 to 232448"):
        _run(TooMuchShared(), is_checked)


def _run(filter: Filter, is_checked: bool) -> npt.NDArray[Any]:
    if not is_checked:
        return filter(IMAGE, device="cpu")
    with checked():
        return filter(IMAGE)


class Everywhere(Filter):
    """Write where each thread is."""

    grid: ClassVar[LaunchSize] = (2, 1, 3)
    block: ClassVar[LaunchSize] = (4, 2, 2)
    arguments_given: ClassVar[tuple[Any, ...]] = ()
    source = Mirror.source

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        out = gpu.empty(image.shape, np.float32)
        gpu.run("where", *(self.arguments_given or (out,)), grid=self.grid, block=self.block)
        return out


def test_grid_and_block_are_exactly_those_of_the_launch(device: str) -> None:
    made = Everywhere()(np.zeros((6, 16), np.float32), device=device)
    wanted = [[100 * block + thread for thread in range(16)] for block in range(6)]
    np.testing.assert_allclose(made, np.array(wanted) + 0.004, rtol=1e-6)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ((1.5,), r"where: argument 'out' is float \*; it was given the number 1\.5, which fits `float out`"),
        ((1, 2), r"where\(out\) takes one argument; it was given 2"),
        ((np.zeros(3),), r"argument 'out' is float \*; it was given an array of float64, which fits `double \*out`"),
    ],
)
def test_arguments_are_held_against_the_kernels_own(given: tuple[Any, ...], why: str) -> None:
    class Wrong(Everywhere, abstract=True):
        arguments_given = given

    with pytest.raises(LaunchError, match=why):
        Wrong()(np.zeros((6, 16), np.float32), device="cpu")


@pytest.mark.parametrize("size", [7, (7,), [7, 2], (7, 2, 3), np.int64(7)])
def test_a_grid_has_up_to_three_numbers(size: Any) -> None:
    assert dim3("grid", size) == Dim3(*np.atleast_1d(size).tolist())


@pytest.mark.parametrize("size", [2.5, (1, 2, 3, 4), (), "8", (8, 1.5), None])
def test_other_grids_are_refused(size: Any) -> None:
    with pytest.raises(LaunchError, match=r"grid must be a whole number, or up to three, as \(x, y, z\); got"):
        dim3("grid", size)


def test_a_gpu_gives_more_shared_memory_than_it_does_unasked(gpu: str) -> None:
    wide = np.arange(60_000, dtype=np.uint16).reshape(60, 1000)
    with_more = type("WithMore", (Mirror,), {"shared": 64 << 10}, abstract=True)
    assert np.array_equal(with_more()(wide, device=gpu), wide[:, ::-1])


class Constant(Mirror):
    """A filter whose kernel reads a constant that nothing sets."""

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source("constant.cu", "__constant__ int n;\n" + TEXT.replace("= in[", "= n + in["))


def test_a_constant_that_nothing_sets_is_refused(device: str) -> None:
    with pytest.raises(LaunchError, match=r"mirror cannot read the __constant__ variable 'n', .*; write them in"):
        Constant()(IMAGE, device=device)


def test_a_launch_error_of_a_filter_is_a_filter_error() -> None:
    assert issubclass(LaunchError, FilterError)
