"""Pixelate: squares of one color."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from imgcuda import Alpha, DeviceArray, Filter, Gpu, Layout, param

LARGEST_AT_ONCE = 15
"""The largest square that is made in one launch: the sum of one of bytes fits into 16 bits."""

PART = 32
"""How many rows of a larger square are added up at a time, by threads of their own."""


class Pixelate(Filter):
    """Make an image of squares, each in the mean color of the pixels that it covers.

    The squares begin at the upper left corner; those at the right and lower edges may be cut off, and their color is
    the mean of what there is of them. Means of 8 and 16 bits are exact, and rounded to nearest, halves to even. Colors
    count by their alpha, so that what is transparent gives none.
    """

    channelwise = True
    only_launches = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"mosaic": {}, "pixelize": {}, "pixellate": {}}

    size: int = param(default=16, ge=1, le=1000, help="the side of a square, in pixels")

    @property
    def halo(self) -> int:
        """A pixel has the colors of its whole square."""
        return self.size - 1

    @property
    def row_step(self) -> int:
        """The rows that a block of threads makes at once: some 16, in whole squares."""
        return self.size * max(1, 16 // self.size) if self.size <= LARGEST_AT_ONCE else 1

    @property
    def alpha_mode(self) -> Alpha:
        return "premultiplied"

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return self._at_once(gpu, image) if self.size <= LARGEST_AT_ONCE else self._in_steps(gpu, image)

    def _at_once(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        margin = -(-(self.size - 1) * image.channels // 8) * 8  # of whole packs
        tile = Layout(over="samples", block=(256, 1), rows=self.row_step, pack=4, margin=margin)
        return gpu.launch("pixelate", image, constants={"SIZE": self.size}, layout=tile)

    def _in_steps(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        size, (height, width, channels) = self.size, image.shape
        above = gpu.rows.first % size  # rows of the first squares, in the strip before this one
        down, across = -(-(above + height) // size), -(-width // size)
        sums, shape = self._columns(gpu, image, above, down), (down, across, channels)
        wanted = width, height, size, above
        means = gpu.launch("means", sums, *wanted, shape=shape, dtype=image.dtype, layout=layout())
        return gpu.launch("fill", means, across, size, above, shape=image.shape, layout=layout(rows=16, pack=4))

    def _columns(self, gpu: Gpu, image: DeviceArray, above: int, down: int) -> DeviceArray:
        """Return the sums of the columns of squares. Parts of them come first: squares are few, and threads many."""
        height, width, channels = image.shape
        parts, kind = -(-self.size // PART), np.float32 if image.dtype == np.float32 else np.uint32
        shape, wanted = (down * parts, width, channels), (height, self.size, parts, above)
        sums = gpu.launch("columns", image, *wanted, shape=shape, dtype=kind, layout=layout(pack=4))
        if parts == 1:
            return sums
        return gpu.launch("whole_columns", sums, parts, shape=(down, width, channels), layout=layout())


def layout(rows: int = 1, pack: int = 1) -> Layout:
    """Return the layout of a step."""
    return Layout(over="samples", block=(128, 1), rows=rows, pack=pack)
