"""Effects: the filters of the category `stylize`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl
from imgcuda_plugins.stylize.emboss import Emboss
from imgcuda_plugins.stylize.pixelate import Pixelate
from imgcuda_plugins.stylize.posterize import Posterize
from imgcuda_plugins.stylize.vignette import Vignette


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [Emboss, Pixelate, Posterize, Vignette]
