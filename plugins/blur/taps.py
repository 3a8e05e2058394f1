"""Taps: the base class of blurs by a sparse kernel, most of whose weights are 0."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter

Weights = npt.NDArray[np.float64]


class Taps(NeighborhoodFilter, abstract=True):
    """Correlate an image with a sparse kernel: weights of 0 cost no time."""

    channelwise = True
    only_launches = True

    @property
    def kernel(self) -> Weights:
        """The kernel of the correlation: a square with an odd side, whose weights add up to 1."""
        raise NotImplementedError

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        places, weights, reach = taps(self)
        layout = Layout(over="samples", block=(128, 1), rows=8)
        return gpu.launch("taps", image, places, weights, len(weights), reach, layout=layout)


@lru_cache(maxsize=16)  # a large kernel takes 0.1 s, and each strip of an image needs it
def taps(blur: Taps) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], int]:
    """Return the column and row, from the middle, of each weight that is not 0; these weights; and the radius."""
    kernel = blur.kernel
    reach = len(kernel) // 2
    rows, columns = np.nonzero(kernel)
    places = np.stack([columns - reach, rows - reach], axis=1).astype(np.int32)
    return places, kernel[rows, columns].astype(np.float32), reach
