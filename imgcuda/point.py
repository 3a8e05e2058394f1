"""Per-pixel filters: the kernel that the core writes around a `__device__` function from colour to colour."""

from __future__ import annotations

import re
from pathlib import Path

from imgcuda.errors import FilterError
from imgcuda.filters import PointFilter, snake
from imgcuda.kernels import Source
from imgcuda.launch import Layout

LAYOUT = Layout(over="image", block=(256, 1), pack=4)
KERNEL = Path(__file__).with_name("point.cuh")
_C_TYPES: dict[type, str] = {float: "float", int: "int", bool: "bool", str: "int"}


def color_channels(image_channels: int) -> int:
    """Return how many of an image's channels are colour: all but alpha."""
    return image_channels - (image_channels in (2, 4))


def result_channels(filter: PointFilter, image_channels: int) -> int:
    """Return the channels of the result: the filter's colours, and alpha if there was one."""
    alpha = image_channels - color_channels(image_channels)
    return (filter.channels or color_channels(image_channels)) + alpha


def point_source(filter: PointFilter) -> Source:
    """Return the filter's own source, and after it the kernel that calls its function for every pixel."""
    source = filter.source()
    function = snake(filter.name)
    fields = [(_C_TYPES[field.type], field.name) for field in filter.parameters() if not field.constant]
    _check(source, function, fields)
    declared = "".join(f", {kind} {name}" for kind, name in fields)
    passed = "".join(f", {name}" for _, name in fields)
    kernel = KERNEL.read_text("utf-8").replace("/* fields */", declared).replace("/* values */", passed)
    return Source(source.name, f'{source.text}\n#define POINT {function}\n#line 1 "{KERNEL.name}"\n{kernel}')


def _check(source: Source, function: str, fields: list[tuple[str, str]]) -> None:
    """Hold the function's own argument list against the fields: names, types and order."""
    found = re.search(rf"__device__\s+(?:\w+\s+)*?color\s+{function}\s*\(([^)]*)\)", source.text)
    wanted = ", ".join(["color c", *(f"{kind} {name}" for kind, name in fields)])
    if found is None:
        raise FilterError(f"{source.name} has no function `__device__ color {function}({wanted})`")
    written = [tuple(part.replace("const ", "").split()) for part in found[1].split(",")]
    if written[1:] != fields or written[0][:1] != ("color",):
        raise FilterError(f"{source.name}: {function}({found[1]}) does not match the filter's fields; write {function}({wanted})")
