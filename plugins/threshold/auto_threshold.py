"""Auto-threshold: black and white, at the level that parts an image best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Filter, Gpu, param
from imgcuda_plugins.color.grayscale import Grayscale
from imgcuda_plugins.color.level_counts import LevelCounts
from imgcuda_plugins.threshold.threshold import Threshold

Counts = npt.NDArray[np.int64]


class AutoThreshold(LevelCounts):
    """Make an image black and white, at the level that its own brightness suggests.

    What is counted is the luminance, as `grayscale` makes it: 256 levels, or 65536 of 16 bits; floats in 65536 steps
    from 0 to 1, those outside at the ends, but for what is infinite or not a number, which does not count. Transparent
    pixels count as others do. As in `threshold`, what is not a number becomes black.
    """

    channels: ClassVar[Literal[1]] = 1
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "otsu": {"method": "otsu"},
        "triangle": {"method": "triangle"},
    }

    method: Literal["otsu", "triangle"] = param(
        default="otsu",
        help="otsu for the level that leaves black and white each as even as possible, triangle for the foot of the"
        " highest peak, good where one of the two is small",
    )

    def preparation(self, channels: int, dtype: npt.DTypeLike) -> Sequence[Filter]:
        """Make colors gray first. The luminance of a gray float may differ from it in the last bit, so not those."""
        return [Grayscale()] if channels > 2 and np.dtype(dtype).kind == "u" else []

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return super().measure(gpu, gpu.apply(Grayscale(), image) if image.channels > 2 else image)

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        counts = found[0, :, 0]
        level = otsu(counts) if self.method == "otsu" else triangle(counts)
        top = len(counts) - 1
        return Threshold(level=min(max(level + 0.5, 0) / top, 1))  # between this level and the next


def otsu(counts: Counts) -> int:
    """Return the last level of the darker class; it maximizes the variance between the classes (Otsu 1979)."""
    number, weight = np.cumsum(counts), np.cumsum(counts * np.arange(len(counts)))
    total, whole = number[-1], weight[-1]
    sizes = number * (total - number).astype(float)  # their product; where one is empty, there is no variance
    variance = (weight * float(total) - whole * number.astype(float)) ** 2 / np.maximum(sizes, 1)
    return int(np.argmax(variance))


def triangle(counts: Counts) -> int:
    """Return the level at the foot of the highest peak, on its longer side: where a line to its end is furthest above.

    Zack, Rogers, Latt: Automatic measurement of sister chromatid exchange frequency, 1977. As in OpenCV, the line ends
    one level beyond the outermost that occurs, and the level that is returned is one further from the peak.
    """
    top, peak, occurs = len(counts) - 1, int(np.argmax(counts)), counts > 0
    first, last = max(int(np.argmax(occurs)) - 1, 0), min(top - int(np.argmax(occurs[::-1])) + 1, top)
    if peak - first >= last - peak:
        return _lowest(counts, first, peak) - 1
    return top - (_lowest(counts[::-1], top - last, top - peak) - 1)


def _lowest(counts: Counts, first: int, peak: int) -> int:
    """Return which level lies furthest below the line from the first to the peak; the first if none does."""
    levels = np.arange(first + 1, peak + 1)
    below = counts[peak] * levels - (peak - first) * counts[levels]
    return int(levels[np.argmax(below)]) if below.max(initial=0) > 0 else first
