"""Level counts: histograms on the device, for filters that measure the whole image."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Gpu, Layout, MeasuringFilter, color_channels

STEPS = 1 << 16
"""Levels of 16 bits; floats are counted in as many steps from 0 to 1, those outside at the ends."""

TABLES = 8
"""Tables that blocks share when there are so many levels. On a GPU threads meet in one less often; on the CPU they
never do."""

PIXELS = 49152
"""How many pixels a block counts: its tables take as long as a few thousand."""


class Needed(IntEnum):
    """What filters need of the counts of levels of 8 and 16 bits: on the CPU, less is counted for it."""

    COUNTS = 0
    """All counts."""
    ENDS = 1
    """The first level that occurs, and the last."""
    MEAN = 2
    """The mean, and how many samples there are."""


class LevelCounts(MeasuringFilter, abstract=True):
    """Count how often each level occurs in each color channel; alpha is left out."""

    @property
    def needed(self) -> Needed:
        """What is needed of the counts."""
        return Needed.COUNTS

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the counts, (colors, levels, 1): of 256 levels, or of STEPS."""
        if image.dtype == np.uint8:
            return self.count_digit(gpu, image, bits=8)
        sizes = {**samples(image), "TABLES": TABLES, "STEPS": STEPS}
        shape = (TABLES, sizes["COLORS"], STEPS)
        tables = gpu.reduce("steps", image, shape=shape, dtype=np.uint32, constants=sizes, layout=layout(image))
        return gpu.launch("merge", tables, shape=(*shape[1:], 1), constants=sizes, layout=Layout(block=(256, 1)))

    def count_digit(
        self, gpu: Gpu, image: DeviceArray, bits: int, shift: int = 0, known: npt.NDArray[Any] | None = None
    ) -> DeviceArray:
        """Return a histogram of `bits` bits of the samples, from bit number `shift` on: (colors, 2**bits, 1).

        With `known`, (colors, 2) or (1, 2), only where the bits above are the one or the other: (colors, 2, 2**bits).
        """
        counts_all = known is not None or image.dtype.kind == "f"
        sizes = {**samples(image), "BITS": bits, "SHIFT": shift, "ENDS": 1 if known is None else 2}
        sizes |= {**NEEDS, "NEEDS": int(Needed.COUNTS if counts_all else self.needed)}
        above = np.broadcast_to(0 if known is None else known, (sizes["COLORS"], 2)).astype(np.uint32)
        shape = (sizes["COLORS"], 1 << bits, 1) if known is None else (sizes["COLORS"], 2, 1 << bits)
        return gpu.reduce("digits", image, above, shape=shape, dtype=np.uint32, constants=sizes, layout=layout(image))


NEEDS = {f"NEEDS_{needed.name}": int(needed) for needed in Needed}


def layout(image: DeviceArray) -> Layout:
    """Return how threads cover an image: 16 bytes of each channel at a time."""
    pack, threads = 16 // image.dtype.itemsize, 256
    return Layout(over="image", block=(threads, 1), rows=PIXELS // (threads * pack), pack=pack)


def samples(image: DeviceArray) -> dict[str, int]:
    """Return the samples of a pixel, and how many of them are color: all but alpha."""
    return {"SAMPLES": image.channels, "COLORS": color_channels(image.channels)}
