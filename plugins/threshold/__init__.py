"""Black and white by level: the filters of the category `threshold`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    from imgcuda_plugins.threshold.adaptive_threshold import AdaptiveThreshold
    from imgcuda_plugins.threshold.auto_threshold import AutoThreshold
    from imgcuda_plugins.threshold.clahe import Clahe
    from imgcuda_plugins.threshold.in_range import InRange
    from imgcuda_plugins.threshold.threshold import Threshold

    return [AdaptiveThreshold, AutoThreshold, Clahe, InRange, Threshold]
