"""Lay the parts of an animation's frames together, as the PNG and GIF specifications have it.

Pillow blends "over" without adding up alpha, and keeps what is to be disposed of.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.images.depth import white, with_channels
from imgcuda.images.image import Pixels, channels

Disposal = Literal["none", "background", "previous"]


class Part(NamedTuple):
    """The pixels of a frame that its file holds, and what becomes of them."""

    pixels: Pixels
    left: int
    top: int
    over: bool
    """Whether they are blended over what is there, by their alpha, or replace it."""
    disposal: Disposal
    """What the next frame begins with in their place: them, nothing, or what was there before."""


class Canvas:
    """What is seen of an animation; it is transparent at first."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (height, width)
        self._shown: Pixels | None = None

    def drawn(self, part: Part) -> Pixels:
        """Return what is seen with one more part, and dispose of it for the next. Alpha that is full all over is left
        out if the parts have none."""
        pixels = with_channels(part.pixels, channels(part.pixels) + channels(part.pixels) % 2)
        if self._shown is None:
            self._shown = np.zeros((*self._size, pixels.shape[2]), pixels.dtype)
        height, width = (max(0, size) for size in (self._size[0] - part.top, self._size[1] - part.left))
        pixels = pixels[:height, :width]
        place = self._shown[part.top : part.top + len(pixels), part.left : part.left + pixels.shape[1]]
        before = place.copy()
        place[:] = _over(pixels, before) if part.over else pixels
        seen = self._shown.copy()
        if part.disposal != "none":
            place[:] = 0 if part.disposal == "background" else before
        return _without_needless_alpha(seen, part.pixels)


def _without_needless_alpha(seen: Pixels, pixels: Pixels) -> Pixels:
    if channels(pixels) % 2 == 0 or not (seen[:, :, -1] == white(seen.dtype)).all():
        return seen
    opaque = np.ascontiguousarray(seen[:, :, :-1])
    return opaque[:, :, 0] if opaque.shape[2] == 1 else opaque


def _over(above: Pixels, below: Pixels) -> Pixels:
    """Return one picture over another, both with straight alpha; exact but where both are seen."""
    alpha, under = above[:, :, -1:], below[:, :, -1:]
    full = white(above.dtype)
    made = np.where((alpha == full) | (under == 0), above, below)
    made[(alpha == 0)[:, :, 0] & (under == 0)[:, :, 0]] = 0
    mixed = ((alpha > 0) & (alpha < full) & (under > 0))[:, :, 0]
    if mixed.any():
        made[mixed] = _mixed(above[mixed].astype(np.float64), below[mixed].astype(np.float64), full)
    return made


def _mixed(above: npt.NDArray[np.float64], below: npt.NDArray[np.float64], full: int) -> npt.NDArray[np.float64]:
    alpha, rest = above[:, -1:] / full, below[:, -1:] / full * (1 - above[:, -1:] / full)
    color = (above[:, :-1] * alpha + below[:, :-1] * rest) / (alpha + rest)
    made: npt.NDArray[np.float64] = np.rint(np.concatenate([color, (alpha + rest) * full], axis=1))
    return made
