"""PNGs of 8 bits that notebooks and pages show: of a whole picture, or of one made smaller."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import PIL.Image

from imgcuda.images.depth import Pixels, to_depth

LARGEST = 512
"""The most pixels across and down."""

SAMPLED = 8
"""The most times as many that are averaged: of a larger picture, rows and columns are left out first."""


def preview(pixels: Pixels, icc: bytes = b"", largest: int = LARGEST) -> bytes:
    """Return a picture as an 8-bit PNG of at most so many pixels across and down.

    Floats beyond 0 and 1 become black and white.
    """
    return png(smaller(pixels, largest), icc)


def smaller(pixels: Pixels, largest: int) -> Pixels:
    """Return a picture in 8 bits, made smaller if it has more pixels across or down."""
    step = max(1, max(pixels.shape[:2]) // (largest * SAMPLED))
    picture = _of_pillow(to_depth(pixels[::step, ::step], "8"))
    picture.thumbnail((largest, largest), PIL.Image.Resampling.BOX, reducing_gap=None)
    return np.asarray(picture)


def png(pixels: Pixels, icc: bytes = b"") -> bytes:
    """Return a picture of any depth as an 8-bit PNG."""
    file = BytesIO()
    _of_pillow(to_depth(pixels, "8")).save(file, "PNG", icc_profile=icc or None)
    return file.getvalue()


def _of_pillow(samples: Pixels) -> PIL.Image.Image:
    return PIL.Image.fromarray(samples[:, :, 0] if samples.shape[2:] == (1,) else samples)
