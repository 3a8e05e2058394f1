"""Tone: tone mapping and local contrast, the filters of the category `tone`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    from imgcuda_plugins.tone.dehaze import Dehaze
    from imgcuda_plugins.tone.filmic import Filmic
    from imgcuda_plugins.tone.local_contrast import LocalContrast
    from imgcuda_plugins.tone.tone_map import ToneMap

    return [Dehaze, Filmic, LocalContrast, ToneMap]
