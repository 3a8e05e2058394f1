"""The NVIDIA driver and its GPUs, asked through its own library: PyCUDA need not be installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from ctypes import byref, c_int, c_size_t, create_string_buffer
from pathlib import Path
from typing import Any, NamedTuple

from imgcuda.cuda.driver_calls import error_name, function

MODULE = Path("/proc/driver/nvidia/version")
"""Where the kernel's part of the driver tells its release."""

NO_GPU = "CUDA_ERROR_NO_DEVICE"
_MAJOR, _MINOR = 75, 76
"""The attributes of a GPU that are its compute capability."""


class GpuFacts(NamedTuple):
    """A GPU, as the driver describes it."""

    name: str
    memory: int
    """In bytes."""
    capability: tuple[int, int]


class DriverFacts(NamedTuple):
    """The driver: what it supports, the GPUs it knows, or the error with which it begins."""

    cuda: tuple[int, int]
    """The newest version of CUDA that it supports."""
    release: str
    """The release of its part in the kernel, as 580.95.05; empty if it does not tell."""
    gpus: tuple[GpuFacts, ...] = ()
    error: str = ""
    """The driver's name of an error, if it does not work; NO_GPU if it finds none."""


def read_driver() -> DriverFacts | None:
    """Return what the driver says; None if it is not installed."""
    try:
        status = function("cuInit")(0)
    except OSError:
        return None
    version = c_int()
    function("cuDriverGetVersion")(byref(version))
    cuda = version.value // 1000, version.value % 1000 // 10
    if status:
        return DriverFacts(cuda, _release(), error=error_name(status))
    gpus = tuple(_gpus())
    return DriverFacts(cuda, _release(), gpus, "" if gpus else NO_GPU)


def _gpus() -> Iterator[GpuFacts]:
    for number in range(_number("cuDeviceGetCount")):
        handle = _number("cuDeviceGet", number)
        name, memory = create_string_buffer(256), c_size_t()
        function("cuDeviceGetName")(name, len(name), handle)
        function("cuDeviceTotalMem_v2")(byref(memory), handle)
        major, minor = (_number("cuDeviceGetAttribute", each, handle) for each in (_MAJOR, _MINOR))
        yield GpuFacts(name.value.decode(errors="replace"), memory.value, (major, minor))


def _number(name: str, *arguments: Any) -> int:
    found = c_int()
    function(name)(byref(found), *arguments)
    return found.value


def _release() -> str:
    with suppress(OSError):
        found = re.search(r"\d+\.\d+(?:\.\d+)?", MODULE.read_text(encoding="utf-8", errors="replace"))
        return found[0] if found else ""
    return ""
