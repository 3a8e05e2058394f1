"""What a notebook shows: a pipeline as a table, and an image that was read as a picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.ImageCms
import pytest

from imgcuda import Pipeline, functions
from imgcuda.images import Image
from imgcuda.images.preview import LARGEST

Array = npt.NDArray[Any]
Make = Callable[..., Array]
Html = Callable[[], str]


def shown(pipeline: Pipeline) -> list[list[str]]:
    """Return the cells of the table that a notebook shows, row by row, as text."""
    html: Html = getattr(pipeline, "_repr_html_")  # noqa: B009  # the name that notebooks look for
    return [["".join(cell.itertext()) for cell in row] for row in ET.fromstring(html()).iter("tr")]


def picture(image: Image) -> PIL.Image.Image:
    """Return the picture that a notebook shows."""
    png: Callable[[], bytes] = getattr(image, "_repr_png_")  # noqa: B009
    opened = PIL.Image.open(BytesIO(png()))
    assert opened.format == "PNG"
    return opened


def test_a_pipeline_is_a_table_of_its_filters() -> None:
    assert shown(Pipeline([functions.Blur(sigma=3), functions.Invert(), functions.BoxBlur(radius=1)])) == [
        ["", "filter", "parameters", "reads"],
        ["1", "blur", "sigma=3, border=reflect", "12 pixels around"],
        ["2", "invert", "", "the pixel itself"],
        ["3", "box-blur", "radius=1, border=reflect", "1 pixel around"],
        ["", "the whole chain", "13 pixels around"],
    ]


def test_a_chain_that_reads_the_whole_image_says_so() -> None:
    assert shown(Pipeline([functions.Blur(), functions.AutoContrast()]))[-1][-1] == "the whole image"
    assert shown(Pipeline([])) == [["", "filter", "parameters", "reads"], ["", "the whole chain", "the pixel itself"]]


def test_changed_parameters_are_bold() -> None:
    html: Html = getattr(Pipeline([functions.Blur(sigma=3)]), "_repr_html_")  # noqa: B009
    assert [bold.text for bold in ET.fromstring(html()).iter("b")] == ["sigma=3"]


def test_values_are_escaped_and_cut_short() -> None:
    composite = functions.Composite(image=np.zeros((3, 4), np.uint8))
    named = composite.image.of(composite.image.pixels)
    object.__setattr__(named, "name", "<script>" + "x" * 100)
    (row,) = shown(Pipeline([functions.Composite(image=named)]))[1:-1]
    assert "image='<script>xxx" in row[2]
    assert "x..." in row[2]
    assert len(row[2]) < 150


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(("shape", "mode"), [((), "L"), ((1,), "L"), ((2,), "LA"), ((3,), "RGB"), ((4,), "RGBA")])
def test_an_image_is_a_picture_of_eight_bits(dtype: str, shape: tuple[int, ...], mode: str, random_image: Make) -> None:
    eight = random_image((9, 14, *shape))
    deep = {"uint8": eight, "uint16": eight.astype(np.uint16) * 257, "float32": eight / np.float32(255)}[dtype]
    seen = picture(Image(deep.astype(dtype)))
    assert seen.mode == mode
    np.testing.assert_array_equal(np.asarray(seen), eight[..., 0] if shape == (1,) else eight)


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(2 * LARGEST, LARGEST, (256, 512)), (300, 20000, (512, 8)), (20000, 1, (1, 512)), (LARGEST, 3, (3, LARGEST))],
)
def test_a_large_image_is_shown_small(height: int, width: int, size: tuple[int, int]) -> None:
    seen = picture(Image(np.full((height, width, 3), 77, np.uint8)))
    assert seen.size == size
    assert (np.asarray(seen) == 77).all()


def test_transparent_pixels_do_not_bleed_into_the_small_picture() -> None:
    pixels = np.zeros((2 * LARGEST, 2 * LARGEST, 4), np.uint8)
    pixels[::2, ::2] = 200, 100, 50, 255
    pixels[1::2, :, :3] = 255
    seen = np.asarray(picture(Image(pixels)))
    assert (seen[..., 3] == 64).all()
    assert np.abs(seen[..., :3].astype(int) - [200, 100, 50]).max() <= 2


def test_floats_that_are_no_samples_are_black_or_white() -> None:
    seen = picture(Image(np.array([[np.nan, -1, 0, 1, 9, np.inf]], np.float32)))
    assert np.asarray(seen).tolist() == [[0, 0, 0, 255, 255, 255]]


def test_the_color_profile_goes_with_the_picture() -> None:
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    assert picture(Image(np.zeros((3, 4, 3), np.uint8), icc=profile)).info["icc_profile"] == profile


def test_the_first_picture_of_several_is_shown() -> None:
    frames = [Image(np.full((3, 4), level, np.uint8)) for level in (10, 20)]
    assert np.asarray(picture(Image(frames[0].pixels, later=(frames[1],)))).max() == 10
