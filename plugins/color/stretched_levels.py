"""Stretched levels: the base class of filters that stretch an image between two measured levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import Argument, DeviceArray, Filter, Gpu, PointFilter, Table, param
from imgcuda_plugins.color.level_counts import LevelCounts, Needed

Numbers = npt.NDArray[np.int64]

DIGITS: dict[int, Sequence[int]] = {1: (8,), 2: (10, 6), 4: (11, 11, 10)}
"""How many bits of a sample are counted in one go, highest first, by its size in bytes. After each, only those samples
are of interest that begin as the one that is looked for. No two types begin alike: so what was found says of which."""


class StretchedLevels(LevelCounts):
    """Stretch an image between two levels, which are found exactly for all types of pixels."""

    per_channel: bool = param(
        default=True, help="stretch each color by itself, which removes a cast; otherwise all in the same way"
    )

    @property
    def channelwise(self) -> bool:
        return self.per_channel

    @property
    def set_aside(self) -> tuple[float, float]:
        """The percents of the darkest and of the brightest samples that become black and white, too."""
        return 0.0, 0.0

    @property
    def needed(self) -> Needed:
        return Needed.COUNTS if any(self.set_aside) else Needed.ENDS

    def passes(self, dtype: npt.DTypeLike) -> int:
        return len(DIGITS[np.dtype(dtype).itemsize])

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        bits, *others = DIGITS[image.dtype.itemsize]
        return self.count_digit(gpu, image, bits, shift=sum(others))

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        counts = found[:, :, 0] if self.per_channel else found[:, :, 0].sum(axis=0, keepdims=True)
        size = next(size for size, bits in DIGITS.items() if 1 << bits[0] == counts.shape[1])
        aside = (counts.sum(axis=1, keepdims=True) * np.array(self.set_aside) // 100).astype(np.int64)
        return narrowed(np.zeros([1, 2], np.int64), aside, np.stack([counts] * 2, axis=1), size, digit=0)


class Ends(LevelCounts):
    """Find the darkest and the brightest sample of each channel to one more digit."""

    known: Table = param(help="the digits that they begin with, as numbers, (channels, 2)")
    aside: Table = param(help="how many of the samples that begin so are set aside, (channels, 2)")
    size: int = param(help="bytes of a sample")
    digit: int = param(help="which of the DIGITS comes next")

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        bits, *others = DIGITS[self.size][self.digit :]
        return self.count_digit(gpu, image, bits, shift=sum(others), known=self.known.array)

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        together = len(self.known.array) == 1
        counts = found.sum(axis=0, keepdims=True) if together else found
        return narrowed(self.known.array, self.aside.array, counts, self.size, self.digit)


class Stretched(PointFilter):
    """Move all values in proportion, so that one becomes black."""

    ends: Table = param(
        help="black, the factor, and the power of two that floats are scaled by before, (channels, 3) or (1, 3)"
    )

    def arguments(self) -> Mapping[str, Argument]:
        return {"ends": np.broadcast_to(self.ends.array, (3, 3))}


def narrowed(known: Numbers, aside: Numbers, counts: Numbers, size: int, digit: int) -> Filter:
    """Return the next filter, given the `counts` of this digit: one for the next digit, or at last one that stretches.

    `known` and `aside` are those of Ends; `counts` is how often each digit occurs, (channels, 2, digits).
    """
    low, low_aside = nth(counts[:, 0], aside[:, 0])
    high, high_aside = nth(counts[:, 1, ::-1], aside[:, 1])
    found = np.stack([low, counts.shape[2] - 1 - high], axis=1)
    known = known << DIGITS[size][digit] | found
    if digit + 1 == len(DIGITS[size]):
        return Stretched(ends=Table.of(factors(values(known, size))))
    left = np.stack([low_aside, high_aside], axis=1)
    return Ends(known=Table.of(known), aside=Table.of(left), size=size, digit=digit + 1)


def nth(counts: Numbers, aside: Numbers) -> tuple[Numbers, Numbers]:
    """Return the digit of the first sample that is not set aside, and how many samples of that digit are."""
    until = np.cumsum(counts, axis=1)
    place = np.argmax(until > aside[:, None], axis=1)
    before = np.take_along_axis(until - counts, place[:, None], axis=1)[:, 0]
    return place, aside - before


def values(keys: Numbers, size: int) -> npt.NDArray[np.float64]:
    """Return samples, from 0 to 1, given their sortable keys; for floats, those of the prelude's key_of_pixel."""
    if size < 4:
        return keys / (256.0**size - 1)
    bits = np.where(keys >> 31, keys ^ (1 << 31), ~keys & 0xFFFFFFFF)
    return bits.astype(np.uint32).view(np.float32).astype(np.float64)


def factors(ends: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return for each channel the value of black, the factor, and the power of two that values are scaled by before.

    Nothing changes where one level is left, or none.
    """
    low, high = ends[:, 0], ends[:, 1]
    flat = ~(low < high)
    size = np.where(flat, 1, high - low)
    exponent = np.frexp(size)[1]
    unit = np.where(np.abs(exponent) < 100, 1, np.ldexp(1.0, np.clip(-exponent, -127, 127)))
    return np.stack([np.where(flat, 0, low) * unit, 1 / (size * unit), unit], axis=1).astype(np.float32)
