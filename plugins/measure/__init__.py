"""Measurements that are images: the filters of the category `measure`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl
from imgcuda_plugins.measure.distance_transform import DistanceTransform


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [DistanceTransform]
