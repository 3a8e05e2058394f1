"""Around: the base class of filters that compare a pixel with the blurred luminance around it."""

from __future__ import annotations

import numpy as np

from imgcuda import DeviceArray, Gpu, Layout, has_alpha, param
from imgcuda_plugins.blur.blurred import Blurred


# Abstract, but mypy, which does not see classes of another category, would refuse abstract=True here.
class Around(Blurred):
    """A filter that compares a pixel with the luminance around it."""

    layout = Layout(over="image", block=(256, 1))

    sigma: float = param(
        default=30.0, ge=0.1, le=100, help="how far around, in pixels: the standard deviation of the luminance's blur"
    )

    def blurred_luminance(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the blurred luminance from 0 to 1 as a plane, with alpha where the image has it: premultiplied."""
        shape = (image.height, image.width, 1 + has_alpha(image.channels))
        plane = gpu.launch("luminance", image, shape=shape, dtype=np.float32)
        return gpu.apply(self.blur, plane)
