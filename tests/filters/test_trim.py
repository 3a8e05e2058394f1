"""Trim: by hand, against bounding boxes of NumPy in float64 and of Pillow, and in strips."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.ImageChops
import pytest

import imgcuda
from imgcuda import ParameterError, white_level
from imgcuda.testing import assert_close, checked
from imgcuda.testing.contract_checks import random_image
from support.installed import installed
from support.references import EXACT, has_alpha, matches, samples

Image = npt.NDArray[Any]


def trim(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "trim", device=device, **parameters))


def box(differs: Image, margin: int = 0) -> tuple[slice, slice]:
    """Return the rows and columns that hold anything; all, if none does."""
    ends = []
    for axis, size in enumerate(differs.shape):
        found = np.flatnonzero(differs.any(axis=1 - axis))
        first, last = (found[0], found[-1] + 1) if found.size else (0, size)
        ends.append(slice(max(first - margin, 0), min(last + margin, size)))
    return ends[0], ends[1]


def exact(image: Image, tolerance: float = 0, color: str = "corner", margin: int = 0) -> Image:
    values = samples(image)
    border = values[0, 0]
    if color == "white":
        border = np.ones(values.shape[2])
    seen = np.ones(image.shape[:2])
    differs = np.zeros(image.shape[:2], bool)
    if has_alpha(image):
        seen = np.maximum(values[..., -1], border[-1])
        differs |= np.abs(values[..., -1] - border[-1]) > tolerance
    for channel in range(values.shape[2] - has_alpha(image)):
        differs |= np.abs(values[..., channel] - border[channel]) * seen > tolerance
    return image[box(differs, margin)]


def framed(shape: tuple[int, ...], dtype: str, border: float = 0.25, noise: float = 0.0) -> Image:
    """Return a random image with a border, of another width on each side: so much of the range, and a little noise."""
    image = random_image(shape, dtype)
    around = np.asarray(white_level(dtype) * (border + noise * (random_image(shape, "float32", 1) - 0.5))).astype(dtype)
    height, width = shape[:2]
    inner = slice(height // 3, height - height // 5), slice(width // 7, width - width // 4)
    around[inner] = image[inner]
    return around


SETTINGS: list[dict[str, Any]] = [{}, {"margin": 3, "tolerance": 0.3}, {"color": "white"}]

test_any_image_is_cut_to_the_box_of_numpy = pytest.mark.exhaustive(
    matches("trim", exact, EXACT, images=framed, settings=SETTINGS)
)


@pytest.mark.parametrize("shape", [(17, 31), (1, 1), (1, 50), (50, 1), (2, 2), (37, 53, 3), (300, 517, 3)], ids=str)
def test_bytes_are_cut_to_the_box_of_numpy(device: str, shape: tuple[int, ...]) -> None:
    image = framed(shape, "uint8")
    for setting in SETTINGS:
        assert_close(trim(image, device, **setting), exact(image, **setting))


SPOTS = np.array([[3, 3, 3, 3, 3], [3, 5, 3, 3, 3], [3, 3, 9, 3, 3], [3, 3, 3, 3, 3]], np.uint8)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, [[5, 3], [3, 9]]),
        ({"margin": 1}, [[3, 3, 3, 3], [3, 5, 3, 3], [3, 3, 9, 3], [3, 3, 3, 3]]),
        ({"margin": 9}, SPOTS.tolist()),
        ({"tolerance": 1 / 255}, [[5, 3], [3, 9]]),
        ({"tolerance": 2 / 255}, [[9]]),
        ({"tolerance": 6 / 255}, SPOTS.tolist()),
        ({"color": "#030303"}, [[5, 3], [3, 9]]),
        ({"color": "black"}, SPOTS.tolist()),
        ({"color": "black", "tolerance": 4 / 255}, [[5, 3], [3, 9]]),
    ],
    ids=str,
)
def test_a_box_by_hand(device: str, parameters: dict[str, Any], expected: list[list[int]]) -> None:
    assert trim(SPOTS, device, **parameters).tolist() == expected


def test_pillow_finds_the_same_box(device: str) -> None:
    image = framed((200, 300, 3), "uint8")
    given = PIL.Image.fromarray(image)
    border = PIL.Image.new("RGB", given.size, given.getpixel((0, 0)))
    left, top, right, bottom = PIL.ImageChops.difference(given, border).getbbox()  # type: ignore[misc]
    assert_close(trim(image, device), image[top:bottom, left:right])


def test_an_image_of_one_color_stays_as_it_is(device: str) -> None:
    image = np.full((150, 140), 77, np.uint8)
    assert_close(trim(image, device, margin=5), image)


def test_transparent_pixels_are_alike_whatever_their_color(device: str) -> None:
    image = np.asarray(random_image((20, 30, 4), "uint8"))
    image[..., 3] = 0
    image[5:9, 10:30, 3] = 255
    assert_close(trim(image, device), image[5:9, 10:30])
    assert_close(trim(image, device, color="transparent"), image[5:9, 10:30])


def test_what_is_not_a_number_is_never_border(device: str) -> None:
    image = np.zeros((20, 30), np.float32)
    image[4, 7] = image[9, 11] = np.nan
    assert trim(image, device, tolerance=1.0).shape == (6, 5)
    image[0, 0] = np.nan
    assert trim(image, device).shape == (20, 30)


@pytest.mark.parametrize("parameters", [{}, {"color": "#404040"}, {"margin": 40, "tolerance": 0.1}], ids=str)
def test_strips_give_what_the_whole_gives(
    device: str, parameters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = framed((1500, 70, 3), "uint8")
    image[image == image[0, 0]] = 0x40
    whole = trim(image, device, **parameters)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes))
    assert_close(trim(image, device, **parameters), whole)
    assert_close(whole, exact(image, parameters.get("tolerance", 0), margin=parameters.get("margin", 0)))


def test_a_border_color_is_written_as_it_is_read() -> None:
    for text, same in (("corner", "corner"), ("white", "#ffffff")):
        made = installed().create("trim", {"color": text})
        assert str(made.color) == same  # type: ignore[attr-defined]
        assert installed().create("trim", {"color": same}) == made
    with pytest.raises(ParameterError, match="color must be a color, as white or #ff8800, or corner; got 'side'"):
        installed().create("trim", {"color": "side"})


def test_more_than_four_channels_are_refused(device: str) -> None:
    with pytest.raises(imgcuda.ImageError, match="trim"):
        trim(np.zeros((20, 30, 7), np.uint8), device)


@pytest.mark.exhaustive
def test_the_kernels_do_nothing_that_they_may_not() -> None:
    image = framed((150, 300, 4), "float32")
    with checked():
        assert_close(trim(image, "cpu"), exact(image))
