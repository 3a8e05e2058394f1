"""Pictures and text laid over an image: the filters of the category `compose`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    from imgcuda_plugins.compose.composite import Composite
    from imgcuda_plugins.compose.text import Text

    return [Composite, Text]
