"""Tones and colors: the filters of the category `color`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    from imgcuda_plugins.color.auto_contrast import AutoContrast
    from imgcuda_plugins.color.brightness import Brightness
    from imgcuda_plugins.color.chroma_key import ChromaKey
    from imgcuda_plugins.color.color_matrix import ColorMatrix
    from imgcuda_plugins.color.colorize import Colorize
    from imgcuda_plugins.color.colormap import Colormap
    from imgcuda_plugins.color.contrast import Contrast
    from imgcuda_plugins.color.curves import Curves
    from imgcuda_plugins.color.duotone import Duotone
    from imgcuda_plugins.color.equalize import Equalize
    from imgcuda_plugins.color.exposure import Exposure
    from imgcuda_plugins.color.extract_channel import ExtractChannel
    from imgcuda_plugins.color.flatten import Flatten
    from imgcuda_plugins.color.gamma import Gamma
    from imgcuda_plugins.color.grayscale import Grayscale
    from imgcuda_plugins.color.hue import Hue
    from imgcuda_plugins.color.invert import Invert
    from imgcuda_plugins.color.levels import Levels
    from imgcuda_plugins.color.lut_cube import LutCube
    from imgcuda_plugins.color.match_histogram import MatchHistogram
    from imgcuda_plugins.color.normalize import Normalize
    from imgcuda_plugins.color.saturation import Saturation
    from imgcuda_plugins.color.sepia import Sepia
    from imgcuda_plugins.color.set_alpha import SetAlpha
    from imgcuda_plugins.color.shadows_highlights import ShadowsHighlights
    from imgcuda_plugins.color.sigmoidal_contrast import SigmoidalContrast
    from imgcuda_plugins.color.solarize import Solarize
    from imgcuda_plugins.color.swap_channels import SwapChannels
    from imgcuda_plugins.color.temperature import Temperature
    from imgcuda_plugins.color.vibrance import Vibrance
    from imgcuda_plugins.color.white_balance import WhiteBalance

    return [
        AutoContrast,
        Brightness,
        ChromaKey,
        ColorMatrix,
        Colorize,
        Colormap,
        Contrast,
        Curves,
        Duotone,
        Equalize,
        Exposure,
        ExtractChannel,
        Flatten,
        Gamma,
        Grayscale,
        Hue,
        Invert,
        Levels,
        LutCube,
        MatchHistogram,
        Normalize,
        Saturation,
        Sepia,
        SetAlpha,
        ShadowsHighlights,
        SigmoidalContrast,
        Solarize,
        SwapChannels,
        Temperature,
        Vibrance,
        WhiteBalance,
    ]
