"""Shadows and highlights: brightens dark parts and darkens bright ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu, Layout, color_channels, param
from imgcuda_plugins.blur.blur import Blur
from imgcuda_plugins.blur.blurred import Blurred
from imgcuda_plugins.color.grayscale import Grayscale


class ShadowsHighlights(Blurred):
    """Brighten the dark parts of an image and darken the bright ones, with their contrast kept.

    This is local color correction by a non-linear mask (N. Moroney, 8th Color Imaging Conference, 2000): each color is
    raised to the power 2 ** (2 * mask - 1), and the mask is the blurred luminance, Rec. 601. Where the mask is below
    1/2, 2 * mask - 1 is multiplied by `shadows`, and above it by `highlights`; Moroney's own are 1 and 1. Floats below
    0 and those from 1e18 on stay as they are, and so does alpha.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "shadow-highlight": {},
        "fill-light": {"highlights": 0.0},
    }
    layout = Layout(over="pixels", block=(128, 1), rows=4)

    shadows: float = param(default=0.8, ge=-2, le=2, help="how much brighter the dark parts become")
    highlights: float = param(default=0.3, ge=-2, le=2, help="how much darker the bright parts become")
    radius: float = param(
        default=20.0, ge=0.1, le=100, help="standard deviation of the mask's blur, in pixels: the size of the parts"
    )

    @property
    def blur(self) -> Blur:
        """The blur of the mask."""
        return Blur(sigma=self.radius, border=self.border)

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        gray = gpu.apply(Grayscale(), image) if color_channels(image.channels) == 3 else image
        mask = gpu.apply(self.blur, gray)
        return gpu.launch("shadows_highlights", image, mask, self.shadows, self.highlights)
