"""Measurements that are images: the filters of the category `measure`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    from imgcuda_plugins.measure.distance_transform import DistanceTransform

    return [DistanceTransform]
