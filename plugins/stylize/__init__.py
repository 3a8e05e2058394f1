"""Effects: the filters of the category `stylize`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    from imgcuda_plugins.stylize.bloom import Bloom
    from imgcuda_plugins.stylize.cartoon import Cartoon
    from imgcuda_plugins.stylize.dither import Dither
    from imgcuda_plugins.stylize.emboss import Emboss
    from imgcuda_plugins.stylize.error_diffusion import ErrorDiffusion
    from imgcuda_plugins.stylize.halftone import Halftone
    from imgcuda_plugins.stylize.oil_paint import OilPaint
    from imgcuda_plugins.stylize.pixelate import Pixelate
    from imgcuda_plugins.stylize.posterize import Posterize
    from imgcuda_plugins.stylize.quantize import Quantize
    from imgcuda_plugins.stylize.sketch import Sketch
    from imgcuda_plugins.stylize.vignette import Vignette

    return [
        Bloom,
        Cartoon,
        Dither,
        Emboss,
        ErrorDiffusion,
        Halftone,
        OilPaint,
        Pixelate,
        Posterize,
        Quantize,
        Sketch,
        Vignette,
    ]
