"""From host to host: whole or in strips, on one or several devices, with any amount of memory, the bytes are equal."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import DeviceArray, DeviceMemoryError, Filter, FilterError, Gpu, Pipeline, devices
from imgcuda.cuda import device as cuda
from imgcuda.cuda import pinned, transfers
from imgcuda.cuda.driver_api import driver
from imgcuda.execution.streaming import filter_image
from imgcuda.programs.source import Source
from imgcuda.testing import assert_close
from support.installed import installed
from support.matrix import exhaustive

if TYPE_CHECKING:
    from support.gpu_memory import GpuMemory

Image = npt.NDArray[Any]
Make = Callable[..., Image]
Limit = Callable[[int], None]

FILTERS = installed()
COPY = """
__global__ void copy(const pixel *src, pixel *dst, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    for (int c = 0; c < CHANNELS; c++) dst[(y * width + x) * CHANNELS + c] = src[(y * width + x) * CHANNELS + c];
}
"""


def watched(before: Callable[[DeviceArray], None] = lambda image: None) -> Filter:
    class Watched(Filter):
        """Copy the image, strip by strip, and do something before each."""

        halo = 0

        @classmethod
        @cache
        def source(cls) -> Source:
            return Source("watched.cu", COPY)

        def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
            before(image)
            return gpu.launch("copy", image)

    return Watched()


class Fold(Filter):
    """Keep the upper half."""

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        return width, height // 2

    @classmethod
    @cache
    def source(cls) -> Source:
        return Source("fold.cu", COPY)

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.launch("copy", image, shape=(image.height // 2, image.width, image.channels))


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Limit:
    """A function that caps the memory of every session from then on; 0 is no cap."""
    return lambda size: monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(size or ""))


def create(*chain: tuple[str, dict[str, Any]]) -> Pipeline:
    return Pipeline([FILTERS.create(name, parameters) for name, parameters in chain])


def counted(filters: Sequence[Filter], image: Image, device: str) -> tuple[Image, int]:
    """Return the image filtered, and in how many strips."""
    seen: list[int] = []
    return Pipeline([watched(lambda strip: seen.append(strip.height)), *filters])(image, device=device), len(seen)


def heights(device: str, image: Image) -> list[int]:
    """Return how many rows each of the strips had that an image was cut into."""
    seen: list[int] = []
    Pipeline([watched(lambda strip: seen.append(strip.height))])(image, device=device)
    return seen


# The same bytes


def chain(seed: int) -> tuple[list[Filter], str, int]:
    """Return filters in a row, and a type and channel count for them, chosen at random."""
    random = np.random.default_rng(seed)

    def one() -> Filter:
        border = str(random.choice(["reflect", "mirror", "nearest", "constant"]))
        return [
            lambda: FILTERS.create("blur", {"sigma": float(random.choice([0.4, 1.5, 3, 7])), "border": border}),
            lambda: FILTERS.create(
                "edges", {"operator": str(random.choice(["sobel", "scharr", "laplacian"])), "border": border}
            ),
            lambda: FILTERS.create("grayscale", {"weights": str(random.choice(["rec601", "lightness"]))}),
        ][random.integers(3)]()

    filters = [one() for _ in range(random.integers(1, 5))]
    return filters, str(random.choice(["uint8", "uint16", "float32"])), int(random.integers(1, 5))


@pytest.mark.parametrize("seed", [*range(3), *map(exhaustive, range(3, 24))])
def test_any_chain_makes_the_same_bytes_in_strips(device: str, seed: int, random_image: Make, limit: Limit) -> None:
    filters, dtype, channels = chain(seed)
    image = random_image((1501, 45, channels), dtype, seed)
    whole = Pipeline(filters)(image, device=device)
    size, counts = 4 * image.nbytes, [1]
    while True:
        limit(size := size // 2)
        try:
            made, count = counted(filters, image, device)
        except DeviceMemoryError:
            break
        assert_close(made, whole)
        counts.append(count)
    assert max(counts) >= 4


@pytest.mark.parametrize("height", [1, 2, 31, 32, 33, 63, 64, 65, 200])
def test_images_of_any_height_make_the_same_bytes_in_strips(
    device: str, height: int, random_image: Make, limit: Limit
) -> None:
    image = random_image((height, 3000, 3))
    pipeline = create(("blur", {"sigma": 1}), ("edges", {}))
    whole = pipeline(image, device=device)
    limit(9_000_000)
    assert_close(pipeline(image, device=device), whole)


@pytest.mark.parametrize("shape", [(400, 500), (400, 500, 1), (400, 500, 4)], ids=str)
def test_the_form_of_the_result_is_the_same_in_strips(
    device: str, shape: tuple[int, ...], random_image: Make, limit: Limit
) -> None:
    image = random_image(shape)
    pipeline = create(("grayscale", {}), ("blur", {}))
    whole = pipeline(image, device=device)
    limit(4_000_000)
    result = pipeline(image, device=device)
    assert (result.shape, result.dtype) == (whole.shape, whole.dtype)
    assert_close(result, whole)
    assert result.flags.writeable
    assert result.flags.c_contiguous


def test_a_filter_that_changes_the_size_runs_whole(device: str, random_image: Make, limit: Limit) -> None:
    image = random_image((1001, 1000))
    limit(2_500_000)
    assert_close(Fold()(image, device=device), image[:500])


# Little memory


def test_an_image_is_cut_where_memory_is_limited(device: str, random_image: Make, limit: Limit) -> None:
    image = random_image((1000, 1000))
    assert heights(device, image) == [1000]
    limit(800_000)
    assert len(heights(device, image)) > 5
    assert sum(heights(device, image)) == 1000


def test_filters_make_no_more_than_the_limit(random_image: Make, limit: Limit) -> None:
    image = random_image((2000, 1000, 3))  # 6 MB
    pipeline = create(("blur", {"sigma": 8}), ("edges", {}))  # a blur that goes by way of a grid of floats
    pipeline(image[:50], device="cpu")

    def peak() -> int:
        tracemalloc.start()
        try:
            pipeline(image, device="cpu")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak() > 14_000_000
    limit(4_000_000)
    assert peak() < 6_000_000 + 4_000_000 + 1_000_000  # the result, the limit, and Python's own


def test_an_image_larger_than_the_gpus_memory_may_be_filtered(
    gpu: str, random_image: Make, limit: Limit, gpu_memory: GpuMemory
) -> None:
    image = random_image((6000, 4000, 3))  # 72 MB, which with its results takes 144 and more
    pipeline = create(("blur", {"sigma": 8}), ("edges", {}))
    whole = pipeline(image, device=gpu)
    assert gpu_memory.after_giving_back() == 0
    gpu_memory.most = 0
    limit(24 << 20)
    assert_close(pipeline(image, device=gpu), whole)
    assert 8 << 20 < gpu_memory.most <= 24 << 20
    assert gpu_memory.taken == 0


def test_an_image_larger_than_what_a_gpu_has_left_may_be_filtered(
    gpu: str, random_image: Make, gpu_memory: GpuMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((3000, 4000, 3))
    whole = imgcuda.apply(image, "blur", device=gpu)
    gpu_memory.after_giving_back()
    gpu_memory.most = 0

    def almost_full(size: int) -> Any:
        if gpu_memory.taken + size > 20 << 20:
            raise driver().MemoryError("cuMemAlloc failed: out of memory")
        return gpu_memory.take(size)

    monkeypatch.setattr(driver(), "mem_alloc", almost_full)
    assert_close(imgcuda.apply(image, "blur", device=gpu), whole)
    assert 8 << 20 < gpu_memory.most <= 20 << 20


def test_a_result_dies_with_its_last_user_also_when_memory_was_short(
    device: str, random_image: Make, limit: Limit
) -> None:
    seen: list[int] = []

    def take(image: DeviceArray) -> None:
        seen.append(image.height)
        if len(seen) == 2:
            raise DeviceMemoryError("too much, once")

    limit(800_000)
    gc.collect()
    gc.disable()
    try:
        result = Pipeline([watched(take)])(random_image((1000, 1000, 1)), device=device)
        gone = weakref.ref(result if result.base is None else result.base)
        del result
        assert gone() is None
    finally:
        gc.enable()


def test_strips_become_shorter_until_they_fit(device: str, random_image: Make, limit: Limit) -> None:
    image = random_image((1000, 1000))
    seen: list[int] = []

    def take(image: DeviceArray) -> None:
        seen.append(image.height)
        if image.height > 32:
            raise DeviceMemoryError("too much")

    limit(3_200_000)
    assert_close(Pipeline([watched(take)])(image, device=device), image)
    assert seen[0] > seen[1] > 32
    assert sum(height for height in seen if height <= 32) == 1000


def test_what_fitted_is_not_made_again_when_strips_become_shorter(
    device: str, random_image: Make, limit: Limit
) -> None:
    image = random_image((1000, 1000))
    seen: list[int] = []

    def take(image: DeviceArray) -> None:
        seen.append(image.height)
        if len(seen) == 4:
            raise DeviceMemoryError("too much, once")

    limit(800_000)
    assert_close(Pipeline([watched(take)])(image, device=device), image)
    assert sum(seen) == 1000 + seen[3]


def test_where_even_the_shortest_strips_do_not_fit_the_message_says_so(
    device: str, random_image: Make, limit: Limit
) -> None:
    limit(20_000)
    with pytest.raises(
        DeviceMemoryError,
        match=r"allocating .* KiB: IMGCUDA_MEMORY_LIMIT allows 19\.5 KiB, and .* even strips of 32 rows need more$",
    ):
        imgcuda.apply(random_image((500, 1000)), "blur", device=device)


def test_where_strips_are_not_possible_the_message_says_why(device: str, random_image: Make, limit: Limit) -> None:
    image = random_image((500, 1000))
    limit(400_000)
    with pytest.raises(DeviceMemoryError) as caught:
        imgcuda.apply(image, "blur", border="wrap", device=device)
    assert str(caught.value).endswith(
        "; strips, which need less, are not possible: "
        "blur with border=wrap reads at one end of the image what lies at the other"
    )
    limit(0)
    assert imgcuda.apply(image, "blur", border="wrap", device=device).shape == image.shape


def test_a_limit_that_is_none_is_refused(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "lots")
    with pytest.raises(imgcuda.DeviceError, match="IMGCUDA_MEMORY_LIMIT must be a number of bytes"):
        imgcuda.apply(np.zeros((4, 4), np.uint8), "edges", device=device)


# What goes wrong half-way


@pytest.mark.parametrize("error", [RuntimeError("half-way"), KeyboardInterrupt()], ids=["an error", "Ctrl-C"])
def test_what_goes_wrong_in_a_strip_ends_it_all_and_the_device_goes_on(
    device: str, error: BaseException, random_image: Make, limit: Limit
) -> None:
    image = random_image((1000, 1000))
    seen: list[int] = []

    def fail(image: DeviceArray) -> None:
        seen.append(image.height)
        if len(seen) == 4:
            raise error

    limit(800_000)
    with pytest.raises((FilterError, KeyboardInterrupt)):
        Pipeline([watched(fail)])(image, device=device)
    assert len(seen) == 4
    assert_close(Pipeline([watched()])(image, device=device), image)


# Several devices


def on_several(device: str, count: int, filters: Sequence[Filter], image: Image) -> Image:
    return filter_image([devices.choose(device)] * count, filters, image)


@pytest.mark.parametrize("count", [2, 3, 8])
def test_several_devices_make_the_same_bytes(device: str, count: int, random_image: Make) -> None:
    image = random_image((333, 70, 3))
    filters = create(("blur", {"sigma": 3}), ("edges", {}), ("grayscale", {})).filters
    assert_close(on_several(device, count, filters, image)[:, :, 0], Pipeline(filters)(image, device=device))


def test_each_of_several_devices_takes_its_share(device: str, random_image: Make) -> None:
    seen: list[int] = []
    on_several(device, 3, [watched(lambda image: seen.append(image.height))], random_image((330, 70, 3)))
    assert sorted(seen) == [74, 128, 128]


def test_several_devices_honor_the_limit_too(device: str, random_image: Make, limit: Limit) -> None:
    image = random_image((1000, 1000, 1))
    limit(400_000)
    seen: list[int] = []
    assert_close(on_several(device, 2, [watched(lambda image: seen.append(image.height))], image), image)
    assert len(seen) > 10


def test_when_one_of_several_devices_fails_the_others_stop(device: str, random_image: Make, limit: Limit) -> None:
    seen: list[int] = []

    def fail(image: DeviceArray) -> None:
        seen.append(image.height)
        raise RuntimeError("half-way")

    limit(100_000)
    with pytest.raises(FilterError, match="half-way"):
        on_several(device, 2, [watched(fail)], random_image((10_000, 1000, 1)))
    assert len(seen) <= 2


@pytest.mark.parametrize("why", ["wrap", "size"])
def test_what_cannot_be_cut_runs_on_the_first_of_several_devices(device: str, why: str, random_image: Make) -> None:
    filters = [FILTERS.create("edges", {"border": "wrap"})] if why == "wrap" else [Fold()]
    image = random_image((200, 70, 1))
    assert_close(on_several(device, 2, filters, image)[:, :, 0], Pipeline(filters)(image[:, :, 0], device=device))


def test_two_gpus_work_together(gpu: str, random_image: Make) -> None:
    if isinstance(devices.choose("cuda:all"), devices.Together):
        image = random_image((2000, 3000, 3))
        for name in ("cuda:all", "cuda:0,1", "cuda:1,0"):
            assert_close(imgcuda.apply(image, "blur", device=name), imgcuda.apply(image, "blur", device=gpu))
    else:
        pytest.skip("there is one GPU only")


# On a GPU, where large images are cut without being asked to


@pytest.fixture
def short_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips so short that each lane takes several, and so large that they need page-locked memory."""
    monkeypatch.setattr(cuda, "STRIP", 2 << 20)


def test_a_large_image_is_cut_on_a_gpu(gpu: str, random_image: Make) -> None:
    assert len(heights(gpu, random_image((3000, 4000, 3)))) == 2
    assert heights(gpu, random_image((1000, 4000, 3))) == [1000]


@pytest.mark.usefixtures("short_strips")
def test_lanes_that_take_many_strips_make_the_same_bytes(
    gpu: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((3000, 4000, 3))
    assert len(heights(gpu, image)) > 15
    pipeline = create(("blur", {"sigma": 2}), ("edges", {}), ("grayscale", {}))
    cut = [pipeline(image, device=gpu) for _ in range(5)]
    monkeypatch.setattr(cuda, "STRIP", 1 << 40)
    monkeypatch.setattr(transfers, "PART", 2_000_001)  # so that there are many, too
    assert heights(gpu, image) == [3000]
    whole = pipeline(image, device=gpu)
    for result in cut:
        assert_close(result, whole)


@pytest.mark.usefixtures("short_strips")
def test_threads_that_filter_large_images_do_not_meet(gpu: str, random_image: Make) -> None:
    images = [random_image((1000 + 100 * seed, 1500, 3), seed=seed) for seed in range(4)]
    expected = [imgcuda.apply(image, "blur", device=gpu) for image in images]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            made = list(pool.map(lambda image: imgcuda.apply(image, "blur", device=gpu), images))
            for result, wanted in zip(made, expected, strict=True):
                assert_close(result, wanted)


@pytest.mark.usefixtures("short_strips")
def test_results_may_be_filtered_again_where_they_are(gpu: str, random_image: Make) -> None:
    image = random_image((3000, 4000, 3))
    first = imgcuda.apply(image, "blur", device=gpu)
    again = imgcuda.apply(first, "blur", device=gpu)
    assert_close(again, imgcuda.apply(first.copy(), "blur", device=gpu))
    assert_close(first, imgcuda.apply(image, "blur", device=gpu))


@pytest.mark.usefixtures("short_strips")
@pytest.mark.parametrize("none_left", ["for results", "at all"])
def test_without_page_locked_memory_the_bytes_are_the_same(
    gpu: str, none_left: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((3000, 4000, 3))
    expected = imgcuda.apply(image, "blur", device=gpu)
    if none_left == "at all":
        monkeypatch.setattr(pinned, "LARGEST_HELD", 0)
    else:
        monkeypatch.setattr(pinned, "empty", np.empty)
    assert_close(imgcuda.apply(image, "blur", device=gpu), expected)


@pytest.mark.usefixtures("short_strips")
def test_page_locked_memory_goes_back_when_the_result_dies(gpu: str, random_image: Make) -> None:
    image = random_image((3000, 4000, 3))
    gc.collect()  # what the errors of other tests held
    before = pinned.bytes_in_use()
    result = imgcuda.apply(image, "blur", device=gpu)
    assert pinned.bytes_in_use() == before + image.nbytes
    part = result[100:200, ::2]
    del result
    assert pinned.bytes_in_use() == before + image.nbytes
    del part
    assert pinned.bytes_in_use() == before


@pytest.mark.usefixtures("short_strips")
def test_after_an_error_half_way_nothing_is_held(gpu: str, random_image: Make) -> None:
    seen: list[int] = []

    def fail(image: DeviceArray) -> None:
        seen.append(image.height)
        if len(seen) == 7:
            raise RuntimeError("half-way")

    gc.collect()
    before = pinned.bytes_in_use()
    for _ in range(3):
        seen.clear()
        with pytest.raises(FilterError, match="half-way"):
            Pipeline([watched(fail)])(random_image((3000, 4000, 3)), device=gpu)
    gc.collect()  # what an error's traceback held
    assert pinned.bytes_in_use() == before


def test_no_picture_of_a_filter_is_kept_after_the_run() -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    laid_over = installed().create("composite", {"image": picture})
    watched = weakref.ref(laid_over)
    Pipeline([laid_over])(np.ones((4, 4, 3), np.uint8), device="cpu")
    del laid_over
    gc.collect()
    assert watched() is None


def test_an_image_goes_with_its_last_user_without_a_collection(device: str, random_image: Make) -> None:
    image = random_image((64, 48, 3))
    run = Pipeline([FILTERS.create("blur", {"sigma": 2.0})])
    run(image, device=device)
    image = image.copy()  # another array, whose plan is known already
    kept = weakref.ref(image)
    gc.collect()
    gc.disable()
    try:
        run(image, device=device)
        del image
        assert kept() is None
    finally:
        gc.enable()
