"""The statistics of each channel of an image: of whole numbers by their counts alone, so that they are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf, isqrt, nan

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import Device
from imgcuda.execution.row_source import RowSource
from imgcuda.statistics.sample_counts import Counts, count, strips

BINS = 256
"""Bins of a histogram, from black to white."""

_DIGITS = 1 << 64
"""What a standard deviation is scaled by while it is a whole number."""


@dataclass(frozen=True)
class ChannelStatistics:
    """The statistics of a channel's samples; of floats, infinities and NaN are left out."""

    samples: int
    """How many there are."""
    min: float
    max: float
    mean: float
    std: float
    """The standard deviation, of the samples as all there are: divided by their number, as NumPy does."""
    median: float
    black: float
    """The share of the samples that are black, or darker: 0 or less."""
    white: float
    """The share of the samples that are white, or brighter: the type's highest value, or 1 or more."""
    histogram: tuple[int, ...]
    """How many samples lie in each of 256 bins from black to white; of floats, only those from 0 to 1."""


def channel_statistics(devices: Sequence[Device], image: RowSource) -> list[ChannelStatistics]:
    """Return the statistics of each channel of an image (height, width, channels), counted on the devices."""
    counts = count(devices, image)
    if image.dtype == np.float32:
        return _of_floats(devices, image, counts)
    return [_of_counts(each) for each in counts]


def _of_counts(counts: Counts) -> ChannelStatistics:
    """Return the statistics of whole numbers, by how often each occurs."""
    found, number = np.flatnonzero(counts), int(counts.sum())
    pairs = [(int(level), int(counts[level])) for level in found]
    total, squares = sum(a * b for a, b in pairs), sum(a * a * b for a, b in pairs)
    spread = isqrt((squares * number - total * total) * _DIGITS**2)
    low, high = (_nth(counts, rank) for rank in _middle(number))
    return ChannelStatistics(
        number,
        float(found[0]),
        float(found[-1]),
        total / number,
        spread / (number * _DIGITS),
        (low + high) / 2,
        int(counts[0]) / number,
        int(counts[-1]) / number,
        tuple(counts.reshape(BINS, -1).sum(axis=1).tolist()),
    )


def _middle(number: int) -> tuple[int, int]:
    """Return the ranks of the two samples in the middle, or twice of the one, counted from 0."""
    return (number - 1) // 2, number // 2


def _nth(counts: Counts, rank: int) -> int:
    """Return the value of the sample of a rank, counted from 0."""
    return int(np.searchsorted(np.cumsum(counts), rank, side="right"))


def _of_floats(devices: Sequence[Device], image: RowSource, counts: Counts) -> list[ChannelStatistics]:
    """Return the statistics of floats: the median by counts of their bits, the others in float64 on the host."""
    numbers = counts.sum(axis=1)

    @cache  # the two samples in the middle mostly have the same upper bits
    def lower_counts(upper: tuple[int, ...]) -> Counts:
        return count(devices, image, known=np.array(upper))

    low, high = (_ranked(counts, lower_counts, [_middle(int(each))[side] for each in numbers]) for side in (0, 1))
    channels = [_Sums() for _ in numbers]
    for second in (False, True):
        for first, last in strips(image):
            rows = image[first:last]
            for channel, sums in enumerate(channels):
                values = rows[:, :, channel].astype(np.float64)
                sums.add(values[np.isfinite(values)], second)
    return [sums.statistics((a + b) / 2) for sums, a, b in zip(channels, low, high, strict=True)]


def _ranked(counts: Counts, lower_counts: Callable[[tuple[int, ...]], Counts], ranks: Sequence[int]) -> list[float]:
    """Return each channel's sample of a rank: its key's upper bits by the counts, its lower ones by counts of those."""
    upper = [_nth(each, rank) for each, rank in zip(counts, ranks, strict=True)]
    inside = lower_counts(tuple(place % counts.shape[1] for place in upper))
    before = [int(each[:place].sum()) for each, place in zip(counts, upper, strict=True)]
    lower = [_nth(each, rank - less) for each, rank, less in zip(inside, ranks, before, strict=True)]
    return [_float_of((a << 16) + b) for a, b in zip(upper, lower, strict=True)]


def _float_of(key: int) -> float:
    """Return the float of a key, of which the prelude's key_of_pixel makes those of samples."""
    bits = key ^ 0x80000000 if key >> 31 else ~key
    return float(np.uint32(bits & 0xFFFFFFFF).view(np.float32))


class _Sums:
    """The sums of a channel's floats, in two passes over the image: the second needs the mean."""

    def __init__(self) -> None:
        self.number = self.black = self.white = 0
        self.low, self.high, self.total, self.squares = inf, -inf, 0.0, 0.0
        self.bins = np.zeros(BINS, np.int64)

    def add(self, values: npt.NDArray[np.float64], second: bool) -> None:
        """Add the values of some rows, in the first pass or in the second."""
        if second:
            self.squares += float(np.sum((values - self.mean) ** 2))
            return
        self.number += values.size
        self.low, self.high = values.min(initial=self.low), values.max(initial=self.high)
        self.total += float(values.sum())
        self.black += int(np.count_nonzero(values <= 0))
        self.white += int(np.count_nonzero(values >= 1))
        self.bins += np.histogram(values, BINS, (0, 1))[0]

    @property
    def mean(self) -> float:
        return self.total / self.number if self.number else nan

    def statistics(self, median: float) -> ChannelStatistics:
        """Return the statistics, given the median; all are NaN if there is no number."""
        number = self.number or nan
        return ChannelStatistics(
            self.number,
            float(self.low) if self.number else nan,
            float(self.high) if self.number else nan,
            self.mean,
            (self.squares / number) ** 0.5,
            median if self.number else nan,
            self.black / number,
            self.white / number,
            tuple(self.bins.tolist()),
        )
