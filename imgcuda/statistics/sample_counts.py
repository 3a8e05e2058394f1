"""Counts the samples of an image by their values, on a device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import Device, DeviceArray
from imgcuda.errors import FilterError
from imgcuda.execution.gpu import Gpu
from imgcuda.execution.row_source import RowSource
from imgcuda.execution.streaming import measure_rows
from imgcuda.filters import Filter, MeasuringFilter
from imgcuda.parameter_types import Table
from imgcuda.parameters import param
from imgcuda.programs.layout import Layout

Counts = npt.NDArray[np.int64]

STRIP_BYTES = 1 << 25
"""About how many bytes of an image are in memory at once."""

LAYOUT = Layout(over="image", block=(256, 1), rows=64)


class SampleCounts(MeasuringFilter):
    """Count how often each value occurs in each channel, alpha too."""

    lower: bool = param(default=False, constant=True, help="count the lower bits of floats that begin as `known` says")
    known: Table = param(default=Table.of([0]), help="the upper bits of those floats, a number for each channel")

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        bins = 1 << min(16, 8 * image.dtype.itemsize)
        return gpu.reduce(
            "sample_counts",
            image,
            {"known": np.resize(self.known.array, image.channels).astype(np.uint32)},
            shape=(image.channels, bins, 1),
            dtype=np.uint32,
            constants={"BINS": bins},
            layout=LAYOUT,
        )

    def resolve(self, found: npt.NDArray[np.int64]) -> Filter:
        raise FilterError("sample counts are measured only; no filter runs by them")


def strips(image: RowSource) -> list[tuple[int, int]]:
    """Return the rows to have in memory, one after the other."""
    height, width, channels = image.shape
    rows = max(1, STRIP_BYTES // (width * channels * image.dtype.itemsize))
    return [(first, min(first + rows, height)) for first in range(0, height, rows)]


def count(devices: Sequence[Device], image: RowSource, known: Counts | None = None) -> Counts:
    """Return how often each value occurs, (channels, values): of floats the upper 16 bits of their keys.

    With `known`, a number for each channel, of the floats whose upper bits are this number, the lower 16 bits.
    """
    counter = SampleCounts() if known is None else SampleCounts(lower=True, known=Table.of(known))
    found = [measure_rows(devices, [], counter, image, *rows) for rows in strips(image)]
    return np.asarray(np.sum(found, axis=0, dtype=np.int64))[:, :, 0]
