"""Blurred: the base class of filters that run `blur`, and read nothing else around a pixel."""

from __future__ import annotations

from collections.abc import Sequence

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
    def blurs(self) -> Sequence[Blur]:
        """The blurs that reach furthest. A filter that runs several overrides this."""
        return [self.blur]

    @property
    def halo(self) -> int:
        return max(int(blur.halo) for blur in self.blurs)

    @property
    def row_step(self) -> int:
        return max(int(blur.row_step) for blur in self.blurs)  # all are powers of 2
