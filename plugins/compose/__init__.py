"""Two pictures made one: the filters of the category `compose`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl
from imgcuda_plugins.compose.composite import Composite


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [Composite]
