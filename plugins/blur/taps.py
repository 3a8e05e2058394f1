"""Taps: a blur whose weights are few beside the square that they lie in. What such filters have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter

Weights = npt.NDArray[np.float64]


class Taps(NeighborhoodFilter, abstract=True):
    """Add up the pixels around each, by weights of which only those that are not 0 cost time."""

    channelwise = True
    only_launches = True

    @property
    def kernel(self) -> Weights:
        """The weights, which add up to 1, of odd sides: a correlation."""
        raise NotImplementedError

    @property
    def halo(self) -> int:
        return max(self.kernel.shape) // 2

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        kernel = self.kernel
        rows, columns = np.nonzero(kernel)
        places = np.stack([columns - kernel.shape[1] // 2, rows - kernel.shape[0] // 2], axis=1).astype(np.int32)
        weights = kernel[rows, columns].astype(np.float32)
        layout = Layout(over="samples", block=(128, 1), rows=8)
        return gpu.launch("taps", image, places, weights, len(weights), self.halo, layout=layout)
