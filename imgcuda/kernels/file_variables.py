"""The variables of a module's file, which are set by name: their declared types, and values in these types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from imgcuda.errors import LaunchError, did_you_mean, shown
from imgcuda.kernels.exact_numbers import exactly
from imgcuda.programs.source import Program, elements_of


class FileVariables:
    """The variables of one kind in a module's file."""

    word: ClassVar[str]
    """The word in front of their declarations: `__constant__`."""
    remedy: ClassVar[str]
    """Which ones can be set, for messages."""

    def __init__(self, name: str, programs: Callable[[], tuple[Program, ...]]) -> None:
        self._name, self._programs = name, programs

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} of {self._name}: {', '.join(self._declared()) or 'none'}>"

    def _pairs(self, program: Program) -> tuple[tuple[str, str], ...]:
        """Return the names of the variables, and the types of their elements."""
        raise NotImplementedError

    def _declared(self) -> dict[str, str]:
        return dict(pair for program in self._programs() for pair in self._pairs(program))

    def _type(self, name: str) -> str:
        """Return the type of a variable's elements, as written."""
        declared = self._declared()
        if name in declared:
            return declared[name]
        if any(name == each for program in self._programs() for each, _ in program.outline.names):
            raise LaunchError(f"{self._name}: '{name}' cannot be set: {self.remedy}")
        others = did_you_mean(name, list(declared)) or f"; it has: {', '.join(declared) or 'none'}"
        raise LaunchError(f"{self._name} has no {self.word} variable '{name}' to be set{others}")

    def _converted(self, name: str, value: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return a copy of a value, C-contiguous, in a variable's type."""
        written = self._type(name)
        variable = f"{self._name}: the {self.word} variable '{name}' is {written}"
        dtype = dtype_of(written)
        if isinstance(value, np.ndarray | np.generic):
            made = np.array(value, order="C")
            if dtype is None or made.dtype == dtype:
                return made
            raise LaunchError(f"{variable}; it was given an array of {made.dtype}; pass one of {dtype}")
        if dtype is None:
            raise LaunchError(f"{variable}; it was given {shown(value)}; pass a NumPy array of its bytes")
        try:
            return exactly(np.array(value), dtype)
        except (TypeError, ValueError, OverflowError) as error:
            raise LaunchError(f"{variable}; it was given {shown(value)}, which it cannot hold") from error


def dtype_of(written: str) -> np.dtype[Any] | None:
    """Return the type of the numbers in a variable; None for a structure of the author's."""
    found = elements_of(written)
    return None if found is None else found[0]
