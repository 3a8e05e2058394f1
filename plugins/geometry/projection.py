"""Projection: the base class of warps by a matrix of 3x3, and what a matrix means for sizes and rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from imgcuda import ImageError, Layout, Matrix, ParameterError, Rows
from imgcuda_plugins.geometry.rotate import TAPS
from imgcuda_plugins.geometry.warp import FLAT, SQUARE, Warp

Numbers = npt.NDArray[np.float64]

LARGEST = 100_000
"""The longest side that a result is given, in pixels."""


class Projection(Warp):
    """A warp whose places are (x, y, 1) of the result times a matrix of 3x3, divided by the third number."""

    def back(self, width: int, height: int) -> Numbers:
        """Return the matrix from a place in the result to the one in an image of this size."""
        raise NotImplementedError

    def numbers(self, width: int, height: int) -> Sequence[float]:
        return [float(number) for number in self.back(width, height).ravel()]

    def blocks(self, width: int, height: int) -> Layout:
        back = self.back(width, height)
        return SQUARE if abs(back[1, 0]) > 0.5 * abs(back[0, 0]) else FLAT

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int] | None:
        """Return the rows that the corners of some rows lie between, if they are few, and no others are read."""
        if self.border not in ("constant", "nearest"):
            return None
        back, made = self.back(width, height), self.result_size(width, height)

        def between(first: int, last: int) -> tuple[int, int] | None:
            found = corners(back, (0, first), (made[0] - 1, last - 1))
            if found is None:
                return None
            top, bottom = (float(np.clip(side, -1e9, 1e9)) for side in (found[:, 1].min(), found[:, 1].max()))
            return floor(top) - TAPS[self.method], ceil(bottom) + TAPS[self.method] + 1

        line = between(made[1] // 2, made[1] // 2 + 1)
        if line is None or line[1] - line[0] > height / 2 + 16 or between(0, made[1]) is None:
            return None
        return between(wanted.first, wanted.last)


def corners(matrix: Numbers, first: tuple[float, float], last: tuple[float, float]) -> Numbers | None:
    """Return where a rectangle's four corners go, which all of it lies between; None if a part goes to infinity."""
    places = np.array([(x, y, 1.0) for y in (first[1], last[1]) for x in (first[0], last[0])])
    moved = places @ matrix.T
    if not ((moved[:, 2] > 1e-9).all() or (moved[:, 2] < -1e-9).all()):
        return None
    made: Numbers = moved[:, :2] / moved[:, 2:]
    return made


def expanded(matrix: Numbers, width: int, height: int, name: str) -> tuple[Numbers, tuple[int, int]]:
    """Return a matrix that moves an image into the middle of a result that holds all of it, and the result's size."""
    moved = corners(matrix, (-0.5, -0.5), (width - 0.5, height - 0.5))
    assert moved is not None  # only affine matrices are expanded
    low, high = moved.min(axis=0), moved.max(axis=0)
    if (high - low).max() > LARGEST:
        raise ImageError(
            f"{name} would make {high[0] - low[0]:.0f}x{high[1] - low[1]:.0f} pixels; up to {LARGEST:,} to a side fit"
        )
    made = tuple(max(1, ceil(side - 1e-6)) for side in high - low)
    shift = (np.array(made) - 1) / 2 - (low + high) / 2
    return translation(*shift) @ matrix, (made[0], made[1])


def translation(x: float, y: float) -> Numbers:
    """Return the matrix that moves places by so much."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def square_matrix(matrix: Matrix, rows: int, name: str) -> Numbers:
    """Return a matrix of so many rows, 2 or 3, as 3x3; ParameterError for another shape, or if it has no inverse."""
    if matrix.shape != (rows, 3):
        raise ParameterError(f"matrix of {name} must have {rows} rows of 3 numbers; got {matrix}")
    made = matrix.array if rows == 3 else np.vstack([matrix.array, [0.0, 0.0, 1.0]])
    if np.linalg.matrix_rank(made) < 3:
        raise ParameterError(f"matrix of {name} must have an inverse; got {matrix}")
    return made
