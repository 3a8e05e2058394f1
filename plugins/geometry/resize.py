"""Resize: an image with more or fewer pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import Alpha, DeviceArray, GeometryFilter, Gpu, Layout, Rows, param

Method = Literal["nearest", "bilinear", "bicubic", "lanczos", "area"]
Numbers = npt.NDArray[np.float64]

TILE = 256
"""Samples of a row that a block holds: with 33 rows, 33 KiB of shared memory."""


class Resize(GeometryFilter):
    """Make an image larger or smaller.

    A pixel of the result stands for the same part of the picture as before: (x + 0.5) / width stays what it is. Where
    an image shrinks, all of its pixels count: the weights of bilinear, bicubic and lanczos reach further, by as much as
    it shrinks. At the edge, weights for what would lie outside are left out, and the others make up for them. All that
    is so in Pillow, too; of OpenCV's methods only its area looks at all pixels.
    """

    layout = Layout(over="pixels", block=(32, 8), rows=4)
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"scale": {}, "rescale": {}}

    width: int = param(
        default=0, ge=0, le=100_000, help="width of the result, in pixels; 0 for what keeps the proportions"
    )
    height: int = param(
        default=0, ge=0, le=100_000, help="height of the result, in pixels; 0 for what keeps the proportions"
    )
    scale: float = param(
        default=0.5, ge=0.001, le=100, help="what the size is multiplied by, if neither width nor height is given"
    )
    method: Method = param(
        default="bicubic",
        help="how a pixel is made: nearest copies one, area is the mean of what it covers; bilinear, bicubic (a = -0.5)"
        " and lanczos (3 lobes) weigh more and more around it, for more and more sharpness",
    )

    @property
    def alpha_mode(self) -> Alpha:
        """Pixels that are only copied stay as they are."""
        return "straight" if self.method == "nearest" else "premultiplied"

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        if not self.width and not self.height:
            return rounded(width * self.scale), rounded(height * self.scale)
        return self.width or rounded(width * self.height / height), self.height or rounded(height * self.width / width)

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int]:
        if self.method == "nearest":
            rows = nearest(height, wanted.height)
            return int(rows[wanted.first]), int(rows[wanted.last - 1]) + 1
        if self._enlarges((width, height), (self.result_size(width, height)[0], wanted.height)):
            starts, table = few_weights(height, wanted.height, self.method)
            return int(starts[wanted.first]), int(starts[wanted.last - 1]) + table.shape[1]
        spans, _ = weights(height, wanted.height, self.method)
        return int(spans[wanted.first, 0]), int(spans[wanted.last - 1, 1])

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        width = self.result_size(image.width, gpu.rows.height)[0]
        shape = gpu.wanted.number, width, image.channels
        if self.method == "nearest":
            return self._nearest(gpu, image, shape)
        across, down = image.width / width, gpu.rows.height / gpu.wanted.height
        if self.method == "area" and averages(across, image.channels) and averages(down):
            return self._average(gpu, image, shape, int(across), int(down))
        if self._enlarges((image.width, gpu.rows.height), (width, gpu.wanted.height)):
            return self._enlarged(gpu, image, shape)
        return self._weighted(gpu, image, shape)

    def _enlarges(self, size: tuple[int, int], made: tuple[int, int]) -> bool:
        """Return whether no side shrinks, and each has as many pixels as count for a pixel of the result."""
        sides = zip(size, made, strict=True)
        return all(after >= before >= taps(before / after, self.method) for before, after in sides)

    def _enlarged(self, gpu: Gpu, image: DeviceArray, shape: tuple[int, int, int]) -> DeviceArray:
        starts, down = few_weights(gpu.rows.height, gpu.wanted.height, self.method)
        mine = slice(gpu.wanted.first, gpu.wanted.last)
        rows = starts[mine] - np.int32(gpu.rows.first), down[mine]
        columns, across = few_weights(image.width, shape[1], self.method)
        taps = {"ROW_TAPS": down.shape[1], "COLUMN_TAPS": across.shape[1]}
        layout = Layout(over="samples", block=(128, 1), rows=32, pack=4)
        return gpu.launch(
            "enlarge", image, *rows, columns, across, image.width, shape=shape, constants=taps, layout=layout
        )

    def _weighted(self, gpu: Gpu, image: DeviceArray, shape: tuple[int, int, int]) -> DeviceArray:
        spans, table = weights(gpu.rows.height, gpu.wanted.height, self.method)
        mine = slice(gpu.wanted.first, gpu.wanted.last)
        rows = spans[mine] - np.int32(gpu.rows.first), table[mine], table.shape[1]
        spans, table = weights(image.width, shape[1], self.method)
        columns = spans, table, table.shape[1]
        tile = {"COLUMNS": TILE // image.channels // 4 * 4}
        return gpu.launch("resize", image, *rows, *columns, image.width, shape=shape, constants=tile)

    def _average(
        self, gpu: Gpu, image: DeviceArray, shape: tuple[int, int, int], across: int, down: int
    ) -> DeviceArray:
        first, factors = gpu.wanted.first * down - gpu.rows.first, {"ACROSS": across, "DOWN": down}
        layout = Layout(over="pixels", block=(128, 2))
        return gpu.launch("average", image, first, image.width, shape=shape, constants=factors, layout=layout)

    def _nearest(self, gpu: Gpu, image: DeviceArray, shape: tuple[int, int, int]) -> DeviceArray:
        rows = nearest(gpu.rows.height, gpu.wanted.height)[gpu.wanted.first : gpu.wanted.last] - gpu.rows.first
        columns = nearest(image.width, shape[1])
        layout = Layout(over="samples", block=(128, 1), rows=8, pack=4)
        return gpu.launch("nearest", image, columns, rows, image.width, shape=shape, layout=layout)


def rounded(size: float) -> int:
    """Return a size in whole pixels, at least one."""
    return max(1, int(size + 0.5))


def averages(factor: float, channels: int = 1) -> bool:
    """Return whether pixels of the result are whole pixels of the image, few enough to be read by one thread."""
    return factor == int(factor) and factor * channels <= 16


def nearest(size: int, made: int) -> npt.NDArray[np.int32]:
    """Return the number of the pixel, of `size`, in which the middle of each of `made` pixels lies."""
    found: npt.NDArray[np.int32] = ((2 * np.arange(made) + 1) * size // (2 * made)).astype(np.int32)
    return found


def taps(step: float, method: Method) -> int:
    """Return how many pixels count for one of the result at most, where these are `step` apart, at most 1."""
    return math.ceil(2 * METHODS[method](step)[1])


@lru_cache(maxsize=32)
def few_weights(size: int, made: int, method: Method) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return for each of `made` pixels the first of those that it is a sum of, in a shorter line, and their weights."""
    step = size / made
    weigh, reach = METHODS[method](step)
    middle = (np.arange(made) + 0.5) * step
    count = taps(step, method)
    starts = np.clip(np.floor(middle - reach + 0.5), 0, size - count).astype(np.int32)
    found = weigh(np.abs(starts[:, None] + np.arange(count) + 0.5 - middle[:, None]))
    found /= found.sum(axis=1, keepdims=True)
    return starts, found.astype(np.float32)


@lru_cache(maxsize=32)
def weights(size: int, made: int, method: Method) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return for each of `made` pixels the span of pixels that it is a sum of, in a line of `size`, and weights."""
    step = size / made
    weigh, reach = METHODS[method](step)
    middle = (np.arange(made) + 0.5) * step
    first = np.floor(middle - reach).astype(np.int32)
    pixels = first[:, None] + np.arange(int(2 * reach) + 2)
    found = np.where((pixels >= 0) & (pixels < size), weigh(np.abs(pixels + 0.5 - middle[:, None])), 0)
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
