"""A checked run of a chain over a small copy of the picture; what it finds has its place in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy.typing as npt

from imgcuda import devices
from imgcuda.errors import CheckError, Mistake
from imgcuda.filters import Filter, PointFilter
from imgcuda.pipeline import Pipeline
from imgcuda.programs.layout import Layout
from imgcuda.studio.faults import faults
from imgcuda.studio.loaded_picture import reduced

CHECKED_SIDE = 256
"""The most pixels across and down of the copy: a checked run takes up to 600 times as long as a plain one."""

_POINT = Layout(over="image")
"""How the kernels that the core writes for point filters cover an image."""


def check(filters: Sequence[Filter], pixels: npt.NDArray[Any]) -> dict[str, Any]:
    """Return what a checked run finds, for the page. Raises ImgcudaError for a chain that does not run at all."""
    small = reduced(pixels, CHECKED_SIDE)
    height, width = small.shape[:2]
    found: list[dict[str, Any]] = []
    try:
        with devices.checked():
            Pipeline(filters)(small)
    except CheckError as error:
        found = faults(error, partial(place, filters, small.shape))
    return {"type": "checked", "words": f"a checked run over {width} x {height} pixels", "faults": found}


def place(filters: Sequence[Filter], shape: Sequence[int], mistake: Mistake) -> tuple[float, float] | None:
    """Return where the pixel of a mistake's thread is, in parts of an image's width and height; None without a thread.

    Where a filter's kernel covers something else than the image, it is the nearest pixel.
    """
    height, width, channels = shape
    if mistake.thread is None:
        return None
    x, y = mistake.thread
    layout = _layout(filters, mistake)
    if layout.over == "image":
        y, x = divmod(x, width)
    elif layout.over == "samples":
        x //= channels
    y *= layout.rows if layout.over != "image" else 1
    return (min(x, width - 1) + 0.5) / width, (min(y, height - 1) + 0.5) / height


def _layout(filters: Sequence[Filter], mistake: Mistake) -> Layout:
    """Return how the threads of a mistake's kernel cover the image: as the filter says whose file it is in."""
    for filter in filters:
        if filter.source().name == mistake.file:
            return _POINT if isinstance(filter, PointFilter) else filter.layout.unpacked()
    return Layout()
