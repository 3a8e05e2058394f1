"""The nearest that CuPy has to the filters: from an image on the device to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imgcuda_plugins.peers import cupy_calls

FILTERS: dict[str, Callable[..., Any]] = {
    "blur": cupy_calls.blur,
    "edges": cupy_calls.edges,
    "grayscale": cupy_calls.grayscale,
}
blur, edges, grayscale = FILTERS.values()
