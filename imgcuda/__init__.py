"""Image filters as CUDA kernels: a kernel is written once, and runs on GPUs and on CPUs.

import imgcuda

blurred = imgcuda.apply(array, "blur", sigma=3)                     # by name, as on the command line
blurred = imgcuda.functions.blur(array, sigma=3)                    # with names and parameters that editors complete
edges = imgcuda.Pipeline([Blur(sigma=3), Edges()])(array)           # a chain; the image stays on the device
blurred = Blur(sigma=3)(array, device="cuda:0")                     # one filter, on a chosen device; functions.Blur
"""

from __future__ import annotations

from imgcuda import startup  # noqa: F401  # first: Ctrl-C while the rest is imported

# isort: split

from importlib import import_module
from typing import TYPE_CHECKING, Any
from typing import overload as _overload

if TYPE_CHECKING:
    import numpy.typing as npt

    from imgcuda import functions as functions
    from imgcuda import kernels as kernels
    from imgcuda import video as video
    from imgcuda.array_calls import OwnKind
    from imgcuda.arrays.device_image import DeviceImage
    from imgcuda.arrays.files import write
    from imgcuda.colors import Color
    from imgcuda.engine.protocol import DeviceArray
    from imgcuda.errors import (
        CheckError,
        DeviceError,
        DeviceMemoryError,
        FilterError,
        ImageError,
        ImgcudaError,
        KernelError,
        LaunchError,
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
    from imgcuda.images import Image, read
    from imgcuda.parameter_text import read_lines, read_number
    from imgcuda.parameter_types import Matrix, Picture, Size, Table
    from imgcuda.parameters import Parameter, ParameterType, param
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
    "Color",
    "DeviceArray",
    "DeviceError",
    "DeviceImage",
    "DeviceMemoryError",
    "Filter",
    "FilterError",
    "GeometryFilter",
    "Gpu",
    "Image",
    "ImageError",
    "ImgcudaError",
    "KernelError",
    "LaunchError",
    "Layout",
    "Matrix",
    "MeasuringFilter",
    "NeighborhoodFilter",
    "Parameter",
    "ParameterError",
    "ParameterType",
    "Picture",
    "Pipeline",
    "PluginError",
    "PointFilter",
    "PortabilityError",
    "Registry",
    "Rows",
    "Size",
    "Table",
    "apply",
    "color_channels",
    "has_alpha",
    "hookimpl",
    "load",
    "param",
    "read",
    "read_lines",
    "read_number",
    "shown",
    "white_level",
    "write",
]

_HOMES = {
    "imgcuda.arrays.device_image": "DeviceImage",
    "imgcuda.arrays.files": "write",
    "imgcuda.colors": "Color",
    "imgcuda.engine.protocol": "DeviceArray",
    "imgcuda.errors": (
        "CheckError DeviceError DeviceMemoryError FilterError ImageError ImgcudaError KernelError LaunchError "
        "ParameterError PluginError PortabilityError shown"
    ),
    "imgcuda.execution.gpu": "Gpu",
    "imgcuda.filters": (
        "WHOLE_IMAGE Alpha Argument Border Filter GeometryFilter MeasuringFilter NeighborhoodFilter PointFilter"
    ),
    "imgcuda.hookspecs": "hookimpl",
    "imgcuda.images": "Image read",
    "imgcuda.parameter_text": "read_lines read_number",
    "imgcuda.parameter_types": "Matrix Picture Size Table",
    "imgcuda.parameters": "Parameter ParameterType param",
    "imgcuda.pipeline": "Pipeline",
    "imgcuda.pixels": "color_channels has_alpha white_level",
    "imgcuda.programs.layout": "Layout",
    "imgcuda.programs.strips": "Rows",
    "imgcuda.registry": "Registry load",
}
"""Where the public names are: each is imported when it is first asked for, since few are needed at a time."""

if not TYPE_CHECKING:  # a type checker would take any name to be there

    def __getattr__(name: str) -> Any:
        if name in ("functions", "kernels", "video"):
            return import_module(f"imgcuda.{name}")
        for module, names in _HOMES.items():
            if name in names.split():
                value = globals()[name] = getattr(import_module(module), name)
                return value
        raise AttributeError(f"module 'imgcuda' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "functions", "kernels", "video"})


@_overload
def apply(array: OwnKind, name: str, *, device: str | None = None, **parameters: Any) -> OwnKind: ...
@_overload
def apply(array: npt.ArrayLike, name: str, *, device: str | None = None, **parameters: Any) -> npt.NDArray[Any]: ...
def apply(array: Any, name: str, *, device: str | None = None, **parameters: Any) -> Any:
    """Return an image filtered by the filter called `name`: `apply(array, "blur", sigma=3)`.

    The array, of any library, and `device` are as in Pipeline; the result is of the array's kind. Raises PluginError
    for a filter that is not installed and ParameterError for a parameter that is unknown or out of range.
    """
    from imgcuda.pipeline import Pipeline
    from imgcuda.registry import installed

    return Pipeline([installed().create(name, parameters)])(array, device=device)
