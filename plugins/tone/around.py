"""Around: the base class of filters that compare a pixel with the blurred luminance around it."""

from __future__ import annotations

import numpy as np

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, has_alpha, param
from imgcuda_plugins.blur.blur import Blur


class Around(NeighborhoodFilter, abstract=True):
    """A filter that compares a pixel with the luminance around it."""

    only_launches = True
    alpha_mode = "color"
    layout = Layout(over="image", block=(256, 1))

    sigma: float = param(
        default=30.0, ge=0.1, le=100, help="how far around, in pixels: the standard deviation of the luminance's blur"
    )

    @property
    def halo(self) -> int:
        return int(Blur(sigma=self.sigma).halo)

    @property
    def row_step(self) -> int:
        return int(Blur(sigma=self.sigma).row_step)

    def blurred_luminance(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the blurred luminance from 0 to 1 as a plane, with alpha where the image has it: premultiplied."""
        shape = (image.height, image.width, 1 + has_alpha(image.channels))
        plane = gpu.launch("luminance", image, shape=shape, dtype=np.float32)
        return gpu.apply(Blur(sigma=self.sigma, border=self.border), plane)
