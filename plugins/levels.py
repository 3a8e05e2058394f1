"""Levels: how often each occurs. What filters that look at the whole image have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Gpu, Layout, MeasuringFilter

STEPS = 1 << 16
"""Levels of 16 bits; floats are counted in as many steps from 0 to 1, those outside at the ends."""

TABLES = 8
"""Tables that blocks share when there are so many levels. On a GPU threads meet in one less often; on the CPU they
never do."""


class Levels(MeasuringFilter, abstract=True):
    """Count how often each level occurs in each colour channel; alpha is left out."""

    layout = Layout(over="image", block=(192, 1), rows=64, pack=4)

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the counts, (colours, levels, 1): of 256 levels, or of STEPS."""
        if image.dtype == np.uint8:
            return count_digit(gpu, image, bits=8)
        sizes = {"SAMPLES": image.channels, "COLORS": colors(image), "TABLES": TABLES, "STEPS": STEPS}
        tables = gpu.reduce("steps", image, shape=(TABLES, colors(image), STEPS), dtype=np.uint32, constants=sizes)
        shape = (colors(image), STEPS, 1)
        return gpu.launch("merge", tables, shape=shape, constants=sizes, layout=Layout(block=(256, 1)))


def colors(image: DeviceArray) -> int:
    """Return how many of an image's channels are colour: all but alpha."""
    return image.channels - (image.channels in (2, 4))


def count_digit(
    gpu: Gpu, image: DeviceArray, bits: int, shift: int = 0, known: npt.NDArray[np.uint32] | None = None
) -> DeviceArray:
    """Return how often each number of some bits occurs in the samples, (colours, 2**bits, 1), those `shift` bits up.

    With `known`, (colours, 2), only where the bits above are one of those two: then (colours, 2 * 2**bits, 1).
    """
    ends = 1 if known is None else 2
    sizes = {"SAMPLES": image.channels, "COLORS": colors(image), "BITS": bits, "SHIFT": shift, "ENDS": ends}
    given = np.zeros((colors(image), 2), np.uint32) if known is None else known
    shape = (colors(image), ends << bits, 1)
    return gpu.reduce("digits", image, given, shape=shape, dtype=np.uint32, constants=sizes)
