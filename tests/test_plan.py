"""What is kept of a chain for the next image of its kind: nothing that could make another result of it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from textwrap import dedent
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import (
    Argument,
    CheckError,
    DeviceArray,
    DeviceError,
    Gpu,
    ImageError,
    NeighborhoodFilter,
    Pipeline,
    PointFilter,
    param,
)
from imgcuda.execution import chain_plan
from imgcuda.programs.source import Source
from imgcuda.testing import checked
from support.installed import installed
from support.matrix import exhaustive

Make = Callable[..., npt.NDArray[Any]]

FILTERS = installed()


class Multiply(PointFilter):
    """Multiply by a factor."""

    factor: float = param(default=0.5, help="by how much")

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source(
            "multiply.cu",
            dedent("""
            __device__ color multiply(color c, float factor)
            {
                c.r *= factor;
                c.g *= factor;
                c.b *= factor;
                return c;
            }
            """),
        )


def mixed() -> Pipeline:
    names = ("gamma", "blur", "edges", "invert")
    return Pipeline([*(FILTERS.create(name, {}) for name in names), Multiply(), Multiply(factor=0.25)])


@pytest.mark.parametrize("shape", [(19, 23), (19, 23, 1), (19, 23, 3), (19, 23, 4), (23, 19, 3)], ids=str)
def test_the_second_image_is_filtered_as_the_first_would_be(
    device: str, shape: tuple[int, ...], random_image: Make
) -> None:
    first, second = random_image(shape, seed=1), random_image(shape, seed=2)
    wanted = [mixed()(image, device=device) for image in (first, second)]
    chain_plan.forget()
    np.testing.assert_array_equal(mixed()(second, device=device), wanted[1])
    np.testing.assert_array_equal(mixed()(first, device=device), wanted[0])


SIZES, TYPES = [(19, 23, 3), (8, 9), (19, 23, 4)], ["u1", "f4", "u2"]


@pytest.mark.parametrize("kinds", [[*zip(SIZES, TYPES, strict=True)], exhaustive([*product(SIZES, TYPES)])], ids=len)
def test_images_of_other_sizes_and_types_between_do_not_matter(
    kinds: list[tuple[tuple[int, ...], str]], device: str, random_image: Make
) -> None:
    pipeline = mixed()
    images = [random_image(size, kind) for size, kind in kinds]
    wanted = []
    for image in images:
        chain_plan.forget()
        wanted.append(pipeline(image, device=device))
    for image, made in [*zip(images, wanted, strict=True)] * 2:
        np.testing.assert_array_equal(pipeline(image, device=device), made)


def test_equal_filters_share_a_plan_and_others_do_not(device: str) -> None:
    image = np.full((2, 3), 200, np.uint8)
    for factor in (0.5, 0.25, 0.5):
        assert (Multiply(factor=factor)(image, device=device) == 200 * factor).all()


def test_zero_and_minus_zero_do_not_share_a_plan(device: str) -> None:
    image = np.ones((2, 3), np.float32)
    for factor in (0.0, -0.0, 0.0):
        made = Multiply(factor=factor)(image, device=device)
        assert (np.signbit(made) == np.signbit(factor)).all()


def test_run_is_called_for_each_image(device: str) -> None:
    class Counted(NeighborhoodFilter):
        """Multiply by how often it was called."""

        calls = 0

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source("counted.cu", COUNTED)

        def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
            type(self).calls += 1
            return gpu.launch("counted", image, {"factor": self.calls}, constants={"PLUS": self.calls % 2})

    image = np.full((4, 5), 10, np.uint8)
    assert [int(Counted()(image, device=device)[0, 0]) for _ in range(4)] == [11, 20, 31, 40]


COUNTED = """
__global__ void counted(const pixel *src, pixel *dst, int width, int height, int factor)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    dst[y * width + x] = src[y * width + x] * factor + PLUS;
}
"""


def test_arguments_that_a_filter_computes_are_asked_for_each_time(device: str) -> None:
    class Growing(Multiply):
        """Multiply by more each time."""

        name = "multiply"
        factors = iter((0.25, 0.5, 1.0))

        def arguments(self) -> Mapping[str, Argument]:
            return {"factor": next(self.factors)}

    image = np.full((4, 5), 100, np.uint8)
    assert [int(Growing()(image, device=device)[0, 0]) for _ in range(3)] == [25, 50, 100]


def test_pictures_are_not_kept(random_image: Make) -> None:
    picture = random_image((19, 23, 3))
    gone = weakref.ref(picture)
    FILTERS.create("composite", {"image": picture})(random_image((19, 23, 3)), device="cpu")
    del picture
    gc.collect()
    assert gone() is None


def test_images_and_results_are_not_kept(random_image: Make) -> None:
    image = random_image((19, 23, 3))
    result = mixed()(image, device="cpu")
    gone = weakref.ref(image), weakref.ref(result if result.base is None else result.base)
    del image, result
    gc.collect()
    assert [each() for each in gone] == [None, None]


def test_a_first_call_lets_go_of_its_image_and_result_at_once(random_image: Make) -> None:
    chain_plan.forget()
    gc.disable()  # a circle of references would keep them until Python's collector runs
    try:
        image = random_image((19, 23, 3))
        result = mixed()(image, device="cpu")
        gone = weakref.ref(image), weakref.ref(result if result.base is None else result.base)
        del image, result
        assert [each() for each in gone] == [None, None]
    finally:
        gc.enable()


def test_only_so_many_plans_are_kept() -> None:
    for height in range(1, chain_plan.MOST + 10):
        Multiply()(np.zeros((height, 2), np.uint8), device="cpu")
    assert chain_plan.kept() == chain_plan.MOST


def test_a_setting_that_is_wrong_is_told_after_a_good_run_too(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.zeros((4, 5), np.uint8)
    Multiply()(image, device="cpu")
    for name in ("IMGCUDA_THREADS", "IMGCUDA_MEMORY_LIMIT", "IMGCUDA_CHECK"):
        monkeypatch.setenv(name, "many")
        with pytest.raises(DeviceError, match=name):
            Multiply()(image, device="cpu")
        monkeypatch.delenv(name)
    with pytest.raises(ImageError, match="more than 10"):
        Pipeline([Multiply()])(image, device="cpu", max_pixels=10)


def test_a_checked_run_checks_what_ran_unchecked_before() -> None:
    class Beyond(NeighborhoodFilter):
        """Read one pixel too many."""

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source("beyond.cu", BEYOND)

    image = np.zeros((4, 5), np.uint8)
    Beyond()(image, device="cpu")
    with checked(), pytest.raises(CheckError, match=r"beyond\.cu:6"):
        Beyond()(image, device="cpu")
    Beyond()(image, device="cpu")


BEYOND = """
__global__ void beyond(const pixel *src, pixel *dst, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    dst[y * width + x] = src[y * width + x + 1];
}
"""


def test_threads_may_share_a_plan(device: str, random_image: Make) -> None:
    chain_plan.forget()
    pipeline, images = mixed(), [random_image((19, 23, 3), seed=seed) for seed in range(24)]
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda image: pipeline(image, device=device), images))
    for image, result in zip(images, made, strict=True):
        np.testing.assert_array_equal(result, pipeline(image, device=device))
