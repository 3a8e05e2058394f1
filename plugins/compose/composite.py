"""Composite: another picture over an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import (
    DeviceArray,
    Filter,
    Gpu,
    Layout,
    ParameterError,
    Picture,
    color_channels,
    has_alpha,
    param,
    white_level,
)
from imgcuda_plugins.geometry.gravity import Gravity, place

Pixels = npt.NDArray[Any]

REC601 = np.array([19595, 38470, 7471]) / 65536
"""The weights of red, green and blue in the luminance."""

NO_MASK = Picture(np.full((1, 1, 1), 255, np.uint8), "none")
"""The mask of one pixel that shows all. Compare it by ==: a filter that was sent to a worker has a copy."""


class Composite(Filter):
    """Lay another picture over an image, or blend the two.

    The colors are mixed as the W3C's Compositing and Blending Level 1 has it, whether one of the two has alpha or
    both. Its blend modes are over, which it calls normal, and multiply to luminosity; add to grain-merge are those of
    GEGL and GIMP, whose results beyond black and white are cut off, except of floats. in to plus-lighter are the
    Porter-Duff operators, the image being the destination; mask multiplies the image's alpha by the picture's
    brightness and alpha. An image without alpha stays without, as if on black. Hue, saturation and color leave a gray
    image as it is.

    The picture lies at the edge or corner that `gravity` names, x and y pixels from it toward the middle, as in
    ImageMagick. Where it does not reach, the image stays as it is. It is converted to the image's sample type, in which
    its floats beyond black and white are cut off, and those that are no numbers black; over a gray image its brightness
    counts, by Rec. 601. The file of a picture is a regular one, and not a pipe.
    """

    only_launches = True
    halo = 0
    layout = Layout(over="pixels", block=(128, 1), rows=4)
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"overlay": {}, "watermark": {"opacity": 0.3}}

    image: Picture = param(help="the other picture")
    mode: Literal[
        "over", "multiply", "screen", "overlay", "darken", "lighten", "color-dodge", "color-burn", "hard-light",
        "soft-light", "difference", "exclusion", "hue", "saturation", "color", "luminosity", "add", "subtract",
        "divide", "linear-burn", "linear-light", "vivid-light", "pin-light", "grain-extract", "grain-merge", "in",
        "out", "atop", "xor", "copy", "clear", "destination-over", "destination-in", "destination-out",
        "destination-atop", "plus-lighter", "mask",
    ] = param(default="over", constant=True, help="how the two are mixed")  # fmt: skip
    gravity: Gravity = param(default="northwest", help="where the picture lies; none is the middle, too")
    x: int = param(
        default=0,
        ge=-100_000,
        le=100_000,
        help="pixels from there to the right, or from the right edge to the left; where the picture's left edge is",
    )
    y: int = param(
        default=0,
        ge=-100_000,
        le=100_000,
        help="pixels from there down, or from the lower edge up; where the picture's upper edge is",
    )
    opacity: float = param(
        default=1.0, ge=0, le=1, help="how much of the result is shown: 0 leaves the image, 1 shows all of it"
    )
    tile: bool = param(default=False, help="whether the picture is repeated in all directions from where it lies")
    mask: Picture = param(
        default=NO_MASK,
        help="a picture of the same size, whose brightness, and alpha, the other's alpha is multiplied by",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = [each.pixels.shape[1::-1] for each in (self.image, self.mask)]
        if self.mask != NO_MASK and sizes[0] != sizes[1]:
            wanted, got = (f"{width}x{height}" for width, height in sizes)
            raise ParameterError(f"mask must have the size of image, {wanted}; got {got}")

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        height, width = self.image.pixels.shape[:2]
        room = image.width - width, gpu.rows.height - height
        left, top = place(self.gravity, room, (self.x, self.y))
        top -= gpu.rows.first
        if self.tile:
            first, last, top, left = 0, height, top % height - height, left % width - width
        else:
            first, last, top = max(-top, 0), max(image.height - top, 0), max(top, 0)
        rows = self._rows(first, last, image.dtype)
        other = rows if len(rows) else np.zeros(1, image.dtype)
        constants = {"OTHER_CHANNELS": rows.shape[2], "TILED": int(self.tile)}
        return gpu.launch("composite", image, other, top, left, len(rows), width, self.opacity, constants=constants)

    def _rows(self, first: int, last: int, dtype: np.dtype[Any]) -> Pixels:
        """Return rows of the picture, with the mask's as alpha if there is one."""
        rows = self.image.pixels[first:last]
        if self.mask != NO_MASK:
            rows = masked(rows, self.mask.pixels[first:last])
        return converted(rows, dtype)


def masked(pixels: Pixels, mask: Pixels) -> Pixels:
    """Return a picture, as floats, whose alpha is multiplied by the luminance and alpha of another."""
    shown, hidden = (converted(each, np.dtype(np.float32)) for each in (pixels, mask))
    colors = hidden[..., : color_channels(mask.shape[2])]
    alpha = colors @ REC601[:, None] if colors.shape[2] == 3 else colors
    for each in (shown, hidden):
        alpha = alpha * each[..., -1:] if has_alpha(each.shape[2]) else alpha
    made: Pixels = np.concatenate([shown[..., : color_channels(shown.shape[2])], alpha], axis=-1, dtype=np.float32)
    return made


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
