"""Parameters that are more than a number: a matrix, a table, another picture."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from imgcuda.arrays import as_image
from imgcuda.errors import ImageError


@dataclass(frozen=True)
class Matrix:
    """Rows of numbers, all of one length: `Matrix.of([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])`."""

    words: ClassVar[str] = "a matrix, as [[0,-1,0],[-1,5,-1],[0,-1,0]], or a text file with a row of numbers to a line"

    rows: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the matrix of nested lists, a two-dimensional array, JSON, or a text file; ValueError if it is none.

        In a file, numbers stand between blanks or commas, and what follows a # is a comment.
        """
        if isinstance(value, cls):
            return value
        rows = _read_rows(os.fspath(value)) if isinstance(value, str | os.PathLike) else value
        try:
            array = np.asarray(rows, dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"got {_short(value)}, whose rows are not numbers, as many in each") from None
        if array.ndim != 2 or array.size == 0:
            raise ValueError(f"got {_short(value)}, of shape {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"got {_short(value)}, which has a number that is not finite")
        return cls(tuple(tuple(map(float, row)) for row in array))

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

    def __str__(self) -> str:
        return "[" + ",".join("[" + ",".join(f"{number:g}" for number in row) + "]" for row in self.rows) + "]"


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Numbers of any type, in an array of any shape, for a kernel to look up: `Table.of(np.linspace(0, 1, 256))`."""

    words: ClassVar[str] = "numbers, as [0,0.25,1], or an array of them"

    array: npt.NDArray[Any]
    """A copy of its own, not to be changed: tables that hold the same are equal, and hash alike."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the table of an array, nested lists or JSON; ValueError if that is none."""
        if isinstance(value, cls):
            return value
        given = _read_json(value) if isinstance(value, str) else value
        try:
            array = np.array(given)
        except ValueError:
            raise ValueError(f"got {_short(value)}, whose rows are not as long as each other") from None
        if array.ndim == 0 or array.size == 0 or array.dtype.kind not in "iuf":
            raise ValueError(f"got {_short(value)}")
        array.flags.writeable = False
        return cls(array)

    @classmethod
    def example(cls) -> Self:
        """Return a curve that darkens."""
        return cls.of([0, 0.25, 1])

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


@dataclass(frozen=True, eq=False)
class Picture:
    """Another image, beside the one that is filtered: `Picture.of("frame.png")` or `Picture.of(array)`."""

    words: ClassVar[str] = "an image: a file, or an array"

    pixels: npt.NDArray[Any] = field(repr=False)
    """(height, width, channels), uint8, uint16 or float32; not to be changed."""
    name: str

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the image in a file, or in an array as Pipeline takes it; ValueError if there is none."""
        if isinstance(value, cls):
            return value
        try:
            if isinstance(value, str | os.PathLike):
                from imgcuda import images  # Pillow takes its time

                return cls(as_image(images.read(value, several=False).pixels), os.fspath(value))
            array = as_image(np.asarray(value))
        except ImageError as error:
            raise ValueError(str(error)) from error
        return cls(array, "x".join(map(str, array.shape[1::-1])))

    @classmethod
    def example(cls) -> Self:
        """Return a slope from black to red and green."""
        rows, columns = np.mgrid[:40, :60]
        slope = np.stack([rows * 6, columns * 4, 0 * rows], axis=-1)
        return cls(slope.astype(np.uint8), "other.png")

    def __str__(self) -> str:
        return self.name


def _read_rows(text: str) -> object:
    """Return what a text says: JSON if it begins as a list does, else what the file of that name holds."""
    if text.lstrip().startswith("["):
        return _read_json(text)
    try:
        lines = Path(text).read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(f"the file '{text}' cannot be read: {reason}") from error
    rows = [line.partition("#")[0].replace(",", " ").split() for line in lines]
    return [row for row in rows if row]


def _read_json(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"got {_short(text)}, which ends or goes on wrongly: {error.msg}") from None


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str) else " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
