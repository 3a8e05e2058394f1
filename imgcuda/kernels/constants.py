"""The `__constant__` variables of a module: set by name, as the host does by cudaMemcpyToSymbol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy.typing as npt

from imgcuda.kernels.file_variables import FileVariables
from imgcuda.programs.source import Program


class Constants(FileVariables, Mapping[str, npt.NDArray[Any]]):
    """The `__constant__` variables of a module that have no values in the source, by name.

    `module.constants["weights"] = array` copies the array, for all later launches of the module's kernels. A number, or
    a list of numbers, becomes the declared type. What is not set is 0, and so is what is behind a shorter array.
    """

    word = "__constant__"
    remedy = "only __constant__ variables without values in the source can be set"

    def __init__(self, name: str, programs: Callable[[], tuple[Program, ...]]) -> None:
        super().__init__(name, programs)
        self._values: dict[str, npt.NDArray[Any]] = {}

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        """Set a variable; LaunchError if there is none of that name, or of another type."""
        self._values[name] = self._converted(name, value)

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

    def _pairs(self, program: Program) -> tuple[tuple[str, str], ...]:
        return program.outline.constants
