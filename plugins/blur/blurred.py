"""Blurred: the base class of filters that run `blur`, and read nothing else around a pixel."""

from __future__ import annotations

from imgcuda import NeighborhoodFilter
from imgcuda_plugins.blur.blur import Blur


class Blurred(NeighborhoodFilter, abstract=True):
    """A filter that runs `blur` on the image, or on something made of it, and keeps the image's alpha."""

    only_launches = True
    alpha_mode = "color"
    sigma: float

    @property
    def blur(self) -> Blur:
        """The blur that it runs. A filter without `sigma` overrides this."""
        return Blur(sigma=self.sigma, border=self.border)

    @property
    def halo(self) -> int:
        return int(self.blur.halo)

    @property
    def row_step(self) -> int:
        return int(self.blur.row_step)
