"""The levels of a pyramid: smaller copies of a picture, each the mean of the area of the one above."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy.typing as npt

from imgcuda.engine.protocol import Device
from imgcuda.errors import PluginError
from imgcuda.execution.in_rows import filter_in_rows
from imgcuda.execution.row_source import RowSource
from imgcuda.filters import Filter
from imgcuda.registry import build, installed


def shrunk(height: int, width: int) -> Filter:
    """Return the filter that makes a level of a size; PluginError if none is installed that does."""
    registry = installed()
    if "resize" not in registry:
        raise PluginError("the levels of a pyramid need the filter 'resize', which is not installed")
    return build(registry["resize"], {"height": height, "width": width, "method": "area"})


def shrinking(devices: Sequence[Device]) -> Callable[[RowSource, int, int], Iterator[npt.NDArray[Any]]]:
    """Return a function that makes the rows of a level, of a height and width, from those of the level above."""
    return lambda above, height, width: filter_in_rows(devices, [shrunk(height, width)], above)


def level_size(size: tuple[int, int], level: tuple[int, int], whole: tuple[int, int]) -> tuple[int, int]:
    """Return height and width of a level for a picture of a size: as large a part of it as `level` is of `whole`."""
    parts = zip(size, level, whole, strict=True)
    height, width = (max(1, (2 * new * part + old) // (2 * old)) for new, part, old in parts)
    return height, width
