"""An image in memory: its pixels and its metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.images.color import Color
from imgcuda.pixels import MOST_CHANNELS, white_level

Pixels = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Image:
    """A picture, or the first of several: pages, or the frames of an animation."""

    pixels: Pixels
    """(height, width) or (height, width, channels): uint8, uint16, or float32."""
    exif: bytes = b""
    icc: bytes = b""
    """The color profile."""
    dpi: tuple[float, float] | None = None
    losses: tuple[str, ...] = ()
    """What the file holds and the pixels do not, a sentence each: 16-bit color that could not be had, CMYK."""
    xmp: bytes = b""
    text: tuple[tuple[str, str], ...] = ()
    """Keyword and text, as PNG has them; JPEG and GIF have one, the Comment."""
    later: tuple[Image, ...] = ()
    """The pictures after this one."""
    duration: float | None = None
    """How long it is shown, in milliseconds; None where there is no time, as in the pages of a TIFF."""
    plays: int = 0
    """How often an animation is shown; 0 is for ever."""
    left_out: tuple[str, ...] = ()
    """A sentence for each part of the file's metadata that is not carried."""
    aspect: tuple[int, int] | None = None
    """So many pixels are as long across as so many are down, where the file says this and no resolution."""
    color: Color = ()
    """What the file says of its colors without a profile, as chunks of a PNG."""
    photoshop: bytes = b""
    """Photoshop's image resources, IPTC among them."""
    has_default_image: bool = False
    """The first picture is for programs that show no animation (PNG), and not part of it."""

    @property
    def frames(self) -> tuple[Image, ...]:
        """This picture and those after it."""
        return (self, *self.later)

    def stripped(self) -> Image:
        """Return the same without metadata."""
        bare = (
            replace(frame, exif=b"", icc=b"", dpi=None, xmp=b"", text=(), aspect=None, color=(), photoshop=b"")
            for frame in self.later
        )
        return replace(
            self, exif=b"", icc=b"", dpi=None, xmp=b"", text=(), aspect=None, color=(), photoshop=b"", later=tuple(bare)
        )

    def filtered(self, pixels: Sequence[Pixels]) -> Image:
        """Return the same with other pixels, an array for each of `frames`."""
        later = (replace(frame, pixels=array) for frame, array in zip(self.later, pixels[1:], strict=True))
        return replace(self, pixels=pixels[0], later=tuple(later))

    def _repr_png_(self) -> bytes:
        """Return a small PNG of the picture, or of the first of several, for a notebook to show."""
        from imgcuda.images.preview import preview

        return preview(self.pixels, self.icc)


def channels(pixels: Pixels) -> int:
    """Return 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGB, alpha)."""
    return int(pixels.shape[2]) if pixels.ndim == 3 else 1


def without_memory(shape: tuple[int, ...], dtype: npt.DTypeLike = np.uint8) -> Pixels:
    """Return pixels of a shape and type that take no memory and cannot be written to, for some that are elsewhere."""
    return np.broadcast_to(np.zeros((), dtype), shape)


def pixels_shape(planes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of pixels whose planes have a shape (height, width, channels): of one channel, the first two."""
    return planes if planes[2] > 1 else planes[:2]


def as_planes(pixels: Pixels) -> Pixels:
    """Return pixels as (height, width, channels), C-contiguous."""
    return np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[:, :, None])


def divided_by_alpha(pixels: Pixels) -> Pixels:
    """Return premultiplied color as straight color, in its own type; fully transparent pixels become black."""
    if pixels.dtype == np.float32:
        alpha = pixels[:, :, -1:]
        color = np.divide(pixels[:, :, :-1], alpha, out=np.zeros_like(pixels[:, :, :-1]), where=alpha != 0)
        return np.concatenate([color, alpha], axis=2)
    white = white_level(pixels.dtype)
    alpha = pixels[:, :, -1:].astype(np.float64)
    color = np.minimum(np.rint(pixels[:, :, :-1] * float(white) / np.maximum(alpha, 1)), white)
    return np.concatenate([color, alpha], axis=2).astype(pixels.dtype)


def describe(pixels: Pixels) -> str:
    """Return size, channels and sample type in words: "600 x 400 RGB, uint8"."""
    if channels(pixels) > MOST_CHANNELS:
        return f"{pixels.shape[1]} x {pixels.shape[0]} of {channels(pixels)} channels, {pixels.dtype}"
    words = ("gray", "gray with alpha", "RGB", "RGB with alpha")[channels(pixels) - 1]
    return f"{pixels.shape[1]} x {pixels.shape[0]} {words}, {pixels.dtype}"
