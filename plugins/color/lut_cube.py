"""LUT: colors looked up in the table of a `.cube` file, or of a Hald CLUT."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from imgcuda import Argument, Picture, PointFilter, Table, param, read_lines, read_number, shown
from imgcuda_plugins.color.hald import is_picture, table_of

LARGEST_FILE = 1 << 30
"""Bytes that a file may have: that of the largest table there is has about half of them."""

LARGEST = {"LUT_1D_SIZE": 65536, "LUT_3D_SIZE": 256}
"""How many colors a table may have along a side, by Adobe's specification. The least is 2."""

NARROWEST = 1e-30
"""What a table's first and last color must at least differ by, so that float32 holds how many there are to 1."""

KEYWORDS = {
    "LUT_1D_SIZE": 1,
    "LUT_3D_SIZE": 1,
    "LUT_1D_INPUT_RANGE": 2,
    "LUT_3D_INPUT_RANGE": 2,
    "DOMAIN_MIN": 3,
    "DOMAIN_MAX": 3,
}
"""What stands before the table, and how many numbers each has; and TITLE, which is for people."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CubeLut:
    """A table of colors: `CubeLut.of("look.cube")`, or of an array."""

    words: ClassVar[str] = (
        "a .cube file, the picture of a Hald CLUT, or an array from 0 to 1, of shape (size, size, size, 3) or (size, 3)"
    )

    reads_files: ClassVar[bool] = True

    colors: npt.NDArray[np.float32] = field(repr=False)
    """(size, size, size, 4) by blue, green and red, or (size, 4) for a curve of each. The fourth number is not used."""
    low: tuple[float, ...]
    """The red, green and blue that become the table's first color."""
    high: tuple[float, ...]
    """The red, green and blue that become its last color."""
    name: str
    file: str = field(default="", repr=False)
    """The file that it was read from; empty for an array."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the table in a file or an array; ValueError, with the line, if it is not a table.

        Files are as Adobe's Cube LUT Specification 1.0, of 2013, has them: with one table, of one or three dimensions,
        in which red goes fastest. Resolve's LUT_1D_INPUT_RANGE and LUT_3D_INPUT_RANGE are understood too. A picture is
        a Hald CLUT by its extension, such as .png, or as a Picture. An array is indexed by red, green and blue,
        array[red, green, blue], or has a curve of each, array[:, channel].
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, Picture):
            return cls(_padded(table_of(value)), (0.0,) * 3, (1.0,) * 3, value.name, value.file)
        if isinstance(value, str | os.PathLike):
            name = os.fsdecode(value)
            return cls.of(Picture.of(name)) if is_picture(Path(name)) else replace(cls._read(Path(name)), file=name)
        array = Table.of(value).array
        sides, kind = array.shape[:-1], "LUT_1D_SIZE" if array.ndim == 2 else "LUT_3D_SIZE"
        if array.ndim not in (2, 4) or array.shape[-1] != 3 or set(sides) - {len(array)} or not _fits(len(array), kind):
            raise ValueError(f"got an array of shape {array.shape}")
        red_fastest = array.transpose(2, 1, 0, 3) if array.ndim == 4 else array
        return cls(_padded(red_fastest), (0.0,) * 3, (1.0,) * 3, "x".join(map(str, sides)))

    @classmethod
    def example(cls) -> Self:
        """Return a warm look: more red and less blue, most of all where it is neither dark nor bright."""
        red, green, blue = np.mgrid[:17, :17, :17] / 16
        light = (red + green + blue) / 3
        more = 0.4 * light * (1 - light)
        warm = np.stack([red + more, green + 0.25 * more, blue - more], axis=-1)
        return replace(cls.of(np.clip(warm, 0, 1)), name="warm.cube")

    def to_text(self) -> str:
        """Return the name of the file that it was read from; ValueError for an array."""
        if not self.file:
            raise ValueError("it was given as an array; give the name of a file")
        return self.file

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CubeLut) and (self is other or self._content == other._content)

    def __hash__(self) -> int:
        return hash((self.colors.shape, self.low, self.high))

    def __str__(self) -> str:
        return self.name

    @property
    def _content(self) -> tuple[object, ...]:
        return self.colors.shape, self.colors.tobytes(), self.low, self.high

    @classmethod
    def _read(cls, path: Path) -> Self:
        lines = read_lines(path, LARGEST_FILE, errors="replace")  # a title may be in any encoding
        try:
            return cls._parsed(lines, path.name)
        except ValueError as error:
            raise ValueError(f"got {shown(os.fsdecode(path), 1000)}, {error}") from None

    @classmethod
    def _parsed(cls, lines: Sequence[str], name: str) -> Self:
        given, first = _header(lines)
        kinds = [kind for kind in LARGEST if kind in given]
        if len(kinds) != 1:
            raise ValueError(f"which has {' and '.join(kinds) or 'no LUT_1D_SIZE or LUT_3D_SIZE'} before its table")
        size = int(given[kinds[0]][0])
        shape = (size,) if kinds[0] == "LUT_1D_SIZE" else (size, size, size)
        low, high = _domain(given, kinds[0])
        colors = _colors(lines, first)
        if len(colors) != np.prod(shape):
            raise ValueError(f"which has {len(colors)} colors, where {kinds[0]} {size} means {np.prod(shape)}")
        return cls(_padded(colors.reshape(*shape, 3)), tuple(low.tolist()), tuple(high.tolist()), name)


class LutCube(PointFilter):
    """Give an image the look of a `.cube` file or a Hald CLUT: its colors are looked up in a table.

    Between the colors of a table of three dimensions the result is found by tetrahedral interpolation (Kasson, Plouffe
    and Nin, A tetrahedral interpolation technique for color space conversion, 1993), in full precision; between those
    of a table of one, on a straight line. Colors beyond the table are taken for those at its edge. Since a look may
    color what is gray, a gray image becomes one of three colors. A Hald CLUT of level n is a square picture of n ** 3
    pixels a side, as ImageMagick's `hald:8`, which changes nothing, and what other programs make of that: it holds
    n ** 2 colors along each side of the table, in which red goes fastest and then green.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"lut3d": {}, "hald-clut": {}, "haldclut": {}}
    channels: ClassVar[Literal[3]] = 3

    lut: CubeLut = param(help="the table")
    strength: float = param(default=1.0, ge=0, le=1, help="0 leaves the image as it is, 1 is the table's look in full")

    def constants(self) -> Mapping[str, int | float]:
        return {"DIMENSIONS": self.lut.colors.ndim - 1}

    def arguments(self) -> Mapping[str, Argument]:
        low, high = np.array(self.lut.low), np.array(self.lut.high)
        size = len(self.lut.colors)
        steps = (size - 1) / (high - low)
        domain = np.concatenate([low, steps]).astype(np.float32)
        return {"colors": self.lut.colors, "size": size, "domain": domain, "strength": self.strength}


# ---- reading a file


def _header(lines: Sequence[str]) -> tuple[dict[str, Numbers], int]:
    """Return the keywords before the table, and the number of the table's first line, from 0."""
    given: dict[str, Numbers] = {}
    for number, words in _words(lines, 0):
        if words[0] == "TITLE":
            continue
        if _numbers(words[:1]) is not None:
            return given, number - 1
        given[words[0]] = _setting(words, f"line {number}: ", given)
    return given, len(lines)


def _words(lines: Sequence[str], first: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that says something, as words, with its number: they count from 1."""
    for number in range(first, len(lines)):
        if words := lines[number].partition("#")[0].split():
            yield number + 1, words


def _setting(words: list[str], place: str, given: Mapping[str, Numbers]) -> Numbers:
    keyword, values = words[0], _numbers(words[1:])
    if keyword not in KEYWORDS:
        known = ", ".join(["TITLE", *KEYWORDS])
        raise ValueError(f"{place}there is no keyword {shown(keyword)}; there are {known}")
    if keyword in given:
        raise ValueError(f"{place}{keyword} is there twice")
    if values is None or len(values) != KEYWORDS[keyword]:
        count = KEYWORDS[keyword]
        raise ValueError(f"{place}{keyword} takes {count} number{'s' * (count > 1)}; got {shown(' '.join(words[1:]))}")
    if keyword in LARGEST and not _fits(values[0], keyword):
        raise ValueError(f"{place}{keyword} must be a whole number from 2 to {LARGEST[keyword]}; got {words[1]}")
    return values


def _fits(size: float, kind: str) -> bool:
    return size == round(size) and 2 <= size <= LARGEST[kind]


def _numbers(words: Sequence[str]) -> Numbers | None:
    """Return words as numbers; None if one is not a number, or is beyond float32."""
    try:
        values = np.array([read_number(word) for word in words])
    except ValueError:
        return None
    return values if _in_range(values) else None


def _in_range(values: Numbers) -> bool:
    return bool((np.abs(values) <= np.finfo(np.float32).max).all())


def _domain(given: Mapping[str, Numbers], kind: str) -> tuple[Numbers, Numbers]:
    """Return the colors that the table begins and ends with."""
    low, high = given.get(kind.replace("SIZE", "INPUT_RANGE"), np.array([0.0, 1.0]))
    lows, highs = given.get("DOMAIN_MIN", np.full(3, low)), given.get("DOMAIN_MAX", np.full(3, high))
    if not (highs - lows > NARROWEST).all():
        raise ValueError(f"whose table would begin at {lows.tolist()} and end at {highs.tolist()}")
    return lows, highs


def _colors(lines: Sequence[str], first: int) -> Numbers:
    """Return the numbers of the lines from `first` on, three of each."""
    if first == len(lines):
        return np.empty((0, 3))
    try:
        colors = np.loadtxt(lines[first:], ndmin=2)  # a hundred times as fast as a loop over the lines
    except ValueError:
        colors = np.empty((0, 0))
    if colors.shape[1] == 3 and _in_range(colors):
        return colors
    return np.array([_color(number, words) for number, words in _words(lines, first)])


def _color(number: int, words: Sequence[str]) -> Numbers:
    values = _numbers(words)
    if values is None or len(values) != 3:
        raise ValueError(f"line {number}: a color has 3 numbers, and is not {shown(' '.join(words))}")
    return values


def _padded(colors: Numbers) -> npt.NDArray[np.float32]:
    """Return colors with a fourth number, so that a GPU loads one in one go."""
    return np.ascontiguousarray(np.pad(colors, [(0, 0)] * (colors.ndim - 1) + [(0, 1)]), np.float32)
