"""Median: the middle one of the values around each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, NamedTuple

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

SLICE = 32
"""The samples side by side whose bits are put into words: a warp."""

SLICES = Layout(block=(SLICE, 4), rows=4, cpu=Layout(block=(SLICE, 1)))
"""A warp searches the samples of a slice."""

KEYS = {"uint8": np.uint8, "uint16": np.uint16, "float32": np.uint32}
"""The whole numbers that samples are compared as."""


class Search(NamedTuple):
    """How the values of a square are searched."""

    kernel: str
    layout: Layout
    rows: int
    """The searched planes have a multiple of this number of rows."""
    columns: int
    """Of columns, likewise."""
    beyond: int
    """By how many columns a plane of the image is wider."""
    constants: dict[str, int]
    gpu_constants: dict[str, int]


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
    peers: ClassVar[Mapping[str, str]] = {
        "OpenCV": "imgcuda_plugins.peers.opencv_calls:median",
        "Pillow": "imgcuda_plugins.peers.pillow_calls:median",
        "libvips": "imgcuda_plugins.peers.vips_calls:median",
    }

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
    height, width, channels = image.shape
    search = search_for(radius, image.dtype)
    tall, wide = whole(height, search.rows), whole(width, search.columns)
    padded, planes = (tall + 2 * radius, channels * (wide + search.beyond), 1), (tall, channels * wide, 1)
    launch = partial(gpu.launch, constants=search.constants, gpu_constants=search.gpu_constants)
    keys = launch("split", image, width, height, shape=padded, dtype=KEYS[image.dtype.name], layout=ROWS)
    found = launch(search.kernel, keys, wide, rank, shape=planes, layout=search.layout)
    return launch("join", found, wide, shape=image.shape, dtype=image.dtype, layout=ROWS)


def search_for(radius: int, dtype: np.dtype[Any]) -> Search:
    """Return how the values of a square are searched whose radius is more than SORTED."""
    is_bytes, alone, sliced = dtype == np.uint8, {"TOGETHER": 0}, {"SLICED": 1}
    if radius > ALONE:
        layout = tile(radius) if is_bytes else ROWS
        columns = layout.block[0] - 2 * layout.margin
        kernel = "search" if is_bytes else "halve"
        return Search(kernel, layout, layout.rows, columns, 2 * radius, {"TOGETHER": int(is_bytes)}, {})
    tall, wide = ROWS.rows, ROWS.block[0]
    if is_bytes:  # with AVX2 slices of 8 bits are slower than bytes
        return Search("halve", replace(SLICES, cpu=ROWS), tall, wide, SLICE, alone, sliced)
    return Search("halve", SLICES, tall, wide, SLICE, {**alone, **sliced}, {})


def tile(radius: int) -> Layout:
    """Return the pixels that one block makes: more for a large radius, lest most of its work be the halo."""
    block, rows = (128, 16) if radius <= 20 else (256, 32)
    return Layout(block=(block, 1), rows=rows, margin=radius)


def whole(size: int, step: int) -> int:
    """Return a size rounded up to whole steps."""
    return -(-size // step) * step
