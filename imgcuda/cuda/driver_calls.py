"""Calls of the CUDA driver that PyCUDA lacks: order, memory and launches in any stream, and facts of an address.

Textures are made in texture_handles.py, by the same calls.

Streams are numbers here, as other libraries give them: an address, or 1 (the legacy default stream), 2 (the default
stream of the thread); 0 is the legacy default stream, too.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections import deque
from collections.abc import Sequence
from ctypes import addressof, byref, c_char_p, c_int, c_size_t, c_ubyte, c_uint, c_uint64, c_void_p
from functools import cache
from typing import Any

from imgcuda.errors import DeviceError, DeviceMemoryError

DISABLE_TIMING = 2
OUT_OF_MEMORY = 2
CONTEXT, DEVICE_ORDINAL = 1, 9
"""Attributes of an address."""
PINNED, ON_DEVICE, RELEASE_THRESHOLD = 1, 1, 4
"""Of a memory pool: the type of its allocations, the type of its place, the attribute of what it keeps."""

_ARGUMENTS: dict[str, list[Any]] = {
    "cuInit": [c_uint],
    "cuDriverGetVersion": [c_void_p],
    "cuDeviceGetCount": [c_void_p],
    "cuDeviceGet": [c_void_p, c_int],
    "cuDeviceGetName": [c_void_p, c_int, c_int],
    "cuDeviceTotalMem_v2": [c_void_p, c_int],
    "cuDeviceGetAttribute": [c_void_p, c_int, c_int],
    "cuEventCreate": [c_void_p, c_uint],
    "cuEventRecord": [c_void_p, c_void_p],
    "cuEventQuery": [c_void_p],
    "cuEventDestroy_v2": [c_void_p],
    "cuStreamWaitEvent": [c_void_p, c_void_p, c_uint],
    "cuCtxGetCurrent": [c_void_p],
    "cuCtxRecordEvent": [c_void_p, c_void_p],
    "cuCtxSynchronize": [],
    "cuMemPoolCreate": [c_void_p, c_void_p],
    "cuMemPoolSetAttribute": [c_void_p, c_int, c_void_p],
    "cuMemAllocFromPoolAsync": [c_void_p, c_size_t, c_void_p, c_void_p],
    "cuMemFreeAsync": [c_uint64, c_void_p],
    "cuMemcpyHtoDAsync_v2": [c_uint64, c_void_p, c_size_t, c_void_p],
    "cuMemcpy2DAsync_v2": [c_void_p, c_void_p],
    "cuArrayCreate_v2": [c_void_p, c_void_p],
    "cuArrayDestroy": [c_void_p],
    "cuTexObjectCreate": [c_void_p, c_void_p, c_void_p, c_void_p],
    "cuTexObjectDestroy": [c_uint64],
    "cuPointerGetAttribute": [c_void_p, c_int, c_uint64],
    "cuGetErrorName": [c_int, c_void_p],
    "cuModuleLoadData": [c_void_p, c_char_p],
    "cuModuleGetFunction": [c_void_p, c_void_p, c_char_p],
    "cuFuncSetAttribute": [c_void_p, c_int, c_int],
    "cuLaunchKernel": [c_void_p, *[c_uint] * 7, c_void_p, c_void_p, c_void_p],
    "cuMemsetD8Async": [c_uint64, c_ubyte, c_size_t, c_void_p],
}


MAX_DYNAMIC_SHARED = 8
"""The attribute of a function: the most bytes of dynamic shared memory that a launch may ask for."""
_PACKED, _PACKED_SIZE, _END = 1, 2, 0
"""What the entries of a launch's `extra` list are."""


class _PoolProperties(ctypes.Structure):
    _fields_ = (
        ("allocation", c_int),
        ("handles", c_int),
        ("place", c_int),
        ("device", c_int),
        ("security", c_void_p),
        ("most", c_size_t),
        ("rest", ctypes.c_char * 56),
    )


@cache
def function(name: str) -> Any:
    """Return a function of the driver; AttributeError if the driver is too old for it."""
    library = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    found = getattr(library, name)
    found.argtypes, found.restype = _ARGUMENTS[name], c_int
    return found


def has_driver() -> bool:
    """Return whether the driver's library is installed."""
    try:
        function("cuInit")
    except OSError:
        return False
    return True


def call(name: str, *arguments: Any) -> None:
    """Call a function of the driver. Raises DeviceMemoryError if memory is short, else DeviceError for any error."""
    try:
        status = function(name)(*arguments)
    except AttributeError:
        raise DeviceError(f"this NVIDIA driver has no {name}; arrays on a GPU need a driver for CUDA 11.2") from None
    if status == OUT_OF_MEMORY:
        raise DeviceMemoryError("the device is out of memory")
    if status:
        raise DeviceError(f"{name} failed: {error_name(status)}")


def error_name(status: int) -> str:
    """Return the driver's name of an error: CUDA_ERROR_NO_DEVICE."""
    text = c_char_p()
    function("cuGetErrorName")(status, byref(text))
    return (text.value or b"").decode() or f"error {status}"


class StreamEvent:
    """A point in a stream, or in all streams of the current context."""

    def __init__(self) -> None:
        event = c_void_p()
        call("cuEventCreate", byref(event), DISABLE_TIMING)
        self._event = event

    def set_in(self, stream: int) -> None:
        """Record the event after the work queued in a stream."""
        call("cuEventRecord", self._event, stream)

    def set_in_all_streams(self) -> bool:
        """Record the event after all work queued in the current context; False if the driver is before CUDA 12.5."""
        context = c_void_p()
        call("cuCtxGetCurrent", byref(context))
        try:
            return not function("cuCtxRecordEvent")(context, self._event)
        except AttributeError:
            return False

    def hold_back(self, stream: int) -> None:
        """Make all later work of a stream wait for the event."""
        call("cuStreamWaitEvent", stream, self._event, 0)

    def is_reached(self) -> bool:
        """Return whether all work before it is done, or has failed."""
        return bool(function("cuEventQuery")(self._event) != 600)  # 600 is CUDA_ERROR_NOT_READY

    def close(self) -> None:
        """Free the event; what waits for it goes on to wait."""
        function("cuEventDestroy_v2")(self._event)


_idle: dict[int, deque[StreamEvent]] = {}
"""Events of each GPU that may be used again: what waits for one keeps to where it was when the wait was queued."""


def order(device: int, before: int, after: int) -> None:
    """Make all later work of a stream wait for the work queued in another stream. The host does not wait."""
    idle = _idle.setdefault(device, deque())
    try:
        event = idle.pop()
    except IndexError:
        event = StreamEvent()
    event.set_in(before)
    event.hold_back(after)
    idle.append(event)


def wait_for_all() -> None:
    """Wait until all work of the current context is done."""
    call("cuCtxSynchronize")


def create_pool(device: int, kept: int) -> int:
    """Return a new memory pool of a GPU that keeps at most `kept` bytes for later allocations."""
    pool, properties = c_void_p(), _PoolProperties(allocation=PINNED, place=ON_DEVICE, device=device)
    call("cuMemPoolCreate", byref(pool), byref(properties))
    call("cuMemPoolSetAttribute", pool, RELEASE_THRESHOLD, byref(c_uint64(kept)))
    return int(pool.value or 0)


def allocate(size: int, pool: int, stream: int) -> int:
    """Allocate memory from a pool in stream order, for later work of a stream."""
    address = c_uint64()
    call("cuMemAllocFromPoolAsync", byref(address), size, pool, stream)
    return address.value


def free(address: int, stream: int) -> None:
    """Free memory of a pool when all that is queued in a stream is done."""
    call("cuMemFreeAsync", address, stream)


def clear(address: int, size: int, stream: int) -> None:
    """Set memory to zero in the order of a stream."""
    call("cuMemsetD8Async", address, 0, size, stream)


def load_function(code: bytes, name: str, shared: int) -> int:
    """Load code into the current context for good, and return a kernel of it that may have `shared` bytes."""
    module, found = c_void_p(), c_void_p()
    call("cuModuleLoadData", byref(module), code)
    call("cuModuleGetFunction", byref(found), module, name.encode())
    if shared:
        call("cuFuncSetAttribute", found, MAX_DYNAMIC_SHARED, shared)
    return int(found.value or 0)


class PackedArguments:
    """Memory for the arguments of launches, as of `struct`; one launch at a time."""

    def __init__(self, letters: str) -> None:
        self._struct = struct.Struct(letters)
        self._memory = ctypes.create_string_buffer(max(1, self._struct.size))
        self._size = c_size_t(self._struct.size)
        parts = _PACKED, addressof(self._memory), _PACKED_SIZE, addressof(self._size), _END
        self._extra = (c_void_p * len(parts))(*parts)

    def launch(self, function: int, sizes: tuple[int, ...], stream: int, values: Sequence[Any]) -> None:
        """Queue a launch; `sizes` are those of grid and block and the bytes of shared memory, seven numbers."""
        self._struct.pack_into(self._memory, 0, *values)
        call("cuLaunchKernel", function, *sizes, stream, None, self._extra)


def device_of(address: int) -> int:
    """Return the number of the GPU that an address belongs to; DeviceError if it is no memory of a GPU's."""
    number = c_int()
    call("cuPointerGetAttribute", byref(number), DEVICE_ORDINAL, address)
    return number.value


def is_of_current_context(address: int) -> bool:
    """Return whether kernels of the current context may use an address: memory of pools belongs to no context."""
    own, current = c_void_p(), c_void_p()
    call("cuCtxGetCurrent", byref(current))
    if function("cuPointerGetAttribute")(byref(own), CONTEXT, address):
        return True
    return own.value in (None, current.value)
