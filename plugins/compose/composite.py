"""Composite: another picture over an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Filter, Gpu, Layout, Picture, param, white_level

Pixels = npt.NDArray[Any]


class Composite(Filter):
    """Lay another picture over an image, or blend the two.

    The colors are mixed as the W3C's Compositing and Blending Level 1 has it, whether one of the two has alpha or
    both: over shows the picture; multiply, screen, darken and lighten blend each color of the two; mask multiplies the
    image's alpha, or its colors where it has none, by the picture's brightness and alpha. Where the picture does not
    reach, the image stays as it is. The picture is converted to the image's sample type, in which its floats beyond
    black and white are cut off, and those that are no numbers black; over a gray image its brightness counts, by
    Rec. 601. The file of a picture is a regular one, and not a pipe.
    """

    only_launches = True
    halo = 0
    layout = Layout(over="pixels", block=(128, 1), rows=4)
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"overlay": {}, "watermark": {"opacity": 0.3}}

    image: Picture = param(help="the other picture")
    mode: Literal["over", "multiply", "screen", "darken", "lighten", "mask"] = param(
        default="over", constant=True, help="how the two are mixed"
    )
    x: int = param(default=0, ge=-100_000, le=100_000, help="where the picture's left edge is, in pixels")
    y: int = param(default=0, ge=-100_000, le=100_000, help="where the picture's upper edge is, in pixels")
    opacity: float = param(default=1.0, ge=0, le=1, help="how much of the picture there is: 0 none, 1 all of it")

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        top = self.y - gpu.rows.first
        rows = self.image.pixels[max(-top, 0) : max(image.height - top, 0)]
        height, width, channels = rows.shape
        other = converted(rows, image.dtype) if height else np.zeros(1, image.dtype)
        place = (max(top, 0), self.x, height, width)
        sizes = {"OTHER_CHANNELS": channels}
        return gpu.launch("composite", image, other, *place, self.opacity, constants=sizes)


def converted(pixels: Pixels, dtype: np.dtype[Any]) -> Pixels:
    """Return samples in another type, between the same black and white; floats beyond are clipped.

    What is not a number is black in whole numbers.
    """
    if pixels.dtype == dtype:
        return pixels
    white, new = float(white_level(pixels.dtype)), float(white_level(dtype))
    with np.errstate(over="ignore"):
        scaled = pixels.astype(np.float32) * np.float32(new / white)
    return scaled if dtype.kind == "f" else np.rint(np.fmin(np.fmax(scaled, 0), new)).astype(dtype)
