"""`out=`: a result is written to the caller's own array, whatever its strides, and whatever lies in its memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import DeviceArray, Filter, FilterError, Gpu, ImageError, Pipeline, PointFilter, devices, param
from imgcuda.execution.executor import run_chain
from imgcuda.execution.output import is_free
from imgcuda.programs.source import Source
from imgcuda.testing import checked
from support.installed import installed

Array = npt.NDArray[Any]
Make = Callable[..., Array]

FILTERS = installed()
CHAINS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "nothing": [],
    "a per-pixel filter": [("invert", {})],
    "fewer channels": [("grayscale", {})],
    "a neighborhood": [("blur", {"sigma": 1.0})],
    "a large blur": [("blur", {"sigma": 9.0})],
    "another size": [("resize", {"width": 9, "height": 40})],
    "moved rows": [("flip", {})],
    "two phases": [("auto-contrast", {})],
    "a chain": [("gamma", {}), ("blur", {}), ("edges", {}), ("invert", {})],
    "a table": [("convolve", {"kernel": [[0, 1, 0], [1, 2, 1], [0, 1, 0]]})],
}


def chain(name: str) -> Pipeline:
    return Pipeline([FILTERS.create(filter, parameters) for filter, parameters in CHAINS[name]])


@pytest.fixture(params=CHAINS)
def pipeline(request: pytest.FixtureRequest) -> Pipeline:
    return chain(request.param)


@pytest.mark.parametrize("shape", [(21, 34), (21, 34, 1), (21, 34, 3), (21, 34, 4)], ids=str)
def test_the_result_is_in_out_and_is_returned(
    device: str, pipeline: Pipeline, shape: tuple[int, ...], random_image: Make
) -> None:
    image = random_image(shape)
    wanted = pipeline(image, device=device)
    before = image.copy()
    for _ in range(2):  # the second time what is known of the chain is used
        out = np.zeros_like(wanted)
        assert pipeline(image, device=device, out=out) is out
        np.testing.assert_array_equal(out, wanted)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("color-matrix", {"matrix": np.eye(3)}), ("erode", {"radius": 1}), ("affine", {"matrix": np.eye(3)[:2]})],
)
def test_a_matrix_of_numbers_leaves_out_free_to_compute_in(name: str, parameters: dict[str, Any]) -> None:
    assert is_free(empty(5, 6, 3), empty(5, 6, 3), [FILTERS.create(name, parameters)])


def test_a_picture_in_out_is_not_overwritten_while_it_is_read() -> None:
    out = empty(5, 6, 3)
    composite = [FILTERS.create("composite", {"image": out})]
    assert not is_free(out, empty(5, 6, 3), composite)
    assert is_free(empty(5, 6, 3), empty(5, 6, 3), composite)


def empty(*shape: int) -> Array:
    return np.zeros(shape, np.float32)


STRIDES: dict[str, Callable[[int, int, int], Array]] = {
    "upside down": lambda height, width, channels: empty(height, width, channels)[::-1],
    "every other column": lambda height, width, channels: empty(height, 2 * width, channels)[:, ::2],
    "Fortran's order": lambda height, width, channels: empty(channels, width, height).T,
    "a part of a frame": lambda height, width, channels: empty(height + 5, width + 3, channels)[2:-3, 1:-2],
    "at an odd address": lambda height, width, channels: (
        np.zeros(4 * height * width * channels + 1, np.uint8)[1:].view(np.float32).reshape(height, width, channels)
    ),
}


@pytest.mark.parametrize("strides", STRIDES)
@pytest.mark.parametrize("name", ["a per-pixel filter", "a neighborhood", "two phases"])
def test_out_may_have_any_strides(device: str, name: str, strides: str, random_image: Make) -> None:
    image = random_image((21, 34, 3), np.float32)
    wanted = chain(name)(image, device=device)
    out = STRIDES[strides](*wanted.shape)
    assert chain(name)(image, device=device, out=out) is out
    np.testing.assert_array_equal(out, wanted)


def test_what_lies_around_out_stays_as_it_is(device: str, random_image: Make) -> None:
    image, frame = random_image((21, 34, 3)), random_image((26, 40, 3))
    before = frame.copy()
    FILTERS.create("invert", {})(image, device=device, out=frame[2:23, 4:38])
    assert (frame[2:23, 4:38] == 255 - image).all()
    frame[2:23, 4:38] = before[2:23, 4:38]
    np.testing.assert_array_equal(frame, before)


@pytest.mark.parametrize("name", [name for name in CHAINS if name not in ("another size", "fewer channels")])
@pytest.mark.parametrize("shift", [0, 1, 5, -3], ids=["itself", "a row below", "five rows below", "three rows above"])
def test_out_may_overlap_the_image_or_be_it(device: str, name: str, shift: int, random_image: Make) -> None:
    frame = random_image((40, 34, 3))
    image, out = frame[8:28], frame[8 + shift : 28 + shift]
    wanted = chain(name)(image.copy(), device=device)
    chain(name)(image, device=device, out=out)
    np.testing.assert_array_equal(out, wanted)


def test_a_filter_takes_out_as_a_pipeline_does(device: str, random_image: Make) -> None:
    image = random_image((21, 34, 3))
    invert = FILTERS.create("invert", {})
    assert invert(image, device=device, out=image) is image


def test_out_may_be_the_picture_that_a_filter_uses(device: str, random_image: Make) -> None:
    image, picture = random_image((21, 34, 3)), random_image((21, 34, 3))[::-1].copy()
    wanted = FILTERS.create("composite", {"image": picture.copy()})(image, device=device)
    FILTERS.create("composite", {"image": picture})(image, device=device, out=picture)
    np.testing.assert_array_equal(picture, wanted)


def test_strips_are_written_to_out(
    device: str, pipeline: Pipeline, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((1500, 31, 3))
    wanted = pipeline(image, device=device)
    out = np.zeros_like(wanted)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "150K")
    assert pipeline(image, device=device, out=out) is out
    np.testing.assert_array_equal(out, wanted)


def test_a_checked_run_writes_to_out(pipeline: Pipeline, random_image: Make) -> None:
    image = random_image((12, 13, 3))
    wanted = pipeline(image, device="cpu")
    out = np.zeros_like(wanted)
    with checked():
        assert pipeline(image, device="cpu", out=out) is out
    np.testing.assert_array_equal(out, wanted)


@pytest.mark.parametrize("name", ["invert", "grayscale", "blur", "flip", "edges"])
def test_no_memory_is_allocated_for_a_result_in_out(
    name: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((64, 64, 3))
    filter = FILTERS.create(name, {})
    out = filter(image, device="cpu")
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "4K")  # which is less than the result takes
    with devices.choose("cpu").session() as session:
        session.offer(out if out.ndim == 3 else out[:, :, None])
        made = run_chain(session, [filter], session.upload(image))
        assert made.pointer == out.ctypes.data


READ_ONLY = np.zeros((21, 34, 3), np.uint8)
READ_ONLY.flags.writeable = False
WANTED = "out must be a writable NumPy array of the result's shape and type, (21, 34, 3) uint8; "


@pytest.mark.parametrize(
    ("out", "why"),
    [
        (np.zeros((21, 34), np.uint8), "it is (21, 34) uint8"),
        (np.zeros((34, 21, 3), np.uint8), "it is (34, 21, 3) uint8"),
        (np.zeros((21, 34, 3), np.float32), "it is (21, 34, 3) float32"),
        (READ_ONLY, "it is read-only"),
        (np.ma.zeros((21, 34, 3), np.uint8), "got "),
        ([[1, 2]], "got [[1, 2]]"),
    ],
    ids=["no channels", "turned", "floats", "read-only", "masked", "a list"],
)
def test_what_cannot_take_the_result_is_refused(device: str, out: Any, why: str, random_image: Make) -> None:
    before = np.array(out, copy=True)
    with pytest.raises(ImageError) as caught:
        FILTERS.create("invert", {})(random_image((21, 34, 3)), device=device, out=out)
    assert str(caught.value).startswith(WANTED + why)
    np.testing.assert_array_equal(out, before)


def test_the_shape_is_that_of_the_result_not_of_the_image(device: str, random_image: Make) -> None:
    image = random_image((21, 34, 3))
    with pytest.raises(ImageError, match=r"shape and type, \(40, 9\) uint8; it is \(21, 34, 3\) uint8"):
        Pipeline([*chain("another size").filters, *chain("fewer channels").filters])(image, device=device, out=image)


class Halves(Filter):
    """Make two arrays like the result, of which the second is the result."""

    @classmethod
    @cache
    def source(cls) -> Source:
        text = """__global__ void halves(const pixel *src, pixel *dst, int width, int height) {
            int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
            if (x >= width || y >= height) return;
            for (int c = 0; c < CHANNELS; c++) {
                int i = (y * width + x) * CHANNELS + c;
                dst[i] = to_pixel(src[i] / 2);
            }
        }"""
        return Source("halves.cu", text)

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.launch("halves", gpu.launch("halves", image))


def test_an_intermediate_result_of_the_same_shape_may_lie_in_out(device: str, random_image: Make) -> None:
    image = random_image((21, 34, 3))
    out = np.zeros_like(image)
    for _ in range(3):
        Halves()(image, device=device, out=out)
        np.testing.assert_array_equal(out, image // 2 // 2)


class Fails(PointFilter):
    """Fail where it is computed."""

    gain: float = param(default=1.0, help="how much")

    @classmethod
    @cache
    def source(cls) -> Source:
        raise RuntimeError("no source")


def test_an_error_leaves_nothing_behind(device: str, random_image: Make) -> None:
    image = random_image((21, 34, 3))
    out = image.copy()
    with pytest.raises(FilterError, match="fails failed"):
        Fails()(image, device=device, out=out)
    FILTERS.create("invert", {})(image, device=device, out=out)
    np.testing.assert_array_equal(out, 255 - image)
