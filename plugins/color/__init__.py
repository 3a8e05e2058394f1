"""Tones and colors: the filters of the category `color`."""

from __future__ import annotations

from imgcuda import Filter, hookimpl
from imgcuda_plugins.color.auto_contrast import AutoContrast
from imgcuda_plugins.color.brightness import Brightness
from imgcuda_plugins.color.contrast import Contrast
from imgcuda_plugins.color.equalize import Equalize
from imgcuda_plugins.color.gamma import Gamma
from imgcuda_plugins.color.grayscale import Grayscale
from imgcuda_plugins.color.invert import Invert
from imgcuda_plugins.color.lut_cube import LutCube
from imgcuda_plugins.color.saturation import Saturation
from imgcuda_plugins.color.sepia import Sepia


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [AutoContrast, Brightness, Contrast, Equalize, Gamma, Grayscale, Invert, LutCube, Saturation, Sepia]
