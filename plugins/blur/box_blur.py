"""Box blur: the mean of a square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param


class BoxBlur(NeighborhoodFilter):
    """Blur an image by the mean of the square around each pixel.

    The time hardly grows with the square: its sum is updated from one row to the next. Whole numbers are summed
    exactly, and rounded once; as a square has an odd number of pixels, no mean is half-way between two levels.
    """

    channelwise = True
    only_launches = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "boxblur": {},
        "mean-blur": {},
        "box-filter": {},
        "uniform-filter": {},
    }
    peers: ClassVar[Mapping[str, str]] = {
        "OpenCV": "imgcuda_plugins.peers.opencv_calls:box_blur",
        "Pillow": "imgcuda_plugins.peers.pillow_calls:box_blur",
    }

    radius: int = param(
        default=2, ge=1, le=100, constant=True, help="pixels from the middle of the square to its side: 2 is 5x5"
    )

    @property
    def halo(self) -> int:
        return self.radius

    @property
    def row_step(self) -> int:
        """The rows that a block makes: many where it reads many before it can make the first."""
        return rows(self.radius)

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        area = (2 * self.radius + 1) ** 2
        bits = 16 if image.dtype == np.uint8 and area * 256 < 1 << 16 else 32
        layout = tile(self.radius, image.channels)
        sizes = {"RADIUS": self.radius, "ROWS": layout.rows, "MARGIN": layout.margin, **divisor(area, bits)}
        kinds = {"BITS": bits, "STEPS": steps(self.radius)}
        return gpu.launch("box_blur", image, *sizes.values(), constants=kinds, gpu_constants=sizes, layout=layout)


def rows(radius: int) -> int:
    """Return the rows that a block makes: a power of two, and as many as it reads before it can make the first."""
    return max(32, 1 << (2 * radius - 1).bit_length())


def steps(radius: int) -> int:
    """Return in how many steps columns are added up along a row, so that none adds more than 8 numbers."""
    return sum(radius >= least for least in (4, 8, 32))


def tile(radius: int, channels: int) -> Layout:
    """Return the layout: wide blocks if much of what a block reads lies beyond the pixels that it computes."""
    margin = -(-radius * channels // 4) * 4  # of whole packs, so that blocks begin where wide loads may
    return Layout(over="samples", block=(256 if radius < 32 else 512, 1), rows=rows(radius), pack=4, margin=margin)


def divisor(area: int, bits: int) -> dict[str, int]:
    """Return the constants that divide a sum by an area, rounded down: (sum * FACTOR >> bits) >> SHIFT.

    FACTOR is 2^(bits + SHIFT) / area, rounded up by less than 1. So the quotient comes out too great, but by less than
    sum / 2^(bits + SHIFT); that must be less than 1 / area, as it lies at least so far below the next whole number.
    """
    shift = area.bit_length() - 1
    return {"FACTOR": -(-(1 << bits + shift) // area), "SHIFT": shift}
