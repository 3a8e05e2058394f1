"""The parts of a filter's benchmark: the filter, a reference, and peers in other libraries, on the CPU and on a GPU.

Each filter has a module in `benchmarks/tasks` with a list TASKS; `python benchmarks/filters.py` runs them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Task:
    """A filter with parameters, on a picture of (height, width, 3) uint8 samples."""

    name: str
    """The filter; several that run in a row, each with its defaults, stand between " + "."""
    parameters: Mapping[str, Any]
    exact: Callable[[Picture], npt.NDArray[Any]]
    """The result in full precision, by another library: all results are compared with it before they are timed."""
    host: Mapping[str, Callable[[Picture], Any]] = field(default_factory=dict)
    """Peers on the CPU, "OpenCV", "Pillow", "scikit-image": from an array to an array, or what NumPy makes one of."""
    device: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """Peers on a GPU: "CuPy" from and to a CuPy array (height, width, 3), "torchvision" and "kornia" from and to a
    torch tensor (3, height, width) on the GPU, uint8 as the picture is. What they need they import when called."""
    tolerance: float = 1
    """Levels that a result, anybody's, may be off."""
    loose: Mapping[str, float] = field(default_factory=dict)
    """Peers that are allowed more levels, since they compute something else: by how many, at most."""
    margin: int = 0
    """Pixels at the edge that are left out when results are compared, where a peer has other borders."""
