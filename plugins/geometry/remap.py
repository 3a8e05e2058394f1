"""Remap: an image whose pixels come from the places that a table gives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Gpu, param
from imgcuda_plugins.geometry.rotate import TAPS
from imgcuda_plugins.geometry.warp import Warp


@dataclass(frozen=True, eq=False, repr=False)
class Places:
    """A place for each pixel of a result, an array of (height, width, 2): x and y, `Places.of("maps.npy")`."""

    words: ClassVar[str] = "places x,y, as an array of (height, width, 2) or the name of a .npy file with one"
    reads_files: ClassVar[bool] = True

    array: npt.NDArray[np.float32]
    file: str = ""

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the places in an array of NumPy or a file that numpy.save has written; else raise ValueError."""
        if isinstance(value, cls):
            return value
        name = os.fsdecode(value) if isinstance(value, str | os.PathLike) else ""
        found: Any = _load(name) if name else value
        try:
            array = np.ascontiguousarray(found, np.float32)
        except (TypeError, ValueError):
            raise ValueError(f"got {type(value).__name__}, which are no numbers") from None
        if array.ndim != 3 or array.shape[2] != 2 or array.size == 0:
            raise ValueError(f"got an array of shape {array.shape}")
        array = array.copy() if array is value else array
        array.flags.writeable = False
        return cls(array, name)

    @classmethod
    def example(cls) -> Self:
        """Return the places of an image of 60x40 mirrored left to right."""
        rows, columns = np.mgrid[:40, :60]
        return cls.of(np.stack([59 - columns, rows], axis=-1))

    def to_text(self) -> str:
        """Return the name of the file; ValueError for an array."""
        if not self.file:
            raise ValueError("it was given as an array; give the name of a file")
        return self.file

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Places) and np.array_equal(self.array, other.array, equal_nan=True)

    def __hash__(self) -> int:
        return hash(self.array.shape)

    def __str__(self) -> str:
        return self.file or "places.npy"

    def __repr__(self) -> str:
        return f"Places({self.file or self.array.shape})"


def _load(name: str) -> npt.NDArray[Any]:
    try:
        loaded = np.load(BytesIO(Path(name).read_bytes()), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"the file {name!r} cannot be read: {error}") from error
    if not isinstance(loaded, np.ndarray):
        raise ValueError(f"the file {name!r} holds several arrays; save one by numpy.save")
    return loaded


class Remap(Warp):
    """Take each pixel from the place that a table gives: OpenCV's remap.

    The table is an array of (height, width, 2), OpenCV's two maps behind each other: the column and the row of each
    pixel of the result, which has the table's size. Relative, they are added to the pixel's own. What is not a number
    lies outside of the image.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"displace": {"relative": True}}

    map: Places = param(help="the places, of (height, width, 2)")
    relative: bool = param(default=False, help="whether they are added to the pixel's own place: WARP_RELATIVE_MAP")

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        return self.map.array.shape[1], self.map.array.shape[0]

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        rows = self.map.array[gpu.wanted.first : gpu.wanted.last]
        shape = *rows.shape[:2], image.channels
        places = int(self.relative), gpu.wanted.first, gpu.rows.first, image.width, gpu.rows.height
        return gpu.launch("remap", image, rows, *places, shape=shape, constants={"TAPS": TAPS[self.method]})
