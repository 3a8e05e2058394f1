"""Crop: a part of an image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from imgcuda import ImageError, ParameterError, param
from imgcuda_plugins.geometry.gravity import Gravity, place
from imgcuda_plugins.geometry.window import Window

_NUMBER = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")


@dataclass(frozen=True)
class Aspect:
    """The proportion of a width to a height, `Aspect.of("16:9")`; `Aspect()` is none."""

    words: ClassVar[str] = "a proportion, as 16:9 or 1.5"

    width: float = 0.0
    height: float = 0.0

    @classmethod
    def of(cls, value: object) -> Self:
        """Return the proportion in a text, "16:9", "1.5" or "none", or in a number; else raise ValueError."""
        if isinstance(value, cls):
            return value
        if value == "none":
            return cls()
        numbers = str(value).split(":")
        parts = [float(number) for number in numbers if _NUMBER.fullmatch(number)]
        if not 0 < len(parts) == len(numbers) <= 2 or not all(1e-4 <= part <= 1e4 for part in parts):
            raise ValueError(f"got {str(value)[:40]!r}; give numbers from 0.0001 to 10000")
        return cls(*parts) if len(parts) == 2 else cls(parts[0], 1.0)

    @classmethod
    def example(cls) -> Self:
        """Return 16:9."""
        return cls(16.0, 9.0)

    def __str__(self) -> str:
        return ":".join(repr(side).removesuffix(".0") for side in (self.width, self.height)) if self.width else "none"


class Crop(Window):
    """Cut a rectangle out of an image.

    Its place is given as in ImageMagick: x and y count from the edge or corner that `gravity` names, and from the
    middle for `center`. A rectangle that lies partly outside of the image is an error. Every sample stays as it is.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"center-crop": {"gravity": "center"}}

    width: int = param(default=0, ge=0, le=100_000, help="width of the rectangle, in pixels; 0 for all that is left")
    height: int = param(default=0, ge=0, le=100_000, help="its height, in pixels; 0 for all that is left")
    x: int = param(default=0, ge=-100_000, le=100_000, help="how far it is from the left, in pixels")
    y: int = param(default=0, ge=-100_000, le=100_000, help="how far it is from the top, in pixels")
    gravity: Gravity = param(
        default="none", help="the edge or corner that x and y count from; none is northwest, and with an aspect center"
    )
    aspect: Aspect = param(
        default=Aspect(), help="the largest rectangle of these proportions, as 16:9, instead of a width and a height"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.aspect != Aspect() and (self.width or self.height):
            raise ParameterError("crop takes an aspect, or a width and a height, but not both")

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        made = self._size(width, height)
        left, top = place(self._gravity, (width - made[0], height - made[1]), (self.x, self.y))
        if min(*made, left + 1, top + 1) < 1 or left + made[0] > width or top + made[1] > height:
            wanted = f"columns {left} to {left + made[0]} and rows {top} to {top + made[1]}"
            raise ImageError(f"crop would cut {wanted} out of an image of {width}x{height} pixels; choose a part of it")
        return made

    def origin(self, width: int, height: int) -> tuple[int, int]:
        made = self._size(width, height)
        return place(self._gravity, (width - made[0], height - made[1]), (self.x, self.y))

    @property
    def _gravity(self) -> Gravity:
        if self.gravity != "none":
            return self.gravity
        return "northwest" if self.aspect == Aspect() else "center"

    def _size(self, width: int, height: int) -> tuple[int, int]:
        if self.aspect != Aspect():
            ratio = self.aspect.width / self.aspect.height
            return min(width, max(1, round(height * ratio))), min(height, max(1, round(width / ratio)))
        across, down = (
            2 * abs(offset) if middle else offset
            for offset, middle in (
                (self.x, self._gravity in ("north", "center", "south")),
                (self.y, self._gravity in ("west", "center", "east")),
            )
        )
        return self.width or width - across, self.height or height - down
