"""Padding: against numbers done by hand, and against NumPy's and OpenCV's, whole and in strips, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import ParameterError
from imgcuda.testing import assert_close, checked
from support.installed import installed
from support.matrix import every_third, exhaustive
from support.references import BORDERS, EXACT, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

NUMPY = {"reflect": "symmetric", "mirror": "reflect", "nearest": "edge", "wrap": "wrap", "constant": "constant"}
OPENCV = {"reflect": cv2.BORDER_REFLECT, "mirror": cv2.BORDER_REFLECT101, "nearest": cv2.BORDER_REPLICATE}
SIDES: list[dict[str, int]] = [{"left": 3, "top": 70, "bottom": 1}, {"right": 120, "amount": 2}]


def pad(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "pad", device=device, **parameters))


def numpys(
    image: Image, border: str, left: int = 0, right: int = 0, top: int = 0, bottom: int = 0, amount: int = 0
) -> Image:
    widths = [(top + amount, bottom + amount), (left + amount, right + amount), (0, 0)][: image.ndim]
    mode: Any = NUMPY[border]
    return np.pad(image, widths, mode)


test_any_image_matches_numpy = matches(
    "pad", numpys, EXACT, settings=SIDES, border=["constant", "reflect", "mirror", "nearest", "wrap"]
)


@pytest.mark.parametrize(("channels", "border"), every_third(product([3, 1, 4], NUMPY)))
def test_wide_rows_get_a_margin(device: str, random_image: Make, border: str, channels: int) -> None:
    image = random_image((3, 1500, channels))
    sides = {"left": 70, "right": 333, "top": 1}
    assert_close(pad(image, device, border=border, **sides), numpys(image, border, **sides))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"left": 1, "bottom": 1}, [[0, 1, 2], [0, 3, 4], [0, 0, 0]]),
        ({"amount": 1, "color": "white"}, [[255] * 4, [255, 1, 2, 255], [255, 3, 4, 255], [255] * 4]),
        ({"right": 2, "border": "reflect"}, [[1, 2, 2, 1], [3, 4, 4, 3]]),
        ({"size": "4x2"}, [[0, 1, 2, 0], [0, 3, 4, 0]]),
        ({"size": "3x3", "gravity": "southeast"}, [[0, 0, 0], [0, 1, 2], [0, 3, 4]]),
        ({"size": "1x3", "gravity": "north"}, [[1, 2], [3, 4], [0, 0]]),
        ({"right": 1, "color": "red"}, [[1, 2, 76], [3, 4, 76]]),  # red's luminance
    ],
    ids=str,
)
def test_a_margin_by_hand(device: str, parameters: dict[str, Any], expected: list[list[int]]) -> None:
    assert pad(np.array([[1, 2], [3, 4]], np.uint8), device, **parameters).tolist() == expected


@pytest.mark.parametrize("border", OPENCV)
def test_opencv_agrees(device: str, border: str, random_image: Make) -> None:
    image = random_image((17, 31))
    theirs = cv2.copyMakeBorder(image, 2, 3, 4, 5, OPENCV[border])
    assert_close(pad(image, device, top=2, bottom=3, left=4, right=5, border=border), theirs)


def test_a_margin_is_transparent_or_of_the_color(device: str, random_image: Make) -> None:
    image = random_image((5, 6, 4))
    assert not pad(image, device, left=1)[:, 0].any()
    assert (pad(image, device, left=1, color="#ff800040")[:, 0] == [255, 128, 0, 64]).all()
    assert (pad(image[..., :3], device, left=1, color="#ff8000")[:, 0] == [255, 128, 0]).all()
    image[..., 3] = 0
    assert_close(pad(image, device, left=1)[:, 1:], image)


def test_a_size_and_numbers_of_pixels_are_not_taken_together() -> None:
    with pytest.raises(ParameterError, match="pad takes a size, or numbers of pixels for its sides, but not both"):
        installed().create("pad", {"size": "16x9", "left": 3})


@pytest.mark.parametrize("border", ["constant", "mirror", *map(exhaustive, BORDERS)])
def test_strips_give_what_the_whole_gives(
    device: str, border: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((700, 70))
    expected = numpys(image, border, top=1000, bottom=40)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes * 4))
    assert_close(pad(image, device, top=1000, bottom=40, border=border), expected)


@pytest.mark.parametrize("border", ["constant", *map(exhaustive, BORDERS)])
@pytest.mark.parametrize("shape", [(3, 50), (2, 70, 3), (3, 5, 3)], ids=str)
def test_the_kernel_does_nothing_that_it_may_not(border: str, shape: tuple[int, ...], random_image: Make) -> None:
    image = random_image(shape)
    with checked():
        assert_close(pad(image, "cpu", amount=7, right=40, border=border), numpys(image, border, amount=7, right=40))


@pytest.mark.parametrize("width", [1, 2, 40])
@pytest.mark.parametrize("border", NUMPY)
def test_a_margin_may_be_wider_than_the_image(device: str, border: str, width: int, random_image: Make) -> None:
    image = random_image((3, width, 3))
    for left, right in ((130, 333), (9, 70)):
        expected = numpys(image, border, left=left, right=right)
        assert_close(pad(image, device, border=border, left=left, right=right), expected)
