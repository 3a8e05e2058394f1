"""The `__constant__` variables of a module: set by name, as the host does by cudaMemcpyToSymbol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import LaunchError, did_you_mean, shown
from imgcuda.kernels.exact_numbers import exactly
from imgcuda.programs.source import C_TYPES, VECTOR_TYPES, Program


class Constants(Mapping[str, npt.NDArray[Any]]):
    """The `__constant__` variables of a module that have no values in the source, by name.

    `module.constants["weights"] = array` copies the array, for all later launches of the module's kernels. A number, or
    a list of numbers, becomes the declared type. What is not set is 0, and so is what is behind a shorter array.
    """

    def __init__(self, name: str, programs: Callable[[], tuple[Program, ...]]) -> None:
        self._name, self._programs = name, programs
        self._values: dict[str, npt.NDArray[Any]] = {}

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        """Set a variable; LaunchError if there is none of that name, or of another type."""
        self._values[name] = _converted(f"{self._name}: the __constant__ variable '{name}'", self._type(name), value)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Return a copy of what a variable was set to; KeyError if it was not set."""
        return self._values[name].copy()

    def launched(self) -> dict[str, npt.NDArray[Any]]:
        """Return all that is set, for a launch."""
        return dict(self._values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<constants of {self._name}: {', '.join(self._declared()) or 'none'}>"

    def _declared(self) -> dict[str, str]:
        return dict(pair for program in self._programs() for pair in program.outline.constants)

    def _type(self, name: str) -> str:
        """Return the type of a variable's elements, as written."""
        declared = self._declared()
        if name in declared:
            return declared[name]
        if any(name == each for program in self._programs() for each, _ in program.outline.names):
            remedy = "only __constant__ variables without values in the source can be set"
            raise LaunchError(f"{self._name}: '{name}' cannot be set: {remedy}")
        others = did_you_mean(name, list(declared)) or f"; it has: {', '.join(declared) or 'none'}"
        raise LaunchError(f"{self._name} has no __constant__ variable '{name}' to be set{others}")


def _converted(variable: str, written: str, value: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return a copy of a value, C-contiguous, in a variable's type."""
    dtype = _dtype(written)
    if isinstance(value, np.ndarray | np.generic):
        made = np.array(value, order="C")
        if dtype is None or made.dtype == dtype:
            return made
        raise LaunchError(f"{variable} is {written}; it was given an array of {made.dtype}; pass one of {dtype}")
    if dtype is None:
        raise LaunchError(f"{variable} is {written}; it was given {shown(value)}; pass a NumPy array of its bytes")
    try:
        return exactly(np.array(value), dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise LaunchError(f"{variable} is {written}; it was given {shown(value)}, which it cannot hold") from error


def _dtype(written: str) -> np.dtype[Any] | None:
    """Return the type of the numbers in a variable; None for a structure of the author's."""
    if written in VECTOR_TYPES:
        return VECTOR_TYPES[written][0]
    return np.dtype(C_TYPES[written]) if written in C_TYPES else None
