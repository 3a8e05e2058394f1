"""Recognizes arrays of other libraries by their type's module and by protocols, without importing any library."""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache
from typing import Any

import numpy as np

from imgcuda.errors import DeviceError

LIBRARIES = {"PIL": "PIL", "torch": "torch", "cupy": "cupy", "jax": "jax", "jaxlib": "jax", "numba": "numba",
             "pycuda": "pycuda", "nvcv": "cvcuda", "cvcuda": "cvcuda", "imgcuda": "imgcuda"}  # fmt: skip
"""The libraries whose arrays have rules of their own, by the first part of their types' modules."""

CPU, CUDA, CUDA_HOST, CUDA_MANAGED = 1, 2, 3, 13
"""DLPack's numbers for kinds of memory: a CPU's, a GPU's, the host's pinned memory, memory that both use."""

DEVICES = {4: "OpenCL", 7: "Vulkan", 8: "Metal", 10: "ROCm", 14: "oneAPI", 15: "WebGPU"}


class Location(Enum):
    """Where an array lies."""

    HOST = auto()
    """In host memory, under another library's name."""
    GPU = auto()
    PLAIN = auto()
    """NumPy makes an array of it, or refuses it: an array of NumPy's, nested lists."""


_TORCH = {"cpu": Location.HOST, "cuda": Location.GPU}


def library_of(value: object) -> str:
    """Return the library in LIBRARIES that a value's type, or a class that it derives from, is of; else ""."""
    return _library(type(value).__mro__)


@lru_cache(maxsize=256)
def _library(bases: tuple[type, ...]) -> str:
    tops = (base.__module__.partition(".")[0] for base in bases)
    return next((LIBRARIES[top] for top in tops if top in LIBRARIES), "")


def location_of(value: Any) -> Location:
    """Return where an array lies. Raises DeviceError for memory that is neither a host's nor an NVIDIA GPU's."""
    kind = type(value)
    if isinstance(value, np.ndarray):
        return Location.PLAIN
    if library_of(value) == "PIL" and hasattr(kind, "getbands"):
        return Location.HOST
    if library_of(value) == "torch" and (where := _TORCH.get(value.device.type)):
        return where  # without DLPack's numbers, at which torch.compile fails
    if hasattr(kind, "__dlpack__") and hasattr(kind, "__dlpack_device__"):
        return _location_by_dlpack(value)
    if hasattr(value, "__cuda_array_interface__") or is_cvcuda_tensor(value):
        return Location.GPU
    return Location.PLAIN


def _location_by_dlpack(value: Any) -> Location:
    number = int(value.__dlpack_device__()[0])
    if number in (CPU, CUDA_HOST):
        return Location.HOST
    if number in (CUDA, CUDA_MANAGED):
        return Location.GPU
    name = DEVICES.get(number, f"a device of DLPack's kind {number}")
    raise DeviceError(
        f"an image must be in host memory or on an NVIDIA GPU; it is on {name}; copy it to the host first"
    )


def is_cvcuda_tensor(value: Any) -> bool:
    """Return whether a value is a tensor of CV-CUDA, which has the CUDA array interface behind `cuda()`."""
    return library_of(value) == "cvcuda" and hasattr(value, "cuda") and hasattr(value, "layout")
