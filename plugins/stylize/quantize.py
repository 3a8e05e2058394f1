"""Quantize: shows an image in a few colors that are chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Filter, Gpu, Layout, MeasuringFilter, Table, color_channels, param
from imgcuda_plugins.stylize.nearest_color import NearestColor

Numbers = npt.NDArray[np.float64]

CELLS = 1 << 12
"""The cells of 16 x 16 x 16 colors of 8 bits that a color image is counted in."""


class Quantize(MeasuringFilter):
    """Show an image in a few colors, chosen for it.

    The colors are found by Heckbert's median cut (1982), as by Pillow's `quantize`: a box of colors is divided at its
    median, the one whose pixels are spread most and along the channel in which they are, until there are enough, and
    each gives its mean. A pixel becomes the color that is nearest in RGB. An image with no more colors than that stays
    as it is, if they are at least 16 of 255 levels apart. Colors are counted in 8 bits, so those of 16 bits and floats
    are rounded to these. Transparent pixels do not count; alpha stays.
    """

    only_launches = True
    layout = Layout(over="pixels", block=(32, 8))
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quantise": {}, "median-cut": {}}

    colors: int = param(default=16, ge=2, le=256, help="how many colors there are at most")

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        shape = (4, CELLS, 1) if color_channels(image.channels) == 3 else (1, 256, 1)
        return gpu.reduce("quantize", image, shape=shape, dtype=np.uint64)

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        palette = median_cut(*counted(found[..., 0]), self.colors)
        return NearestColor(palette=Table.of(palette / 255))


def counted(found: npt.NDArray[Any]) -> tuple[Numbers, Numbers]:
    """Return the mean colors of the cells that are not empty, (number, 3), and how many pixels each has."""
    cells = np.flatnonzero(found[0])
    counts = found[0, cells].astype(np.float64)
    if len(found) == 1:  # gray
        return np.repeat(cells[:, None], 3, axis=1).astype(np.float64), counts
    lowest = np.stack([cells >> 8, cells >> 4 & 15, cells & 15], axis=1) * 16
    return lowest + found[1:, cells].T / counts[:, None], counts


def median_cut(colors: Numbers, counts: Numbers, most: int) -> Numbers:
    """Return the mean colors of boxes, `most` or fewer, into which colors that occur so often are divided."""
    if not len(counts):
        return np.zeros((1, 3))
    spreads, boxes = [0.0], [np.arange(len(counts))]
    while len(boxes) < min(most, len(counts)):
        widest = int(np.argmax(spreads))
        del spreads[widest]
        parts = divided(boxes.pop(widest), colors, counts)
        boxes += parts
        spreads += [spread(box, colors, counts).max() if len(box) > 1 else -1.0 for box in parts]
    return np.array([np.average(colors[box], axis=0, weights=counts[box]) for box in boxes])


def spread(box: npt.NDArray[Any], colors: Numbers, counts: Numbers) -> Numbers:
    """Return the sums of the squared distances of a box's pixels from their mean: of red, of green and of blue."""
    away = colors[box] - np.average(colors[box], axis=0, weights=counts[box])
    made: Numbers = counts[box] @ away**2
    return made


def divided(box: npt.NDArray[Any], colors: Numbers, counts: Numbers) -> list[npt.NDArray[Any]]:
    """Return the two parts of a box of two or more colors, with about as many pixels in each."""
    channel = int(spread(box, colors, counts).argmax())
    box = box[colors[box, channel].argsort(kind="stable")]
    below = np.cumsum(counts[box])
    at = min(int(np.searchsorted(below, below[-1] / 2)) + 1, len(box) - 1)
    return [box[:at], box[at:]]
