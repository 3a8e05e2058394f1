"""The `__device__` variables of a module: read and set by name, as cudaMemcpyFromSymbol does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import LaunchError
from imgcuda.kernels.file_variables import FileVariables, dtype_of
from imgcuda.programs.source import Program


class Variables(FileVariables):
    """The `__device__` variables of a module, by name.

    They keep their values between the launches of a module's kernels, and each module has its own. That is so on the
    CPU, where `module.variables["counter"]` reads and sets them. A GPU keeps them with the code that is loaded there,
    as CUDA does: each GPU has its own, modules of the same text share them, and only kernels can read and set them.
    """

    word = "__device__"
    remedy = "only __device__ variables that are not const can be set"

    def __init__(self, name: str, programs: Callable[[], tuple[Program, ...]]) -> None:
        super().__init__(name, programs)
        self._memory: dict[str, npt.NDArray[np.uint8]] = {}
        self._given: dict[str, npt.NDArray[Any]] = {}
        """The values that were set before the first launch."""
        self._gpu = ""

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Return a copy of a variable's numbers, in one dimension; of a structure, its bytes.

        LaunchError if there is no such variable, or before the first launch, which gives it its first values.
        """
        dtype = dtype_of(self._type(name))
        if self._gpu:
            remedy = "let a kernel copy it to an array"
            raise LaunchError(f"{self._name}: the value of '{name}' on {self._gpu} cannot be read here; {remedy}")
        if name in self._memory:
            made = self._memory[name].copy()
        elif name in self._given:
            made = self._given[name].reshape(-1).view(np.uint8).copy()
        else:
            raise LaunchError(
                f"{self._name}: '{name}' has no value before the first launch; launch a kernel, or set it"
            )
        return made if dtype is None else made.view(dtype)

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        """Set a variable; if the value is shorter, the rest becomes 0. LaunchError if the value does not fit."""
        made = self._converted(name, value)
        if self._gpu:
            raise LaunchError(f"{self._name}: {self._set_by_kernel(name, self._gpu)}")
        if name in self._memory:
            self._fill(name, self._memory[name], made)
        else:
            self._given[name] = made

    def __iter__(self) -> Iterator[str]:
        return iter(self._declared())

    def __len__(self) -> int:
        return len(self._declared())

    def memory(self, name: str, size: int, first: bytes) -> npt.NDArray[Any]:
        """Return the memory of a variable on the CPU; it begins with `first`, if no launch had it before."""
        if name not in self._memory:
            made = np.zeros(size + 64, np.uint8)
            made = made[-made.ctypes.data % 64 :][:size]
            made[: len(first)] = np.frombuffer(first, np.uint8)
            if name in self._given:
                self._fill(name, made, self._given[name])
            self._memory[name] = made
        return self._memory[name]

    def kept_by(self, device: str) -> None:
        """Note that kernels run on a GPU, which keeps variables of its own; LaunchError if some were set here."""
        if self._given or (self._memory and not self._gpu):
            name = next(iter(self._given or self._memory))
            raise LaunchError(f"{self._name}: {self._set_by_kernel(name, device)}")
        self._gpu = device

    def _set_by_kernel(self, name: str, device: str) -> str:
        where = f"has its values on one device, and {device} has its own"
        return f"the __device__ variable '{name}' {where}; set it by a kernel there"

    def _fill(self, name: str, memory: npt.NDArray[np.uint8], given: npt.NDArray[Any]) -> None:
        """Copy a value to a variable's memory."""
        if given.nbytes > memory.nbytes:
            have = f"it was given {given.size} {given.dtype}, which are {given.nbytes}"
            raise LaunchError(f"{self._name}: the __device__ variable '{name}' has {memory.nbytes} bytes; {have}")
        memory[:] = 0
        memory[: given.nbytes] = given.reshape(-1).view(np.uint8)

    def _pairs(self, program: Program) -> tuple[tuple[str, str], ...]:
        return program.outline.variables
