"""Color: a parameter's type for a color that a user names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from imgcuda.errors import shown
from imgcuda.parameter_text import read_json

_HEXADECIMAL = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Color:
    """A color, `Color.of("#ff8800")`: red, green, blue and alpha, from 0 to 1."""

    words: ClassVar[str] = "a color, as orange, #ff8800 or [1,0.5,0]"

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the color in a text or in three or four numbers from 0 to 1; else raise ValueError.

        A text is a name of CSS, "transparent", hexadecimal digits as in CSS, of which the # may be left out, or the
        numbers in JSON.
        """
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            return cls._of_numbers(value, value)
        if value.lstrip().startswith("["):
            return cls._of_numbers(read_json(value), value)
        if digits := _HEXADECIMAL.fullmatch(value):
            return cls(*_levels(digits[1]))
        return cls(*_named(value))

    @classmethod
    def example(cls) -> Self:
        """Return orange."""
        return cls.of("#ff8800")

    @property
    def rgb(self) -> tuple[float, float, float]:
        """Red, green and blue."""
        return self.red, self.green, self.blue

    def __str__(self) -> str:
        parts = list(self.rgb) if self.alpha == 1 else [*self.rgb, self.alpha]
        levels = [round(255 * part) for part in parts]
        if [level / 255 for level in levels] == parts:
            return "#" + "".join(f"{level:02x}" for level in levels)
        return "[" + ",".join(repr(part).removesuffix(".0") for part in parts) + "]"

    @classmethod
    def _of_numbers(cls, numbers: object, value: object) -> Self:
        given = list(numbers) if isinstance(numbers, Iterable) else []
        try:
            parts = [float(number) for number in given if not isinstance(number, str)]
        except (TypeError, ValueError, OverflowError):
            parts = []
        if len(parts) not in (3, 4) or len(parts) != len(given) or not all(0 <= part <= 1 for part in parts):
            raise ValueError(f"got {shown(value)}; give three numbers from 0 to 1, or four with alpha")
        return cls(*(part + 0.0 for part in parts))  # no -0.0


def _levels(digits: str) -> list[float]:
    """Return hexadecimal digits, one or two of each channel, as numbers from 0 to 1."""
    pairs = [digit * 2 for digit in digits] if len(digits) < 6 else re.findall("..", digits)
    return [int(pair, 16) / 255 for pair in pairs]


def _named(name: str) -> list[float]:
    """Return a color by its name in CSS as numbers from 0 to 1; ValueError if there is none."""
    from PIL.ImageColor import colormap, getrgb  # imported late, since importing Pillow takes long

    if name.lower() == "transparent":
        return [0.0] * 4
    if name.lower() not in colormap:
        raise ValueError(f"got {shown(name)}")
    return [level / 255 for level in getrgb(name)]
