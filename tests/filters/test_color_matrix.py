"""Color matrix: by hand, against OpenCV's transform in float64 and Pillow's convert."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.installed import installed
from support.references import by_colors, matches

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 0.501, "uint16": 0.55, "float32": 1e-6}
WEIGHTS = np.array([[0.6, 0.3, 0.1, 0.05], [-0.2, 1.1, 0.1, 0], [0.1, -0.4, 1.2, 0.1]])


def mixed(image: Image, device: str, matrix: object) -> Image:
    return np.asarray(imgcuda.apply(image, "color-matrix", device=device, matrix=matrix))


def exact(colors: Image, matrix: Image) -> Image:
    return np.asarray(cv2.transform(np.broadcast_to(colors, (*colors.shape[:2], 3)).copy(), matrix))


def test_each_channel_is_a_sum_of_all(device: str) -> None:
    image = np.array([[[100, 50, 10, 7]]], np.uint8)
    assert mixed(image, device, [[0, 1, 0], [0.5, 0.5, 0], [1, 1, 1]]).tolist() == [[[50, 75, 160, 7]]]
    assert mixed(image, device, [[1, 0, 0, -0.2], [0, 1, 0, 1], [0, 0, 0, 0.2]]).tolist() == [[[49, 255, 51, 7]]]


def test_a_gray_image_becomes_one_of_three_colors(device: str) -> None:
    assert mixed(np.array([[100]], np.uint8), device, [[1, 0, 0], [0.5, 0, 0], [1, 1, 0.3]]).tolist() == [
        [[100, 50, 230]]
    ]


test_any_image_matches_opencv = matches(
    "color-matrix",
    lambda image, matrix: by_colors(image, lambda colors: exact(colors, matrix)),
    TOLERANCE,
    settings=[{"matrix": WEIGHTS}, {"matrix": WEIGHTS[:, :3]}],
)


def test_a_picture_matches_pillow(device: str, picture: Image) -> None:
    matrix = np.column_stack([WEIGHTS[:, :3], 255 * WEIGHTS[:, 3]])
    expected = np.asarray(PIL.Image.fromarray(picture).convert("RGB", tuple(matrix.ravel().tolist())))
    assert_close(mixed(picture, device, WEIGHTS), expected, 1)


@pytest.mark.parametrize("shape", [(1, 3), (3, 5), (4, 4)])
def test_a_matrix_of_another_shape_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(imgcuda.ParameterError, match=rf"3 rows of 3 or 4 numbers; got {shape[0]} of {shape[1]}"):
        installed().create("color-matrix", {"matrix": np.ones(shape)})
