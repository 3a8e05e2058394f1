"""The `__constant__` variables that have no values in a kernel's source: a launch sets them, on either engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import LaunchError
from imgcuda.programs.source import Program

Values = Mapping[str, npt.NDArray[Any]]
"""Values of variables by name; if a value is shorter than its variable, the rest is 0."""


def memory_of(program: Program, kernel: str, name: str, size: int, values: Values | None) -> npt.NDArray[np.uint8]:
    """Return the bytes of a variable of `size` bytes; LaunchError if the launch sets none, or gives more bytes."""
    if values is None:
        raise LaunchError(
            f"{program.name}: {kernel} cannot read the __constant__ variable '{name}', which has no values; "
            "write them in the source, or pass them as an argument"
        )
    made = np.zeros(size, np.uint8)
    given = values.get(name)
    if given is not None and given.nbytes > size:
        shape = " x ".join(map(str, given.shape)) or "one"
        raise LaunchError(
            f"{program.name}: the __constant__ variable '{name}' has {size} bytes; "
            f"it was given {shape} {given.dtype}, which are {given.nbytes}"
        )
    if given is not None:
        made[: given.nbytes] = given.reshape(-1).view(np.uint8)
    return made


def unknown_variable(program: Program, name: str) -> LaunchError:
    """Return the error of a launch that sets a variable which the code for a GPU does not have."""
    remedy = "declare it outside of namespaces, and read it in a kernel"
    return LaunchError(f"{program.name}: the code for the GPU has no __constant__ variable '{name}'; {remedy}")
