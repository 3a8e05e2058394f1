"""Types of parameters that are more than a number: a matrix, a table, another picture."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError, shown
from imgcuda.parameter_text import read_file, read_json, read_lines, read_number, read_whole_number
from imgcuda.pixels import as_array, as_image

LARGEST_PICTURE = 1 << 32
"""The largest file of a second picture, in bytes."""

_most_pixels: ContextVar[int | None] = ContextVar("most_pixels", default=None)


@dataclass(frozen=True)
class Matrix:
    """Rows of numbers, all of one length: `Matrix.of([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])`."""

    words: ClassVar[str] = "a matrix, as [[0,-1,0],[-1,5,-1],[0,-1,0]], or a text file with a row of numbers to a line"

    reads_files: ClassVar[bool] = True

    rows: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the matrix in nested lists, a two-dimensional array, JSON or a text file; else raise ValueError.

        In a file, blanks or commas separate the numbers of a row, and a # begins a comment. Numbers must be real,
        finite, and within the range of float32, up to 3.4e38.
        """
        if isinstance(value, cls):
            return value
        rows = _read_rows(value) if isinstance(value, str | os.PathLike) else value
        array = _numbers(rows, f"got {shown(value)}", ", whose rows are not numbers, as many in each")
        if array.ndim != 2 or array.size == 0:
            raise ValueError(f"got {shown(value)}, of shape {array.shape}")
        return cls(tuple(tuple(map(float, row)) for row in array.astype(np.float64)))

    @classmethod
    def example(cls) -> Self:
        """Return a matrix that sharpens."""
        return cls.of([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return len(self.rows), len(self.rows[0])

    @property
    def array(self) -> npt.NDArray[np.float64]:
        """The numbers as an array."""
        return np.array(self.rows)

    def to_text(self) -> str:
        """Return the matrix in JSON, which `of` reads as this very matrix."""
        return self._written(lambda number: "-0.0" if str(number) == "-0.0" else repr(number).removesuffix(".0"))

    def __str__(self) -> str:
        return self._written("{:g}".format)

    def _written(self, number: Callable[[float], str]) -> str:
        return "[" + ",".join("[" + ",".join(map(number, row)) + "]" for row in self.rows) + "]"


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """A lookup table for a kernel, of any numeric type and any shape: `Table.of(np.linspace(0, 1, 256))`."""

    words: ClassVar[str] = "numbers, as [0,0.25,1], or an array of them"

    array: npt.NDArray[Any]
    """A read-only copy. Tables with the same contents are equal and have the same hash."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the table in an array, nested lists or JSON; else raise ValueError. Numbers are as in Matrix."""
        if isinstance(value, cls):
            return value
        given = read_json(value) if isinstance(value, str) else value
        array = _numbers(given, f"got {shown(value)}", "").copy()
        if array.ndim == 0 or array.size == 0:
            raise ValueError(f"got {shown(value)}")
        array.flags.writeable = False
        return cls(array)

    @classmethod
    def example(cls) -> Self:
        """Return a curve that darkens."""
        return cls.of([0, 0.25, 1])

    def to_text(self) -> str:
        """Return the table in JSON, which `of` reads as this very table; ValueError for a type that JSON has not."""
        text = json.dumps(self.array.tolist(), separators=(",", ":"))
        if Table.of(text) != self:
            raise ValueError(f"its numbers are {self.array.dtype}, and would be read as others; make them float64")
        return text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    @property
    def _content(self) -> tuple[Any, ...]:
        return self.array.shape, self.array.dtype, self.array.tobytes()

    def __str__(self) -> str:
        if self.array.size > 16:
            return f"{'x'.join(map(str, self.array.shape))} numbers of {self.array.dtype}"
        return json.dumps(self.array.tolist(), separators=(",", ":"))

    def __repr__(self) -> str:
        return f"Table({self})"


LONGEST_SIDE = 100_000
"""The most pixels of a side that a Size may have."""


@dataclass(frozen=True)
class Size:
    """A width and a height in pixels, `Size.of("1600x1200")`; `Size()` is none."""

    words: ClassVar[str] = "a size in pixels, as 1600x1200"

    width: int = 0
    height: int = 0

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the size in a text, "1600x1200" or "none", or in two whole numbers; else raise ValueError."""
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and value == "none":
            return cls()
        sides = value.lower().split("x") if isinstance(value, str) else value
        try:
            width, height = (read_whole_number(str(side)) for side in sides)  # type: ignore[attr-defined]
        except (TypeError, ValueError):
            raise ValueError(f"got {shown(value)}") from None
        if not (1 <= width <= LONGEST_SIDE and 1 <= height <= LONGEST_SIDE):
            raise ValueError(f"got {shown(value)}, and each side has from 1 to {LONGEST_SIDE:,} pixels")
        return cls(width, height)

    @classmethod
    def example(cls) -> Self:
        """Return a size."""
        return cls(1600, 1200)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}" if self.width else "none"


@dataclass(frozen=True, eq=False)
class Picture:
    """A second image that a filter uses: `Picture.of("frame.png")` or `Picture.of(array)`."""

    words: ClassVar[str] = "an image: a file, or an array"
    reads_files: ClassVar[bool] = True

    pixels: npt.NDArray[Any] = field(repr=False)
    """(height, width, channels), uint8, uint16 or float32; not to be changed. Pictures with the same are equal."""
    name: str
    file: str = field(default="", repr=False)
    """The file that it was read from; empty for an array."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the image in a regular file, or in an array as Pipeline takes it; else raise ValueError."""
        if isinstance(value, cls):
            return value
        try:
            if isinstance(value, str | os.PathLike):
                return cls(as_image(_read_picture(value)), os.fsdecode(value), os.fsdecode(value))
            array = as_image(as_array(value))
        except ImageError as error:
            raise ValueError(str(error)) from error
        return cls(array, "x".join(map(str, array.shape[1::-1])))

    @classmethod
    def example(cls) -> Self:
        """Return a gradient from black to red and green."""
        rows, columns = np.mgrid[:40, :60]
        slope = np.stack([rows * 6, columns * 4, 0 * rows], axis=-1)
        return cls(slope.astype(np.uint8), "other.png")

    def to_text(self) -> str:
        """Return the name of the file that it was read from; ValueError for an array."""
        if not self.file:
            raise ValueError("it was given as an array; give the name of a file")
        return self.file

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and (self is other or same_array(self.pixels, other.pixels))

    def __hash__(self) -> int:
        return hash((self.pixels.shape, self.pixels.dtype))

    def __str__(self) -> str:
        return self.name


@contextmanager
def picture_limit(most: int | None) -> Iterator[None]:
    """Refuse pictures of more pixels than `most` within the context; None means the limit of all image files."""
    before = _most_pixels.set(most)
    try:
        yield
    finally:
        _most_pixels.reset(before)


def same_array(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    """Return whether two arrays have the same shape, type and bytes."""
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()


def _read_picture(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    from imgcuda import images  # imported late, since importing Pillow takes long

    data, most = BytesIO(read_file(path, LARGEST_PICTURE)), _most_pixels.get() or images.MAX_PIXELS
    return images.read(data, several=False, max_pixels=most, name=os.fsdecode(path)).pixels


def _numbers(value: object, got: str, otherwise: str) -> npt.NDArray[Any]:
    """Return real numbers as an array of their own type; ValueError, whose text begins with `got`, if one is not finite
    or beyond float32. `otherwise` ends the message for values that are not numbers."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{got}{otherwise or ', whose rows are not as long as each other'}") from None
    if array.ndim == 0:
        return array
    if array.dtype.kind == "O":
        array = _whole_and_large(array)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{got}{otherwise}")
    with np.errstate(all="ignore"):
        single = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"{got}, which has a number that is not finite")
    if not np.isfinite(single).all():
        raise ValueError(f"{got}, which has a number beyond float32, whose largest is 3.4e38")
    return array


def _whole_and_large(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return whole numbers beyond 64 bits, which NumPy keeps as objects, as floats; return any other array as it is."""
    if array.ndim == 0 or not all(type(number) in (int, float) for number in array.flat):
        return array
    try:
        return array.astype(np.float64)
    except OverflowError:
        return np.full(array.shape, np.inf)


def _read_rows(text: str | os.PathLike[str]) -> object:
    """Return the rows in a text: it is JSON if it begins with "[", else the name of a file."""
    if isinstance(text, str) and text.lstrip().startswith("["):
        return read_json(text)
    lines = [line.partition("#")[0].replace(",", " ").split() for line in read_lines(text)]
    rows = [(number, words) for number, words in enumerate(lines, 1) if words]
    return [_row(text, number, words) for number, words in rows]


def _row(path: str | os.PathLike[str], number: int, words: list[str]) -> list[float]:
    try:
        return [read_number(word) for word in words]
    except ValueError as error:
        raise ValueError(
            f"line {number} of {shown(os.fsdecode(path), 1000)} is not a row of numbers: {error}"
        ) from None
