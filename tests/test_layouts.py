"""`layout=`: channels first, and batches of images; the result has the axes of the input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import ImageError, Pipeline, functions
from imgcuda.layouts import LAYOUTS, ImageLayout, axis_order
from support.installed import installed

Array = npt.NDArray[Any]
Make = Callable[..., Array]

FILTERS = installed()
CHAINS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "nothing": [],
    "a neighborhood": [("blur", {"sigma": 1.0})],
    "fewer channels": [("grayscale", {})],
    "another size": [("resize", {"width": 9, "height": 40})],
    "two phases": [("auto-contrast", {})],
    "by place": [("vignette", {}), ("pixelate", {"size": 3})],
}
AXES: dict[str, tuple[int, ...]] = {"HWC": (0, 1, 2), "CHW": (2, 0, 1), "NHWC": (0, 1, 2, 3), "NCHW": (0, 3, 1, 2)}
"""Where the axes of (images, height, width, channels) go."""


@pytest.fixture(params=CHAINS)
def chain(request: pytest.FixtureRequest) -> Pipeline:
    return Pipeline([FILTERS.create(name, parameters) for name, parameters in CHAINS[request.param]])


def with_channels(image: Array) -> Array:
    return image if image.ndim == 3 else image[:, :, None]


def one_by_one(chain: Pipeline, images: Array, device: str) -> Array:
    """Return the results of images (images, height, width, channels), each as (height, width, channels)."""
    return np.stack([with_channels(chain(image, device=device)) for image in images])


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("layout", ["CHW", "NHWC", "NCHW"])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_a_result_has_the_axes_of_the_input(
    device: str, chain: Pipeline, layout: ImageLayout, channels: int, dtype: str, random_image: Make
) -> None:
    number = 3 if "N" in layout else 1
    images = np.stack([random_image((14, 17, channels), seed=seed) for seed in range(number)])
    images = images if dtype == "uint8" else images / 255
    wanted = one_by_one(chain, images, device).transpose(AXES["NHWC" if layout[-1] == "C" else "NCHW"])
    given = np.ascontiguousarray(images.transpose(AXES["NHWC" if layout[-1] == "C" else "NCHW"]))
    given, wanted = (given, wanted) if "N" in layout else (given[0], wanted[0])
    before = given.copy()
    made = chain(given, device=device, layout=layout)
    assert (made.shape, made.dtype) == (wanted.shape, dtype)
    np.testing.assert_array_equal(made, wanted)
    np.testing.assert_array_equal(given, before)
    assert not np.may_share_memory(made, given)


def test_a_batch_of_gray_images_has_three_axes(device: str, chain: Pipeline, random_image: Make) -> None:
    images = np.stack([random_image((14, 17), seed=seed) for seed in range(3)])
    made = chain(images, device=device, layout="NHW")
    np.testing.assert_array_equal(made, np.stack([chain(image, device=device) for image in images]))


def test_more_than_four_channels_are_filtered_each_by_itself(device: str, chain: Pipeline, random_image: Make) -> None:
    bands = random_image((14, 17, 7))
    wanted = np.stack([chain(bands[:, :, band], device=device) for band in range(7)], axis=2)
    np.testing.assert_array_equal(chain(bands, device=device, layout="HWN"), wanted)
    first = np.ascontiguousarray(bands.transpose(2, 0, 1))
    np.testing.assert_array_equal(chain(first, device=device, layout="NHW"), wanted.transpose(2, 0, 1))


@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_a_gray_image_may_have_two_axes(device: str, chain: Pipeline, layout: ImageLayout, random_image: Make) -> None:
    image = random_image((14, 17))
    np.testing.assert_array_equal(chain(image, device=device, layout=layout), chain(image, device=device))


@pytest.mark.parametrize("layout", ["CHW", "NHWC", "NCHW", "NHW", "HWN"])
@pytest.mark.parametrize("dtype", ["uint8", "float16"])
def test_a_result_is_written_to_out(
    device: str, chain: Pipeline, layout: ImageLayout, dtype: str, random_image: Make
) -> None:
    sizes = {"N": 3, "H": 14, "W": 17, "C": 3}
    given = random_image(tuple(sizes[axis] for axis in layout)).astype(dtype)
    wanted = chain(given, device=device, layout=layout)
    for out in (np.zeros(wanted.shape, dtype), np.zeros((*wanted.shape[:-1], 2 * wanted.shape[-1]), dtype)[..., ::2]):
        assert chain(given, device=device, layout=layout, out=out) is out
        np.testing.assert_array_equal(out, wanted)


@pytest.mark.parametrize("layout", ["CHW", "NHWC", "NCHW", "NHW", "HWN"])
def test_out_may_be_the_input(device: str, layout: ImageLayout, random_image: Make) -> None:
    sizes = {"N": 3, "H": 14, "W": 17, "C": 3}
    image = random_image(tuple(sizes[axis] for axis in layout))
    wanted = functions.blur(image, sigma=1, device=device, layout=layout)
    functions.blur(image, sigma=1, device=device, layout=layout, out=image)
    np.testing.assert_array_equal(image, wanted)


@pytest.mark.parametrize("step", [-1, 1])
def test_out_may_be_the_places_of_other_images_of_the_batch(device: str, step: int, random_image: Make) -> None:
    images = random_image((5, 14, 17))
    given, out = (images[1:], images[:-1])[::step]
    wanted = functions.median(given.copy(), device=device, layout="NHW")
    functions.median(given, device=device, layout="NHW", out=out)
    np.testing.assert_array_equal(out, wanted)


def test_an_out_of_another_shape_is_refused_in_the_callers_axes() -> None:
    images = np.zeros((2, 3, 4, 5), np.uint8)
    for shape in ((2, 4, 5, 3), (2, 3, 4, 4), (3, 3, 4, 5), (3, 4, 5)):
        with pytest.raises(ImageError) as caught:
            functions.invert(images, device="cpu", layout="NCHW", out=np.zeros(shape, np.uint8))
        wanted = "a writable NumPy array of the result's shape and type, (2, 3, 4, 5) uint8"
        assert str(caught.value) == f"out must be {wanted}; it is {shape} uint8"
    with pytest.raises(ImageError, match=r"shape and type, \(2, 1, 4, 5\) uint8; it is"):
        functions.grayscale(images, device="cpu", layout="NCHW", out=np.zeros((2, 4, 5), np.uint8))


def test_memory_in_the_order_of_rows_is_not_copied(device: str, random_image: Make) -> None:
    images = random_image((2, 14, 17, 3))
    first = images.transpose(0, 3, 1, 2)
    order = axis_order("NCHW", first.shape)
    assert order.inward(first)[0].flags.c_contiguous
    assert np.shares_memory(order.inward(first), images)
    made = functions.invert(first, device=device, layout="NCHW")
    assert made.transpose(0, 2, 3, 1).flags.c_contiguous
    np.testing.assert_array_equal(made, 255 - first)


def test_images_of_a_batch_are_measured_one_by_one(device: str) -> None:
    images = np.stack([np.arange(20, dtype=np.uint8).reshape(4, 5) * factor for factor in (1, 3, 9)])
    made = functions.auto_contrast(images, device=device, layout="NHW")
    assert [(image.min(), image.max()) for image in made] == [(0, 255)] * 3


def test_max_pixels_is_of_each_image(device: str) -> None:
    images = np.zeros((9, 4, 5), np.uint8)
    assert functions.invert(images, device=device, layout="NHW", max_pixels=20).shape == (9, 4, 5)
    with pytest.raises(ImageError, match="20"):
        functions.invert(images, device=device, layout="NHW", max_pixels=19)


@pytest.mark.parametrize(
    ("layout", "shape", "message"),
    [
        ("CWH", (3, 4, 5), "layout must be one of HWC, CHW, NHW, HWN, NHWC, NCHW; got 'CWH'"),
        (None, (3, 4, 5), "layout must be one of HWC, CHW, NHW, HWN, NHWC, NCHW; got None"),
        (
            "NHWC",
            (6, 4, 5),
            "(images, height, width, channels); got shape (6, 4, 5); a batch of gray images takes layout='NHW'",
        ),
        ("NCHW", (6, 4, 3), "got shape (6, 4, 3); an image with its channels last takes layout='HWC'"),
        ("NHW", (6, 4, 5, 3), "got shape (6, 4, 5, 3); a batch of images takes layout='NHWC' or layout='NCHW'"),
        ("NHWC", (6, 3, 4, 5), "rows and columns; got shape (6, 3, 4, 5); a batch of images takes layout='NCHW'"),
        ("CHW", (6, 5, 3), "rows and columns; got shape (6, 5, 3); an image with its channels last takes layout='HWC'"),
        ("CHW", (4,), "layout='CHW' takes (channels, height, width); got shape (4,)"),
        ("NHW", (0, 4, 5), "and a batch one image; got shape (0, 4, 5)"),
        ("NHWC", (2, 4, 0, 3), "at least one pixel, and a batch one image; got shape (2, 4, 0, 3)"),
        ("HWC", (6, 4, 5, 3), "got shape (6, 4, 5, 3); a batch of images takes layout='NHWC' or layout='NCHW'"),
        ("HWC", (3, 4, 5), "got shape (3, 4, 5); an image with its channels first takes layout='CHW'"),
        ("CHW", (9, 8, 7), "got shape (9, 8, 7); an image with its channels last takes layout='HWC'"),
        ("HWN", (9, 8), "layout='HWN' takes (height, width, images); got shape (9, 8)"),
        ("HWC", (6, 4, 5), "got shape (6, 4, 5); a batch of gray images takes layout='NHW'"),
    ],
)
def test_axes_that_are_not_those_of_the_layout_are_refused(layout: Any, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ImageError) as caught:
        functions.invert(np.zeros(shape, np.uint8), device="cpu", layout=layout)
    assert str(caught.value).endswith(message)


def test_the_remedies_are_layouts_that_take_the_array() -> None:
    for layout in LAYOUTS:
        for shape in ((6, 4, 5), (9, 8, 7), (3, 4, 5), (6, 5, 3), (6, 4, 5, 3), (6, 3, 4, 5)):
            try:
                axis_order(layout, shape)
            except ImageError as error:
                named = [each for each in LAYOUTS if f"layout='{each}'" in str(error).partition("; ")[2]]
                assert named, error
                assert layout not in named
                assert any(_takes(each, shape) for each in named), error


def _takes(layout: str, shape: tuple[int, ...]) -> bool:
    try:
        return bool(axis_order(layout, shape))
    except ImageError:
        return False


def test_a_tensor_with_its_channels_first_comes_back_as_one() -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.arange(2 * 3 * 4 * 5, dtype=torch.uint8).reshape(2, 3, 4, 5)
    made = functions.invert(tensor, device="cpu", layout="NCHW")
    assert torch.equal(made, 255 - tensor)
    kept = tensor.to(memory_format=torch.channels_last)
    out = torch.empty_like(kept)
    assert functions.invert(kept, device="cpu", layout="NCHW", out=out) is out
    assert torch.equal(out, 255 - tensor)


def test_a_picture_of_pillow_has_no_layout() -> None:
    pillow = pytest.importorskip("PIL.Image")
    picture: Any = pillow.new("RGB", (5, 4))
    with pytest.raises(ImageError, match=r"has no axes; leave layout= away, or filter numpy\.asarray\(picture\)"):
        functions.invert(picture, device="cpu", layout="NCHW")


def test_a_dask_array_has_no_layout() -> None:
    dask = pytest.importorskip("dask.array")
    with pytest.raises(ImageError, match=r"layout='NHW' is for arrays in memory; .* xarray\.DataArray\(array, dims="):
        functions.invert(dask.zeros((3, 4, 5), dtype=np.uint8), device="cpu", layout="NHW")
