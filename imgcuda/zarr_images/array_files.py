"""Zarr arrays on disk, by zarr-python: opened, and their rows read and written a row of chunks at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError, ImgcudaError, PluginError, shown, system_words
from imgcuda.pixels import computed_as, converted
from imgcuda.zarr_images.metadata_files import Metadata
from imgcuda.zarr_images.zarr_axes import ZarrAxes

Array = npt.NDArray[Any]
Number = tuple[int, ...]
"""The place of a picture in an array: an index for each axis before the rows."""


def open_array(folder: Path, mode: str = "r") -> Any:
    """Return the array in a folder. Raises PluginError where zarr-python is not installed."""
    try:
        import zarr
    except ImportError as error:
        raise PluginError("Zarr needs zarr-python: pip install 'imgcuda[zarr]'") from error
    if not Metadata.read(folder).is_array:
        raise ImageError(f"{folder} cannot be read: it is a group, and no array")
    with translated(folder, "read"):
        return zarr.open_array(str(folder), mode=mode)


@contextmanager
def translated(folder: Path, verb: str) -> Iterator[None]:
    """Translate an error of zarr-python, or of a codec, to an ImageError with the folder's name."""
    try:
        yield
    except (ImgcudaError, MemoryError):
        raise
    except OSError as error:
        raise ImageError(f"{folder} cannot be {verb}: {system_words(error)}") from error
    except Exception as error:  # codecs raise errors of any class
        raise ImageError(f"{folder} cannot be {verb}: {shown(error, 200)}") from error


class ArrayBlock:
    """Some pictures of an array, whose rows are read together, since their chunks hold all of them.

    Whole rows of chunks are read, and those that hold the rows asked for last are kept: the next strip, and the same
    rows of the next picture, need them again.
    """

    def __init__(self, array: Any, folder: Path, axes: ZarrAxes, part: tuple[slice, ...]) -> None:
        self.array, self._folder, self.axes, self._part = array, folder, axes, part
        self._rows = int(array.chunks[axes.rows])
        self._kept: dict[int, Array] = {}

    def read(self, picture: Number, first: int, last: int) -> Array:
        """Return rows `first` to `last` of a picture, (rows, columns, channels)."""
        numbers = range(first // self._rows, -(-last // self._rows))
        self._kept = {number: self._kept[number] for number in numbers if number in self._kept}
        pieces = []
        for number in numbers:
            begin = number * self._rows
            rows = slice(max(first - begin, 0), min(last - begin, self._rows))
            pieces.append(self.axes.picture(self._chunks(number), picture)[rows])
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _chunks(self, number: int) -> Array:
        found = self._kept.get(number)
        if found is None:
            begin = number * self._rows
            end = min(begin + self._rows, self.array.shape[self.axes.rows])
            with translated(self._folder, "read"):
                found = self._kept[number] = np.asarray(self.array[(*self._part, slice(begin, end))])
        return found


class PictureRows:
    """One picture of a block, whose rows are read when they are asked for."""

    def __init__(self, block: ArrayBlock, number: Number) -> None:
        self._block, self._number = block, number
        self.shape: tuple[int, ...] = block.axes.size_of_picture(block.array.shape)
        self.dtype: np.dtype[Any] = computed_as(block.array.dtype)

    def __getitem__(self, rows: slice, /) -> Array:
        found = self._block.read(self._number, rows.start, rows.stop)
        return np.ascontiguousarray(found if found.dtype == self.dtype else converted(found, self.dtype))


def blocks(array: Any, axes: ZarrAxes) -> Iterator[tuple[tuple[slice, ...], list[Number]]]:
    """Yield the parts of an array's axes before the rows that are written together, and the pictures in each."""
    written = array.shards or array.chunks
    steps = [
        size if axis == axes.together else min(step, size)
        for axis, (size, step) in enumerate(zip(array.shape[: axes.rows], written, strict=False))
    ]
    for begins in product(*(range(0, size, step) for size, step in zip(array.shape, steps, strict=False))):
        part = tuple(
            slice(begin, min(begin + step, size)) for begin, step, size in zip(begins, steps, array.shape, strict=False)
        )
        counts = [1 if axis == axes.together else each.stop - each.start for axis, each in enumerate(part)]
        yield part, list(product(*map(range, counts)))
