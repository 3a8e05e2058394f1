"""Where a run in strips gets the rows of an image: an array, some rows of an image at hand, or a file."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from imgcuda.errors import FilterError


class RowSource(Protocol):
    """An image (height, width, channels) whose rows can be read; a NumPy array is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels of the whole image."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its samples."""

    def __getitem__(self, rows: slice, /) -> npt.NDArray[Any]:
        """Return the rows from `start` to `stop`, C-contiguous."""


class RowWindow:
    """An image of which only the rows from `first` on are at hand, as an array (rows, width, channels)."""

    def __init__(self, rows: npt.NDArray[Any], first: int, height: int) -> None:
        self._rows, self._first = rows, first
        self.shape: tuple[int, ...] = (height, *rows.shape[1:])
        self.dtype = rows.dtype

    def __getitem__(self, rows: slice, /) -> npt.NDArray[Any]:
        last = self._first + len(self._rows)
        if rows.start < self._first or rows.stop > last:
            raise FilterError(
                f"the chain reads rows {rows.start} to {rows.stop} of the image, and only {self._first} to {last} are "
                "at hand: a two-phase filter resolved to one that reads rows around or moves them; give the whole image"
            )
        return self._rows[rows.start - self._first : rows.stop - self._first]
