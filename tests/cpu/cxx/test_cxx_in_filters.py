"""A filter launches an instance of a template, by `gpu.run` and by `gpu.launch`."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from imgcuda import DeviceArray, Filter, Gpu
from imgcuda.programs.source import Source
from imgcuda.testing.gpu_compilation import compile_for_gpu
from support.cxx import NEEDS_CLANG

TEXT = """\
template <typename T> struct Least {
    T limit;
    __device__ explicit Least(T limit) : limit(limit) {}
    __device__ T operator()(T value) const { return value > limit ? limit : value; }
};
template <typename T, int LIMIT> __global__ void cut(const T *src, T *dst, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y;
    if (x >= width * CHANNELS || y >= height) return;
    dst[y * width * CHANNELS + x] = Least<T>(LIMIT)(src[y * width * CHANNELS + x]);
}
"""
IMAGE = np.random.default_rng(5).integers(0, 256, (9, 31, 3), dtype=np.uint8)


class Cut(Filter):
    """Cut samples at a limit."""

    halo = 0

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source("cut.cu", TEXT)

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        made = gpu.empty(image.shape, image.dtype)
        width, height = image.width, image.height
        gpu.run("cut<pixel, 100>", image, made, width, height, grid=(1, height), block=(128, 1))
        return made


@NEEDS_CLANG
def test_a_filter_runs_an_instance_of_a_template() -> None:
    np.testing.assert_array_equal(Cut()(IMAGE, device="cpu"), np.minimum(IMAGE, 100))


@pytest.mark.usefixtures("nvrtc")
def test_nvrtc_compiles_the_instance_for_a_gpu() -> None:
    assert compile_for_gpu([Cut()], IMAGE)["cut<pixel, 100>"].startswith(b"\x7fELF")
