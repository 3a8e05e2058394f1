"""Makes the arrays and numbers that a description gives a kernel; random ones are the same in each run."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import LaunchError
from imgcuda.kernel_check.descriptions import Elements, Numbers
from imgcuda.programs.source import KernelArgument, elements_of

_LARGEST = 1 << 30
"""The most bytes of an array; a checked run takes several times as much for its records."""

_BELOW = 100
"""Random whole numbers are below it, unless the description says another limit."""


class ArgumentMaker:
    """Makes the arguments of one launch, in their order."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)

    def argument(self, argument: KernelArgument, value: Numbers | Elements) -> Any:
        """Return the value of an argument as described; LaunchError if the kernel's argument is of another kind."""
        if isinstance(value, Elements):
            if not argument.pointer:
                raise LaunchError(f"'{argument.name}' is {argument.written}, which is no array; give it a number")
            return self.array(argument.name, argument.written.removesuffix(" *"), argument.dtype, value)
        if argument.pointer:
            if value.values != (0,):
                raise LaunchError(f"'{argument.name}' is {argument.written}; write {argument.name}[COUNT], or =nullptr")
            return None
        return value.values if len(value.values) > 1 else value.values[0]

    def array(self, name: str, declared: str, own: np.dtype[Any] | None, elements: Elements) -> npt.NDArray[Any]:
        """Return an array; `declared` is the type of its elements as a kernel has it, `own` NumPy's if it is known."""
        dtype, width = _element(name, elements.type or declared, None if elements.type else own)
        count = elements.count * width
        if count * dtype.itemsize > _LARGEST:
            raise LaunchError(f"'{name}' would have {count * dtype.itemsize >> 20:,} MB; describe a smaller array")
        if elements.value is not None:
            return np.full(count, elements.value, dtype)
        return self._filled(count, dtype, elements.below)

    def _filled(self, count: int, dtype: np.dtype[Any], below: int | None) -> npt.NDArray[Any]:
        if dtype.kind == "b":
            return self._random.integers(0, 2, count).astype(dtype)
        if dtype.kind == "f" and below is None:
            return self._random.random(count).astype(dtype)
        return self._random.integers(0, below or _BELOW, count).astype(dtype)


def _element(name: str, written: str, own: np.dtype[Any] | None) -> tuple[np.dtype[Any], int]:
    """Return the type of an element's numbers, and how many it has; LaunchError if it has no type of NumPy."""
    found = elements_of(written) if own is None else (own, 1)
    if found is None:
        remedy = f"say what its memory holds, as {name}=float[COUNT]"
        raise LaunchError(f"'{name}' points to {written}, which has no numbers of one type; {remedy}")
    return found
