"""A small PNG of a picture, which notebooks show."""

from __future__ import annotations

from io import BytesIO

import PIL.Image

from imgcuda.images.depth import Pixels, to_depth

LARGEST = 512
"""The most pixels across and down."""

SAMPLED = 8
"""The most times as many that are averaged: of a larger picture, rows and columns are left out first."""


def preview(pixels: Pixels, icc: bytes = b"") -> bytes:
    """Return a picture as an 8-bit PNG of at most 512 x 512 pixels; floats beyond 0 and 1 become black and white."""
    step = max(1, max(pixels.shape[:2]) // (LARGEST * SAMPLED))
    samples = to_depth(pixels[::step, ::step], "8")
    picture = PIL.Image.fromarray(samples[:, :, 0] if samples.shape[2:] == (1,) else samples)
    picture.thumbnail((LARGEST, LARGEST), PIL.Image.Resampling.BOX, reducing_gap=None)
    file = BytesIO()
    picture.save(file, "PNG", icc_profile=icc or None)
    return file.getvalue()
