"""The `__device__` variables of a module, which keep their values from one launch to the next."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from imgcuda.errors import LaunchError, with_own_names
from imgcuda.programs.source import Program


class DeviceVariables(Protocol):
    """The variables of one module, on all devices where its kernels run."""

    def memory(self, name: str, size: int, first: bytes) -> npt.NDArray[Any]:
        """Return the memory of a variable on the CPU; it begins with `first`, if no launch had it before."""

    def kept_by(self, device: str) -> None:
        """Note that kernels run on a GPU, which keeps variables of its own; LaunchError if some were set here."""


def memory_of_variable(
    program: Program, kernel: str, name: str, size: int, first: bytes, variables: DeviceVariables | None
) -> npt.NDArray[np.uint8]:
    """Return the memory of a variable on the CPU."""
    return required(program, kernel, name, variables).memory(name, size, first)


def required(program: Program, kernel: str, name: str, variables: DeviceVariables | None) -> DeviceVariables:
    """Return the variables of a launch; LaunchError if it has none, as a filter's."""
    if variables is None:
        raise LaunchError(
            f"{program.name}: {kernel} cannot use the __device__ variable '{with_own_names(name)}': the strips and "
            "devices that a filter's launches are spread over would not share it; pass a pointer to memory, or write "
            "__constant__ or const if no kernel changes it"
        )
    return variables
