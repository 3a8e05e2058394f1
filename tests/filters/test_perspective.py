"""Perspective: against places by OpenCV's matrices and SciPy's samples, and OpenCV itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import ParameterError
from imgcuda.execution.schedule import Schedule
from imgcuda.testing import assert_close
from support.installed import installed
from support.references import by_channels, matches
from support.warps import SHAPES, grid, in_strips_as_whole, warped

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 1.0, "uint16": 1.0, "float32": 2e-6}
SOURCE = [[3, 2], [40, 5], [33, 30], [-2, 25]]
TARGET = [[0, 0], [50, 0], [50, 35], [0, 35]]
MATRIX = [[1.1, 0.1, -3], [0.05, 0.9, 2], [0.002, -0.001, 1]]


def perspective(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "perspective", device=device, **parameters))


def by_matrix(image: Image, matrix: Any) -> Image:
    """Return the image whose pixel (x, y) is that at the inverse of the matrix."""
    back = np.linalg.inv(matrix)

    def places(size: tuple[int, int]) -> tuple[Image, Image]:
        y, x = grid(*size)
        found = np.stack([x, y, np.ones(size)], axis=-1) @ back.T
        return found[..., 1] / found[..., 2], found[..., 0] / found[..., 2]

    return by_channels(image, warped(places))


def expected(image: Image, matrix: Any = None, source_points: Any = None, target_points: Any = None) -> Image:
    if matrix is None:
        source, target = (np.array(points, np.float32) for points in (source_points, target_points))
        matrix = cv2.getPerspectiveTransform(source, target)
    return by_matrix(image, matrix)


test_any_image_matches_scipy = matches(
    "perspective",
    expected,
    TOLERANCE,
    shapes=SHAPES,
    settings=[{"matrix": MATRIX}, {"source_points": SOURCE, "target_points": TARGET}],
)


def test_opencv_agrees(device: str, random_image: Make) -> None:
    image = random_image((61, 90), np.float32)
    theirs = cv2.warpPerspective(image, np.array(MATRIX), (70, 80))
    assert_close(perspective(image, device, matrix=MATRIX, size="70x80"), theirs, 2e-3)
    back = np.linalg.inv(MATRIX).tolist()
    made = perspective(image, device, matrix=back, inverse=True, size="70x80")
    assert_close(made, perspective(image, device, matrix=MATRIX, size="70x80"), 1e-5)


def test_four_points_become_the_whole_result(device: str, random_image: Make) -> None:
    image = random_image((40, 60))
    part = [[9.5, 4.5], [29.5, 4.5], [29.5, 24.5], [9.5, 24.5]]
    assert_close(perspective(image, device, source_points=part, size="20x20"), image[5:25, 10:30])
    turned = [*part[1:], part[0]]
    assert_close(perspective(image, device, source_points=turned, size="20x20"), np.rot90(image[5:25, 10:30]))


def test_the_default_changes_nothing(device: str, random_image: Make) -> None:
    image = random_image((17, 31))
    assert_close(perspective(image, device), image)


def test_the_far_side_of_the_horizon_is_finite(device: str) -> None:
    made = perspective(np.ones((40, 60), np.float32), device, matrix=[[1, 0, 0], [0, 1, 0], [0, 0.1, -1]], inverse=True)
    assert np.isfinite(made).all()


test_strips_give_what_the_whole_gives = in_strips_as_whole(
    "perspective", [{"matrix": [[1, 0.02, 0], [0.05, 1, 3], [0, 1e-5, 1]]}], most=500
)


def test_only_a_horizon_within_the_result_makes_it_run_as_a_whole() -> None:
    behind = installed().create("perspective", {"matrix": [[1, 0, 0], [0, 1, 0], [0, 0.01, 1]], "inverse": True})
    assert not Schedule([behind], 70, 1500).whole
    horizon = installed().create("perspective", {"matrix": [[1, 0, 0], [0, 1, 0], [0, 0.01, -1]], "inverse": True})
    assert Schedule([horizon], 70, 1500).whole


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"matrix": MATRIX, "source_points": SOURCE}, "perspective takes a matrix, or points, but not both"),
        (
            {"source_points": [[0, 0], [1, 1], [2, 2], [0, 5]]},
            "of perspective's four points no three may lie on a line",
        ),
        ({"target_points": [[0, 0], [1, 1]]}, "target_points must be four points x,y, as .*; got"),
        ({"matrix": [[1, 0, 0], [0, 1, 0], [1, 1, 0]]}, "matrix of perspective must have an inverse; got"),
    ],
    ids=str,
)
def test_what_makes_no_warp_is_refused(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=f"^{said}"):
        installed().create("perspective", parameters)


def test_points_are_written_as_they_are_read() -> None:
    made = installed().create("perspective", {"source_points": SOURCE})
    assert imgcuda.Pipeline.from_text(str(imgcuda.Pipeline([made])))[0] == made
