"""Taps: the base class of blurs by a sparse kernel, most of whose weights are 0."""

from __future__ import annotations

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
        """The kernel of the correlation, with an odd number of rows and of columns; its weights add up to 1."""
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
