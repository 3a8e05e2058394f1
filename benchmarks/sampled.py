"""The reference of filters that read pixels at other places: SciPy's bilinear samples in float64, black around them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from task import Picture

Places = npt.NDArray[np.float64]


def sampled(picture: Picture, rows: Places, columns: Places) -> Places:
    """Return a picture's pixels at these rows and columns."""
    planes = np.moveaxis(picture.astype(np.float64), 2, 0)
    made = [ndimage.map_coordinates(plane, (rows, columns), order=1, mode="grid-constant") for plane in planes]
    return np.stack(made, axis=-1)


def grid(picture: Picture) -> tuple[Places, Places]:
    """Return the row and the column of each pixel."""
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float64)
    return rows, columns


def projected(picture: Picture, back: Places) -> Places:
    """Return the picture whose places are those of the result times a matrix of 3x3."""
    rows, columns = grid(picture)
    x, y, scale = (each[0] * columns + each[1] * rows + each[2] for each in back)
    return sampled(picture, y / scale, x / scale)
