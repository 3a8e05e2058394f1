"""Size and orientation: the filters of the category `geometry`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl
from imgcuda_plugins.geometry.crop import Crop
from imgcuda_plugins.geometry.flip import Flip
from imgcuda_plugins.geometry.pad import Pad
from imgcuda_plugins.geometry.resize import Resize
from imgcuda_plugins.geometry.roll import Roll
from imgcuda_plugins.geometry.rotate import Rotate


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [Crop, Flip, Pad, Resize, Roll, Rotate]
