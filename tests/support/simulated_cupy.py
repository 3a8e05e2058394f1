"""A stand-in for CuPy on the simulated GPU, after `install()`: arrays, memory for results, and a current stream."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from math import prod
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from support.simulated_gpu import aligned

STREAM = 7


class Ndarray:
    """An array of this library; its memory is that of an array of NumPy."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self.array = array
        self.shape, self.dtype = array.shape, array.dtype
        self.device: AbstractContextManager[None] = nullcontext()
        self.data = SimpleNamespace(ptr=array.ctypes.data)

    def transpose(self, axes: tuple[int, ...]) -> Ndarray:
        return Ndarray(self.array.transpose(axes))

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        own = {"shape": self.shape, "strides": self.array.strides, "typestr": self.dtype.str.replace("|V", "<V")}
        return {**own, "data": (self.array.ctypes.data, not self.array.flags.writeable), "version": 3}


Ndarray.__module__ = "cupy"


def empty(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Ndarray:
    return Ndarray(aligned(prod(shape) * np.dtype(dtype).itemsize).view(dtype).reshape(shape))


def asarray(array: npt.NDArray[Any]) -> Ndarray:
    """Return a copy, C-contiguous, at an address that a GPU would have given."""
    made = empty(array.shape, array.dtype)
    made.array[...] = array
    return made


def install() -> None:
    """Let imgcuda find this library as CuPy; for a process of its own."""
    module: Any = ModuleType("cupy")
    module.empty, module.cuda = empty, SimpleNamespace(get_current_stream=lambda: SimpleNamespace(ptr=STREAM))
    sys.modules["cupy"] = module
