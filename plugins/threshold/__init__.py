"""Black and white by level: the filters of the category `threshold`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl
from imgcuda_plugins.threshold.auto_threshold import AutoThreshold
from imgcuda_plugins.threshold.threshold import Threshold


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [AutoThreshold, Threshold]
