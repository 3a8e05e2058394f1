"""Median: the middle one of the values around each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param

SORTED = 2
"""The largest radius for which the values are put in order; of more, the middle one is searched for, bit by bit."""

ALONE = 7
"""The largest radius for which that is done pixel by pixel; beyond, the pixels of a block are searched for together.

That is faster from 5 on a GPU, and for photographs from 10 on the CPU. Only bytes: of 65536 levels neighbors have too
few in common.
"""

WALK = Layout(over="samples", block=(128, 1), rows=16, cpu=Layout(over="samples", block=(1024, 1), rows=8))
"""For a radius of 1: a row that was read serves the next two rows as well."""

ROWS = Layout(block=(128, 1), rows=16)
"""A thread makes pixels of a column."""

KEYS = {"uint8": np.uint8, "uint16": np.uint16, "float32": np.uint32}
"""The whole numbers that samples are compared as."""


class Median(NeighborhoodFilter):
    """Replace each sample by the middle one of those around it: specks go, edges stay.

    The median is that of a square of 2 * radius + 1 pixels a side, of each channel by itself; it is exact for all
    types. The time grows with the square's area. For bytes without alpha and a radius of 8 or more it grows little, and
    depends on how many different medians lie near each other.
    """

    channelwise = True
    only_launches = True
    layout = Layout(over="samples", block=(128, 1), rows=16, cpu=Layout(over="samples", block=(1024, 1)))
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"median-blur": {}, "median-filter": {}, "despeckle": {}}

    radius: int = param(default=1, ge=1, le=50, constant=True, help="how far the square reaches, in pixels")

    @property
    def halo(self) -> int:
        return self.radius

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        rank = (2 * self.radius + 1) ** 2 // 2
        return ranked(gpu, image, self.radius, rank, WALK if self.radius == 1 else None)


def ranked(gpu: Gpu, image: DeviceArray, radius: int, rank: int, sorting: Layout | None = None) -> DeviceArray:
    """Return for each sample the one of a rank, from 0, in the square around it.

    A filter whose kernel file includes median.cu may call it too, if its `radius` is a constant. That file must define
    RANKED before, or small squares give the median whatever the rank.
    """
    if radius <= SORTED:
        return gpu.launch("median", image, rank, layout=sorting)
    together = radius > ALONE and image.dtype == np.uint8
    layout = tile(radius) if together else ROWS
    height, width, channels = image.shape
    tall = whole(height, layout.rows)
    wide = whole(width, layout.block[0] - 2 * layout.margin)
    padded, planes = (tall + 2 * radius, channels * (wide + 2 * radius), 1), (tall, channels * wide, 1)
    way, to = {"TOGETHER": int(together)}, KEYS[image.dtype.name]
    keys = gpu.launch("split", image, width, height, shape=padded, dtype=to, constants=way, layout=ROWS)
    kernel = "search" if together else "halve"
    found = gpu.launch(kernel, keys, wide, rank, shape=planes, constants=way, layout=layout)
    return gpu.launch("join", found, wide, shape=image.shape, dtype=image.dtype, constants=way, layout=ROWS)


def tile(radius: int) -> Layout:
    """Return the pixels that one block makes: more for a large radius, lest most of its work be the halo."""
    block, rows = (128, 16) if radius <= 20 else (256, 32)
    return Layout(block=(block, 1), rows=rows, margin=radius)


def whole(size: int, step: int) -> int:
    """Return a size rounded up to whole steps."""
    return -(-size // step) * step
