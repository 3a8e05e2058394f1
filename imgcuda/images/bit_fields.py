"""Unpack pixels that hold several channels in one number, as in BMP and DDS: 5-6-5, 10-10-10-2 and others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from imgcuda.images.image import Pixels


def unpacked(pixels: npt.NDArray[np.uint8], masks: Sequence[int]) -> Pixels:
    """Return the channels of pixels of (height, width, bytes), lowest byte first; a mask has the bits of each channel.

    They are uint8, or uint16 where a channel has more than 8 bits, scaled so that all bits set are white.
    """
    deep = any(mask >> shift(mask) > 255 for mask in masks)
    made = np.empty((*pixels.shape[:2], len(masks)), np.uint16 if deep else np.uint8)
    for channel, mask in enumerate(masks):
        made[:, :, channel] = _channel(pixels, mask, 65535 if deep else 255)
    return made


def are_adjacent(mask: int, bits: int) -> bool:
    """Return whether the bits of a mask are next to each other, and within so many bits."""
    field = mask >> shift(mask)
    return not (mask >> bits or field & (field + 1))


def shift(mask: int) -> int:
    """Return how many bits are below a mask."""
    return (mask & -mask).bit_length() - 1 if mask else 0


def _channel(pixels: npt.NDArray[np.uint8], mask: int, white: int) -> Pixels:
    """Return the value in the bits of a mask, scaled to the white level and rounded."""
    below, largest = shift(mask), mask >> shift(mask)
    if not mask:
        return np.zeros(pixels.shape[:2], np.uint8)
    if largest == white == 255 and below % 8 == 0:
        return pixels[:, :, below // 8]
    whole = np.zeros(pixels.shape[:2], np.uint32)
    for byte in range(pixels.shape[2]):
        whole |= pixels[:, :, byte].astype(np.uint32) << np.uint32(8 * byte)
    values = ((whole & np.uint32(mask)) >> np.uint32(below)).astype(np.uint64)
    scaled: Pixels = (values * np.uint64(white) + np.uint64(largest // 2)) // np.uint64(largest)
    return scaled
