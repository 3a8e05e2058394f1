"""Flip: an image mirrored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from imgcuda import DeviceArray, GeometryFilter, Gpu, Layout, Rows, param


class Flip(GeometryFilter):
    """Mirror an image: top to bottom, left to right, or both.

    The default is what ImageMagick, Pillow and others mean by "flip"; what they call "flop" or "mirror" is
    `horizontal`. Both together are half a turn. Every sample stays as it is.
    """

    channelwise = True
    only_launches = True
    alpha_mode = "straight"
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "flop": {"direction": "horizontal"},
        "mirror": {"direction": "horizontal"},
        "hflip": {"direction": "horizontal"},
        "fliplr": {"direction": "horizontal"},
        "vflip": {"direction": "vertical"},
        "flipud": {"direction": "vertical"},
    }
    peers: ClassVar[Mapping[str, str]] = {
        "OpenCV": "imgcuda_plugins.peers.opencv_calls:flip",
        "Pillow": "imgcuda_plugins.peers.pillow_calls:flip",
        "libvips": "imgcuda_plugins.peers.vips_calls:flip",
    }

    direction: Literal["horizontal", "vertical", "both"] = param(
        default="vertical",
        constant=True,
        help="horizontal swaps left and right, vertical top and bottom, both does both",
    )

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int]:
        if self.direction == "horizontal":
            return wanted.first, wanted.last
        return height - wanted.last, height - wanted.first

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        top = gpu.wanted.first if self.direction == "horizontal" else gpu.rows.height - 1 - gpu.wanted.first
        shape = (gpu.wanted.number, image.width, image.channels)
        layout = unit_layout(image.channels, image.dtype.itemsize)
        if self.direction == "vertical":  # rows keep their order: a GPU moves more at once, and the CPU does anyway
            layout = replace(unit_layout(1, image.dtype.itemsize), cpu=layout)
        return gpu.launch("flip", image, top - gpu.rows.first, shape=shape, layout=layout)


def unit_layout(samples: int, size: int) -> Layout:
    """Return how threads cover units of so many samples, each of `size` bytes: with at most 16 bytes a thread."""
    pack = max(pack for pack in (1, 2, 4, 8, 16) if pack == 1 or pack * samples * size <= 16)
    return Layout(over="samples" if samples == 1 else "pixels", block=(256, 1), pack=pack)
