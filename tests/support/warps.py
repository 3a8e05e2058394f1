"""What the tests of warps share: images' shapes, references that read pixels at other places, and a test of strips.

Bilinear samples are SciPy's, and bicubic ones Keys' by definition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.execution.schedule import Schedule
from imgcuda.testing import assert_close
from support.installed import installed

Plane = npt.NDArray[np.float64]
Places = Callable[[tuple[int, int]], tuple[Plane, Plane]]
"""From the height and width of an image to the row and the column where each pixel of the result was."""

SHAPES = [(17, 31), (1, 1), (1, 50), (50, 1), (40, 30, 1), (40, 30, 2), (37, 53, 3), (70, 300, 3), (33, 65, 4)]
"""From one pixel, by sizes that are a multiple of nothing, to several blocks of threads; 1 to 4 channels."""

MODES = {"constant": "grid-constant", "wrap": "grid-wrap"}
"""What SciPy calls borders that it has by other names where places lie between pixels."""


def read_at(plane: Plane, rows: Plane, columns: Plane, method: str = "bilinear", border: str = "constant") -> Plane:
    """Return the samples of a plane at places: SciPy's, but for bicubic, which is a spline in SciPy."""
    mode = MODES.get(border, border)
    if method == "bicubic":
        return _bicubic(plane, rows, columns, mode)
    if method == "nearest":
        rows, columns = np.floor(rows + 0.5), np.floor(columns + 0.5)
    order = 0 if method == "nearest" else 1
    return np.asarray(ndimage.map_coordinates(plane, (rows, columns), order=order, mode=mode))


def warped(places: Places, method: str = "bilinear", border: str = "constant") -> Callable[[Plane], Plane]:
    """Return a function that warps one channel, for `by_channels`."""
    return lambda plane: read_at(plane, *places((plane.shape[0], plane.shape[1])), method, border)


def in_strips_as_whole(name: str, settings: Sequence[Any], most: int) -> Callable[..., None]:
    """Return a test that strips give what the whole gives, and that 64 rows of a result read fewer than `most` rows."""

    def test(
        device: str, parameters: dict[str, Any], random_image: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        image = random_image((1500, 70, 3))
        plan = Schedule([installed().create(name, parameters)], 70, 1500)
        assert plan.strip(64, 128).read.number < most
        whole = imgcuda.apply(image, name, device=device, **parameters)
        monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes))
        assert_close(imgcuda.apply(image, name, device=device, **parameters), whole)

    marked: Callable[..., None] = pytest.mark.parametrize("parameters", settings, ids=str)(test)
    return marked


def grid(height: int, width: int) -> tuple[Plane, Plane]:
    """Return the row and the column of each pixel."""
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    return rows, columns


def _bicubic(plane: Plane, rows: Plane, columns: Plane, mode: str) -> Plane:
    """Return samples by Keys' weights, a = -0.5, of the pixels that SciPy reads at whole places."""
    top, left = np.floor(rows), np.floor(columns)
    made: Any = 0.0
    for i in range(-1, 3):
        for j in range(-1, 3):
            pixels = ndimage.map_coordinates(plane, (top + i, left + j), order=0, mode=mode)
            made = made + _keys(rows - top - i) * _keys(columns - left - j) * pixels
    return np.asarray(made)


def _keys(distance: Plane) -> Plane:
    d = np.abs(distance)
    near, far = 1.5 * d**3 - 2.5 * d**2 + 1, -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    return np.asarray(np.select([d < 1, d < 2], [near, far], 0))
