"""Edges: the filters of the category `edges`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    from imgcuda_plugins.edges.canny import Canny
    from imgcuda_plugins.edges.difference_of_gaussians import DifferenceOfGaussians
    from imgcuda_plugins.edges.edges import Edges
    from imgcuda_plugins.edges.frangi import Frangi
    from imgcuda_plugins.edges.gabor import Gabor
    from imgcuda_plugins.edges.gradient_direction import GradientDirection
    from imgcuda_plugins.edges.hessian import Hessian
    from imgcuda_plugins.edges.high_pass import HighPass
    from imgcuda_plugins.edges.laplacian_of_gaussian import LaplacianOfGaussian

    return [
        Canny,
        DifferenceOfGaussians,
        Edges,
        Frangi,
        Gabor,
        GradientDirection,
        Hessian,
        HighPass,
        LaplacianOfGaussian,
    ]
