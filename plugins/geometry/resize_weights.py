"""The weights of `resize`: of which pixels in a row or column each pixel of the result is a sum."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Method = Literal["nearest", "bilinear", "bicubic", "lanczos", "area"]
Numbers = npt.NDArray[np.float64]


class Side(NamedTuple):
    """A side of an image, width or height, and what becomes of it."""

    size: int
    """Its pixels."""
    made: int
    """The pixels of the result."""
    begin: float = 0.0
    """Where the part begins that the result shows, in pixels."""
    extent: float = 0.0
    """How long that part is, in pixels; 0 for all of it."""

    @property
    def step(self) -> float:
        """How far apart the pixels of the result are."""
        return (self.extent or self.size) / self.made

    def middles(self) -> Numbers:
        """Return where the middles of the result's pixels are."""
        places = np.arange(self.made, dtype=np.float64) + 0.5
        return self.begin + places * self.step

    def grows(self, method: Method) -> bool:
        """Return whether it does not shrink, and has as many pixels as count for one of the result."""
        return self.step <= 1 and self.size >= taps(self.step, method)

    def averages(self, channels: int = 1) -> bool:
        """Return whether pixels of the result are whole pixels, few enough to be read by one thread."""
        return self.step == int(self.step) and self.begin == int(self.begin) and self.step * channels <= 16


def nearest(side: Side) -> npt.NDArray[np.int32]:
    """Return the number of the pixel in which the middle of each pixel of the result lies."""
    if side.extent:
        return np.clip(np.floor(side.middles()), 0, side.size - 1).astype(np.int32)
    found: npt.NDArray[np.int32] = ((2 * np.arange(side.made) + 1) * side.size // (2 * side.made)).astype(np.int32)
    return found


def taps(step: float, method: Method) -> int:
    """Return how many pixels count for one of the result at most, where these are `step` apart, at most 1."""
    return math.ceil(2 * METHODS[method](step)[1])


@lru_cache(maxsize=32)
def few_weights(side: Side, method: Method) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return, for an enlarged side, the first source pixel of each output pixel, and the weights from it on."""
    weigh, reach = METHODS[method](side.step)
    middle = side.middles()
    count = taps(side.step, method)
    starts = np.clip(np.floor(middle - reach + 0.5), 0, side.size - count).astype(np.int32)
    found = weigh(np.abs(starts[:, None] + np.arange(count) + 0.5 - middle[:, None]))
    found /= found.sum(axis=1, keepdims=True)
    return starts, found.astype(np.float32)


@lru_cache(maxsize=32)
def weights(side: Side, method: Method) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return for each pixel of the result the span of pixels that it is a sum of, and their weights."""
    weigh, reach = METHODS[method](side.step)
    middle = side.middles()
    first = np.floor(middle - reach).astype(np.int32)
    pixels = first[:, None] + np.arange(int(2 * reach) + 2)
    found = np.where((pixels >= 0) & (pixels < side.size), weigh(np.abs(pixels + 0.5 - middle[:, None])), 0)
    found /= found.sum(axis=1, keepdims=True)
    return trimmed(first, found)


def trimmed(first: npt.NDArray[np.int32], found: Numbers) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return spans and their weights, trimmed by the zeros at both ends, for a line of pixels from `first`.

    No span begins before the one in front of it, or ends before it, so that the first and the last of some tell what
    all of them need.
    """
    counts = found != 0
    start = first + counts.argmax(axis=1)
    stop = first + found.shape[1] - counts[:, ::-1].argmax(axis=1)
    start, stop = np.minimum.accumulate(start[::-1])[::-1], np.maximum.accumulate(stop)
    taps = int((stop - start).max())
    padded = np.pad(found, ((0, 0), (0, taps)))
    table = np.take_along_axis(padded, (start - first)[:, None] + np.arange(taps), axis=1)
    return np.stack([start, stop], axis=1).astype(np.int32), table.astype(np.float32)


Weigh = Callable[[Numbers], Numbers]


def wider(weigh: Weigh, radius: float) -> Callable[[float], tuple[Weigh, float]]:
    """Return a function from the step between pixels to weights at distances, and where they end.

    `weigh` has them for a step of 1; for a larger one they become as much wider, so that no pixel is left out.
    """

    def at(step: float) -> tuple[Weigh, float]:
        stretch = max(step, 1.0)
        return lambda distance: weigh(distance / stretch), radius * stretch

    return at


def area(step: float) -> tuple[Weigh, float]:
    """Return how much a pixel at a distance is covered by one of the result, which is `step` wide."""
    return lambda distance: np.clip((step + 1) / 2 - distance, 0, min(step, 1)), (step + 1) / 2


def bilinear(distance: Numbers) -> Numbers:
    return np.clip(1 - distance, 0, None)


def bicubic(distance: Numbers) -> Numbers:
    """Return the weights of R. G. Keys, Cubic convolution interpolation for digital image processing (1981)."""
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return np.where(distance < 1, near, np.where(distance < 2, far, 0))


def lanczos(distance: Numbers) -> Numbers:
    """Return a sinc in the window of its own middle, three times as wide (Duchon, 1979)."""
    return np.where(distance < 3, np.sinc(distance) * np.sinc(distance / 3), 0)


METHODS: dict[str, Callable[[float], tuple[Weigh, float]]] = {
    "bilinear": wider(bilinear, 1),
    "bicubic": wider(bicubic, 2),
    "lanczos": wider(lanczos, 3),
    "area": area,
}
