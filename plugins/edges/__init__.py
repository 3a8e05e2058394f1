"""Edges: the filters of the category `edges`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl
from imgcuda_plugins.edges.canny import Canny
from imgcuda_plugins.edges.edges import Edges


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [Canny, Edges]
