"""Error diffusion: by hand, and exactly as a loop over the pixels, one after the other, makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import white_level
from imgcuda.testing import assert_close
from support.matrix import exhaustive
from support.references import FEW_SHAPES, has_alpha, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

ONE = 65536
"""The distance of two levels."""

# In how many parts an error is divided, and how many each neighbor gets, as (columns to the right, rows down).
NEIGHBORS: dict[str, tuple[int, dict[tuple[int, int], int]]] = {
    "floyd-steinberg": (16, {(1, 0): 7, (-1, 1): 3, (0, 1): 5, (1, 1): 1}),
    "jarvis": (
        48,
        {(1, 0): 7, (2, 0): 5, (-2, 1): 3, (-1, 1): 5, (0, 1): 7, (1, 1): 5, (2, 1): 3}
        | {(-2, 2): 1, (-1, 2): 3, (0, 2): 5, (1, 2): 3, (2, 2): 1},
    ),
    "stucki": (
        42,
        {(1, 0): 8, (2, 0): 4, (-2, 1): 2, (-1, 1): 4, (0, 1): 8, (1, 1): 4, (2, 1): 2}
        | {(-2, 2): 1, (-1, 2): 2, (0, 2): 4, (1, 2): 2, (2, 2): 1},
    ),
    "sierra": (
        32,
        {(1, 0): 5, (2, 0): 3, (-2, 1): 2, (-1, 1): 4, (0, 1): 5, (1, 1): 4, (2, 1): 2}
        | {(-1, 2): 2, (0, 2): 3, (1, 2): 2},
    ),
    "atkinson": (8, {(1, 0): 1, (2, 0): 1, (-1, 1): 1, (0, 1): 1, (1, 1): 1, (0, 2): 1}),
}


def diffused(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "error-diffusion", device=device, **parameters))


def one_by_one(plane: Image, levels: int, method: str) -> Image:
    """Return the number of each pixel's level, given samples in ONEths of the distance of two levels."""
    parts, neighbors = NEIGHBORS[method]
    height, width = plane.shape
    due = [[0] * (width + 4) for _ in range(height + 2)]
    made = np.zeros(plane.shape)
    for y, row in enumerate(plane.tolist()):
        for x, sample in enumerate(row):
            value = sample + (due[y][x + 2] + parts // 2) // parts
            made[y, x] = level = min(max((value + ONE // 2) // ONE, 0), levels - 1)
            for (right, down), part in neighbors.items():
                due[y + down][x + right + 2] += part * (value - level * ONE)
    return made


def exact(image: Image, levels: int = 2, method: str = "floyd-steinberg") -> Image:
    """Return the image, its levels not rounded; the samples are rounded as the kernel does, from single precision."""
    top = white_level(image.dtype)
    values = image.reshape(*image.shape[:2], -1)
    made = values.astype(np.float64)
    for channel in range(values.shape[2] - has_alpha(image)):
        unit = values[..., channel].astype(np.float32) * np.float32(1 / top)
        samples = np.rint(unit * np.float32((levels - 1) * ONE)).astype(np.int64)
        made[..., channel] = one_by_one(samples, levels, method) * top / (levels - 1)
    return made.reshape(image.shape)


def test_an_error_goes_to_the_right_and_down(device: str) -> None:
    # 102 is 0.4. The first is black, and 0.4 too dark: 7 / 16 of that make the second 0.575, white, which is 0.425 too
    # bright; the third is then 0.214. Below the first are 5 / 16 of 0.4 and 3 / 16 of -0.425 added: 0.4453.
    image = np.array([[102, 102, 102], [102, 0, 0]], np.uint8)
    assert diffused(image, device).tolist() == [[0, 255, 0], [0, 0, 0]]
    image[1, 0] = 117  # 0.459, and 0.504 with these
    assert diffused(image, device).tolist() == [[0, 255, 0], [255, 0, 0]]


def test_an_error_is_lost_beyond_the_edge_of_the_image(device: str) -> None:
    # 100 is 0.392. Of that, 5 / 16 go down, and nothing to the side; with 25 / 256 of it, 0.43, it is still black.
    image = np.array([[100], [0], [100], [0]], np.uint8)
    assert not diffused(image, device).any()


@pytest.mark.parametrize("method", NEIGHBORS)
def test_a_level_stays_as_it_is_on_average(device: str, method: str) -> None:
    for level in (0, 60, 128, 200, 255):
        made = diffused(np.full((120, 120), level, np.uint8), device, method=method, levels=3)
        assert set(np.unique(made)) <= {0, 128, 255}
        lost = 10 if method == "atkinson" else 2
        assert abs(made.mean() - level) < lost


@pytest.mark.parametrize("shape", [(530, 8), (5, 820), exhaustive((300, 820)), exhaustive((1100, 9))])
def test_any_number_of_rows_and_columns_is_as_one_by_one(
    device: str, shape: tuple[int, int], random_image: Make
) -> None:
    image = random_image(shape)
    for method in NEIGHBORS:
        assert_close(diffused(image, device, method=method), exact(image, 2, method), 0.5)


@pytest.mark.exhaustive
def test_floats_outside_are_clipped_and_what_is_no_number_is_black(device: str) -> None:
    image = np.array([[-5, 7, np.inf, -np.inf, np.nan, 0, 1]], np.float32)
    assert diffused(image, device).tolist() == [[0, 1, 1, 0, 0, 0, 1]]


@pytest.mark.parametrize("shape", [(33, 65, 4), (1, 1, 4), (1, 50, 4), (50, 1, 4)])
def test_colors_of_bytes_are_as_one_by_one(device: str, shape: tuple[int, ...], random_image: Make) -> None:
    image = random_image(shape)
    for levels, method in ((2, "floyd-steinberg"), (5, "jarvis"), (256, "atkinson")):
        assert_close(diffused(image, device, levels=levels, method=method), exact(image, levels, method), 0.501)


# Compiling kernels for each type and channel count is most of what tests cost.
test_any_image_is_as_one_by_one = pytest.mark.exhaustive(
    matches(
        "error-diffusion",
        exact,
        {"uint8": 0.501, "uint16": 0.55, "float32": 1e-6},
        shapes=FEW_SHAPES,
        settings=[{}, {"method": "jarvis", "levels": 5}, {"method": "atkinson", "levels": 256}],
    )
)
