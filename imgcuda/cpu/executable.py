"""Puts linked machine code into executable memory."""

from __future__ import annotations

import ctypes
import mmap
import os
from functools import cache

from imgcuda.cpu.linker import LinkedCode
from imgcuda.errors import DeviceError


class Executable:
    """Executable memory that holds an image, released with the last reference to this object."""

    def __init__(self, image: LinkedCode) -> None:
        self._memory = mmap.mmap(-1, len(image.data), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._memory[:] = image.data
        self._start = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        for at, target, symbol in image.addresses:
            address = target + (_library_function(symbol) if symbol else self._start)
            self._memory[at : at + 8] = address.to_bytes(8, "little")
        self._make_executable(image.code)
        self._functions = image.functions

    def address(self, function: str) -> int:
        """Return the address of a function that others may call."""
        return self._start + self._functions[function]

    def _make_executable(self, size: int) -> None:
        """Make the memory executable and read-only. Linux makes sure that the processor fetches the new code."""
        if _c_library().mprotect(self._start, size, mmap.PROT_READ | mmap.PROT_EXEC):
            why = os.strerror(ctypes.get_errno()).lower()
            raise DeviceError(f"cpu: this system does not let a process run code that it made ({why})")


@cache
def _c_library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return library


@cache
def _library_function(name: str) -> int:
    address = ctypes.cast(getattr(_c_library(), name), ctypes.c_void_p).value
    assert address is not None
    return address
