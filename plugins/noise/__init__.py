"""Noise added and removed: the filters of the category `noise`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    from imgcuda_plugins.noise.add_noise import AddNoise
    from imgcuda_plugins.noise.median import Median
    from imgcuda_plugins.noise.nl_means import NlMeans
    from imgcuda_plugins.noise.total_variation import TotalVariation

    return [AddNoise, Median, NlMeans, TotalVariation]
