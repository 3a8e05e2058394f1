"""The nearest that CuPy has to the filters: from an image on the device to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imgcuda_plugins.peers import cupy_calls

blur, edges, grayscale = cupy_calls.blur, cupy_calls.edges, cupy_calls.grayscale
FILTERS: dict[str, Callable[..., Any]] = {"blur": blur, "edges": edges, "grayscale": grayscale}
