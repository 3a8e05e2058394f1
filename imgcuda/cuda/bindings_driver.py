"""The calls of PyCUDA's `driver` module that imgcuda uses, under the same names, through NVIDIA's cuda-bindings.

Importing it needs no driver: `init` raises ImportError if there is none.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import numpy.typing as npt
from cuda.bindings import driver as cuda

Array = npt.NDArray[Any]

_FAILED_LAUNCHES = {
    cuda.CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
    cuda.CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
    cuda.CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
    cuda.CUresult.CUDA_ERROR_ASSERT,
    cuda.CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
    cuda.CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
    cuda.CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
    cuda.CUresult.CUDA_ERROR_INVALID_PC,
    cuda.CUresult.CUDA_ERROR_LAUNCH_FAILED,
}
_PARAMETERS, _PARAMETERS_SIZE, _END = 1, 2, 0
"""What the entries of a launch's `extra` list are."""


class BindingsError(Exception):
    """A call of the driver failed."""


class BindingsMemoryError(BindingsError):
    """The GPU is out of memory."""


class BindingsLaunchError(BindingsError):
    """A kernel failed, and with it all later work of the process."""


def call(name: str, *arguments: Any) -> Any:
    """Call a function of the driver, and return what it gives besides its status. Raises BindingsError."""
    status, *values = getattr(cuda, name)(*arguments)
    if status:
        _, text = cuda.cuGetErrorString(status)
        kind = BindingsLaunchError if status in _FAILED_LAUNCHES else BindingsError
        kind = BindingsMemoryError if status == cuda.CUresult.CUDA_ERROR_OUT_OF_MEMORY else kind
        raise kind(f"{name} failed: {text.decode() if text else status}")
    return values[0] if len(values) == 1 else values


def init() -> None:
    """Start to use the driver."""
    try:
        call("cuInit", 0)
    except RuntimeError as error:  # of the library that looks for libcuda
        raise ImportError(f"libcuda cannot be loaded: {error}") from None


class PrimaryContext:
    """A GPU's primary context."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def push(self) -> None:
        """Make it current."""
        call("cuCtxPushCurrent", self._handle)

    @staticmethod
    def pop() -> None:
        """Make the one before current again."""
        call("cuCtxPopCurrent")


class BindingsDevice:
    """A GPU. Its attributes have the driver's names in small letters, as `max_block_dim_x`."""

    def __init__(self, index: int) -> None:
        self._handle = call("cuDeviceGet", index)

    @staticmethod
    def count() -> int:
        """Return the number of GPUs."""
        return int(call("cuDeviceGetCount"))

    def name(self) -> str:
        """Return the GPU's name."""
        text: bytes = call("cuDeviceGetName", 256, self._handle)
        return text.split(b"\0")[0].decode(errors="replace")

    def total_memory(self) -> int:
        """Return the bytes of its memory."""
        return int(call("cuDeviceTotalMem", self._handle))

    def compute_capability(self) -> tuple[int, int]:
        """Return the major and the minor number."""
        return self.compute_capability_major, self.compute_capability_minor

    def retain_primary_context(self) -> PrimaryContext:
        """Return its primary context, which stays until the process ends."""
        return PrimaryContext(call("cuDevicePrimaryCtxRetain", self._handle))

    def __getattr__(self, name: str) -> int:
        attribute = getattr(cuda.CUdevice_attribute, f"CU_DEVICE_ATTRIBUTE_{name.upper()}")
        return int(call("cuDeviceGetAttribute", attribute, self._handle))


class BindingsEvent:
    """A point in a stream."""

    def __init__(self, flags: int = 0) -> None:
        self.object = call("cuEventCreate", flags)

    def record(self, stream: BindingsStream | None = None) -> None:
        """Let the event be after the work queued in a stream; None is the default stream."""
        call("cuEventRecord", self.object, _object(stream))

    def synchronize(self) -> None:
        """Wait until all work before it is done."""
        call("cuEventSynchronize", self.object)

    def __del__(self) -> None:
        with suppress(Exception):  # the process ends, or its creation failed
            cuda.cuEventDestroy(self.object)


class BindingsStream:
    """Work that runs in order."""

    def __init__(self, flags: int = 0) -> None:
        self.object = call("cuStreamCreate", flags)
        self.handle = int(self.object)

    def synchronize(self) -> None:
        """Wait until all of its work is done."""
        call("cuStreamSynchronize", self.object)

    def __del__(self) -> None:
        with suppress(Exception):  # the process ends, or its creation failed
            cuda.cuStreamDestroy(self.object)


def _object(stream: BindingsStream | None) -> Any:
    return 0 if stream is None else stream.object


class DeviceAllocation:
    """Memory of a GPU; `int` of it is the address."""

    def __init__(self, size: int) -> None:
        self._address = int(call("cuMemAlloc", size))

    def __int__(self) -> int:
        return self._address

    def free(self) -> None:
        """Free the memory."""
        call("cuMemFree", self._address)


class LoadedModule:
    """Compiled code that is loaded."""

    def __init__(self, code: bytes) -> None:
        self._handle = call("cuModuleLoadData", code)

    def get_function(self, name: str) -> LoadedFunction:
        """Return a kernel."""
        return LoadedFunction(call("cuModuleGetFunction", self._handle, name.encode()))

    def get_global(self, name: str) -> tuple[int, int]:
        """Return the address and the bytes of a variable."""
        address, size = call("cuModuleGetGlobal", self._handle, name.encode())
        return int(address), int(size)


class LoadedFunction:
    """A kernel."""

    def __init__(self, handle: Any) -> None:
        self._handle, self._format = handle, ""

    def prepare(self, letters: str) -> None:
        """Say what types the arguments have, by letters as of `struct`."""
        self._format = letters

    def set_attribute(self, attribute: Any, value: int) -> None:
        """Set an attribute."""
        call("cuFuncSetAttribute", self._handle, attribute, value)

    def prepared_async_call(
        self,
        grid: Sequence[int],
        block: Sequence[int],
        stream: BindingsStream | None,
        *values: Any,
        shared_size: int = 0,
    ) -> None:
        """Queue a launch."""
        packed = ctypes.create_string_buffer(struct.pack(self._format, *values), struct.calcsize(self._format))
        size = ctypes.c_size_t(len(packed))
        extra = (ctypes.c_void_p * 5)(
            _PARAMETERS, ctypes.addressof(packed), _PARAMETERS_SIZE, ctypes.addressof(size), _END
        )
        call("cuLaunchKernel", self._handle, *grid, *block, shared_size, _object(stream), 0, ctypes.addressof(extra))


def memcpy_htod_async(target: int, source: Array, stream: BindingsStream | None = None) -> None:
    """Queue a copy from the host to an address."""
    call("cuMemcpyHtoDAsync", target, source.ctypes.data, source.nbytes, _object(stream))


def memcpy_dtoh_async(target: Array, source: int, stream: BindingsStream | None = None) -> None:
    """Queue a copy from an address to the host."""
    call("cuMemcpyDtoHAsync", target.ctypes.data, source, target.nbytes, _object(stream))


def memcpy_dtod_async(target: int, source: int, size: int, stream: BindingsStream | None = None) -> None:
    """Queue a copy of `size` bytes between addresses of a GPU."""
    call("cuMemcpyDtoDAsync", target, source, size, _object(stream))


def memset_d8_async(target: int, value: int, size: int, stream: BindingsStream | None = None) -> None:
    """Queue to set `size` bytes from an address on."""
    call("cuMemsetD8Async", target, value, size, _object(stream))


# PyCUDA's names

Error, LaunchError = BindingsError, BindingsLaunchError
MemoryError = BindingsMemoryError
Context, Device, Event, Stream = PrimaryContext, BindingsDevice, BindingsEvent, BindingsStream
mem_alloc, module_from_buffer = DeviceAllocation, LoadedModule
event_flags = SimpleNamespace(DISABLE_TIMING=2)
function_attribute = SimpleNamespace(
    MAX_DYNAMIC_SHARED_SIZE_BYTES=cuda.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
)
