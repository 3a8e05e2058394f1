"""Image filters as CUDA kernels: a kernel is written once, and runs on GPUs and on CPUs.

import imgcuda

blurred = imgcuda.apply(array, "blur", sigma=3)                     # by name, as on the command line
edges = imgcuda.Pipeline([Blur(sigma=3), Edges()])(array)           # a chain; the image stays on the device
blurred = Blur(sigma=3)(array, device="cuda:0")                     # one filter, on a chosen device
"""

from __future__ import annotations

from imgcuda import startup  # noqa: F401  # first: Ctrl-C while the rest is imported

# isort: split

from typing import Any

import numpy.typing as npt

from imgcuda.engine.protocol import DeviceArray
from imgcuda.errors import (
    CheckError,
    DeviceError,
    DeviceMemoryError,
    FilterError,
    ImageError,
    ImgcudaError,
    KernelError,
    ParameterError,
    PluginError,
    PortabilityError,
    shown,
)
from imgcuda.execution.gpu import Gpu
from imgcuda.filters import (
    WHOLE_IMAGE,
    Alpha,
    Argument,
    Border,
    Filter,
    GeometryFilter,
    MeasuringFilter,
    NeighborhoodFilter,
    PointFilter,
)
from imgcuda.hookspecs import hookimpl
from imgcuda.parameter_text import read_lines, read_number
from imgcuda.parameter_types import Matrix, Picture, Table
from imgcuda.parameters import ParameterType, param
from imgcuda.pipeline import Pipeline
from imgcuda.pixels import color_channels, has_alpha, white_level
from imgcuda.programs.layout import Layout
from imgcuda.programs.strips import Rows
from imgcuda.registry import Registry, load

__version__ = "0.1.0"

__all__ = [
    "WHOLE_IMAGE",
    "Alpha",
    "Argument",
    "Border",
    "CheckError",
    "DeviceArray",
    "DeviceError",
    "DeviceMemoryError",
    "Filter",
    "FilterError",
    "GeometryFilter",
    "Gpu",
    "ImageError",
    "ImgcudaError",
    "KernelError",
    "Layout",
    "Matrix",
    "MeasuringFilter",
    "NeighborhoodFilter",
    "ParameterError",
    "ParameterType",
    "Picture",
    "Pipeline",
    "PluginError",
    "PointFilter",
    "PortabilityError",
    "Registry",
    "Rows",
    "Table",
    "apply",
    "color_channels",
    "has_alpha",
    "hookimpl",
    "load",
    "param",
    "read_lines",
    "read_number",
    "shown",
    "white_level",
]


def apply(array: npt.ArrayLike, name: str, *, device: str | None = None, **parameters: Any) -> npt.NDArray[Any]:
    """Return an image filtered by the filter called `name`: `apply(array, "blur", sigma=3)`.

    The array and `device` are as in Pipeline. Raises PluginError for a filter that is not installed and
    ParameterError for a parameter that is unknown or out of range.
    """
    from imgcuda.registry import installed

    return Pipeline([installed().create(name, parameters)])(array, device=device)
