"""How much two pictures of one size differ: in numbers, and as a picture."""

from __future__ import annotations

from math import inf, log10
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.images.convert import with_channels
from imgcuda.images.image import channels as channels_of
from imgcuda.pixels import color_channels, has_alpha, white_level

Pixels = npt.NDArray[Any]

ROWS = 256
"""Rows that are compared at a time, which bounds the memory that it takes."""


class Difference(NamedTuple):
    """The difference of two pictures, in levels of which `white` is the highest."""

    white: int
    largest: float
    mean: float
    """Over all samples."""
    share: float
    """The part of the pixels that differ."""
    psnr: float
    """The peak signal-to-noise ratio in decibels; infinite for equal pictures."""
    picture: npt.NDArray[np.uint8]
    """The absolute differences of the colors, rounded up, so that each that is not 0 can be seen."""


def difference(one: Pixels, other: Pixels) -> Difference | None:
    """Return the difference of two pictures of any types; None if their sizes differ.

    Gray is compared with color as red, green and blue alike; samples that are not numbers count as black.
    """
    if one.shape[:2] != other.shape[:2]:
        return None
    counts = (channels_of(one), channels_of(other))
    channels = max(map(color_channels, counts)) + any(map(has_alpha, counts))
    one, other = with_channels(one, channels), with_channels(other, channels)
    white = _common_white(one.dtype, other.dtype)
    height, width = one.shape[:2]
    picture = np.zeros((height, width, 3), np.uint8)
    largest = total = squares = 0.0
    changed = 0
    for first in range(0, height, ROWS):
        apart = np.abs(_levels(one[first : first + ROWS], white) - _levels(other[first : first + ROWS], white))
        largest = max(largest, float(apart.max(initial=0)))
        total += float(apart.sum())
        squares += float((apart**2).sum())
        changed += int(np.count_nonzero(apart.max(axis=2)))
        picture[first : first + ROWS] = np.ceil(np.minimum(_colors(apart), white) * 255 / white)
    samples = height * width * channels
    psnr = 10 * log10(white**2 * samples / squares) if squares else inf
    return Difference(white, largest, total / samples, changed / (height * width), psnr, picture)


def _common_white(*types: np.dtype[Any]) -> int:
    """Return the white of the levels in which samples of two types are compared: 1 if either is a float."""
    whites = [white_level(each) for each in types]
    return 1 if 1 in whites else max(whites)


def _levels(pixels: Pixels, white: int) -> npt.NDArray[np.float64]:
    """Return samples (height, width, channels) as levels; whole numbers stay whole."""
    samples = pixels.reshape(*pixels.shape[:2], -1).astype(np.float64)
    levels: npt.NDArray[np.float64] = np.nan_to_num(samples, copy=False) * white / white_level(pixels.dtype)
    return levels


def _colors(apart: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return differences as red, green and blue; that of alpha is shown in all three."""
    channels = apart.shape[2]
    colors = apart[:, :, : color_channels(channels)]
    if has_alpha(channels):
        colors = np.maximum(colors, apart[:, :, -1:])
    return np.broadcast_to(colors, (*apart.shape[:2], 3))
