"""Compose the frames of an animation from the parts that its file holds, as PNG and GIF specify it.

Pillow computes alpha wrongly when it blends, and does not clear what a frame disposes of.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.images.convert import with_channels
from imgcuda.images.image import Pixels, channels
from imgcuda.pixels import white_level

Disposal = Literal["none", "background", "previous"]


class FrameRegion(NamedTuple):
    """The pixels of a frame in its file, and how they are composed with the canvas."""

    pixels: Pixels
    left: int
    top: int
    over: bool
    """Whether the pixels are blended over the canvas, by their alpha, or replace it."""
    disposal: Disposal
    """The contents of their place before the next frame: these pixels, nothing, or the contents before."""


class Canvas:
    """What an animation shows; transparent at first."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (height, width)
        self._shown: Pixels | None = None
        self._next: tuple[Pixels, Pixels | int] | None = None
        """A place on the canvas, and its contents before the next part is drawn."""

    def lay(self, part: FrameRegion) -> None:
        """Dispose of the part before, and lay another one on the canvas."""
        pixels = with_channels(part.pixels, channels(part.pixels) + channels(part.pixels) % 2)
        if self._shown is None:
            self._shown = np.zeros((*self._size, pixels.shape[2]), pixels.dtype)
        if self._next is not None:
            self._next[0][:] = self._next[1]
        height, width = (max(0, size) for size in (self._size[0] - part.top, self._size[1] - part.left))
        pixels = pixels[:height, :width]
        place = self._shown[part.top : part.top + len(pixels), part.left : part.left + pixels.shape[1]]
        after = {"none": None, "background": (place, 0), "previous": (place, place.copy())}
        self._next = after[part.disposal]
        place[:] = over(pixels, place) if part.over else pixels

    def seen(self, *, alpha: bool) -> Pixels:
        """Return the canvas; without `alpha`, drop its alpha channel if it is opaque everywhere."""
        assert self._shown is not None, "nothing is laid yet"
        if alpha or not (self._shown[:, :, -1] == white_level(self._shown.dtype)).all():
            return self._shown.copy()
        opaque = np.empty((*self._size, self._shown.shape[2] - 1), self._shown.dtype)
        for channel in range(opaque.shape[2]):  # four times as fast as all of them at once
            opaque[:, :, channel] = self._shown[:, :, channel]
        return opaque[:, :, 0] if opaque.shape[2] == 1 else opaque


def over(above: Pixels, below: Pixels) -> Pixels:
    """Return one picture over another, both with straight alpha."""
    alpha = above[:, :, -1]
    opaque = alpha == white_level(above.dtype)
    return cut_out(above, below, opaque) if (opaque | (alpha == 0)).all() else blended(above, below)


def cut_out(above: Pixels, below: Pixels, opaque: npt.NDArray[np.bool_]) -> Pixels:
    """Return one picture over another if each of its pixels is opaque or transparent, as in a GIF."""
    one = np.dtype(f"u{above.itemsize * above.shape[2]}")
    made = np.where(opaque[:, :, None], above.view(one), below.view(one))
    made[~opaque & (below[:, :, -1] == 0)] = 0
    return made.view(above.dtype)


def blended(above: Pixels, below: Pixels) -> Pixels:
    """Return one picture over another, with any alpha; only pixels in which both are seen are rounded."""
    alpha, under = above[:, :, -1:], below[:, :, -1:]
    full = white_level(above.dtype)
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
