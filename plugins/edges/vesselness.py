"""Vesselness: Frangi's measure of lines of one width, which `frangi` takes of several."""

from __future__ import annotations

from imgcuda import DeviceArray, Gpu, param
from imgcuda_plugins.blur.blur import reach
from imgcuda_plugins.edges.scale_space import ScaleSpace


class Vesselness(ScaleSpace):
    """Return Frangi's measure of dark lines of one width, from 0 to 1, of an image of floats."""

    sigma: float = param(help="standard deviation of the Gaussian, in pixels")
    unit: float = param(help="what makes values from 0 to 1 of the image's; below 0 for bright lines")
    beta: float = param(help="as of frangi")
    gamma: float = param(help="as of frangi")

    @property
    def halo(self) -> int:
        return int(reach(self.sigma))

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        planes = self.second_derivatives(gpu, image, self.sigma)
        wishes = (self.unit, -0.5 / self.beta**2, -0.5 / self.gamma**2)
        return gpu.launch("vesselness", image, *planes, *wishes, constants={"VESSELNESS": 1})
