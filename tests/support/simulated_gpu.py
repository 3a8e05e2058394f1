"""A stand-in for PyCUDA and the driver, in a process of its own: device memory is host memory, kernels run on the CPU.

`install()` puts it in place, before imgcuda looks for a GPU. `LOG` then holds what was asked of the driver, in order:
copies, launches, events and what waits for them. Nothing overlaps here, so it shows that the order is asked for, not
that a GPU keeps it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cpu.session import CpuSession
from imgcuda.cuda import driver_calls, queued
from imgcuda.cuda.driver_api import VARIABLE
from imgcuda.engine.protocol import DeviceArray, Launch, LaunchArgument

LOG: list[tuple[Any, ...]] = []
MEMORY: dict[int, npt.NDArray[np.uint8]] = {}
"""What is allocated, by its address."""


class Context:
    """The primary context."""

    @staticmethod
    def push() -> None:
        pass

    @staticmethod
    def pop() -> None:
        pass


class Device:
    """A GPU; each limit of a launch is large."""

    def __init__(self, index: int) -> None:
        self.index = index

    @staticmethod
    def count() -> int:
        return 2

    @staticmethod
    def retain_primary_context() -> Context:
        return Context()

    @staticmethod
    def total_memory() -> int:
        return 1 << 34


class Stream:
    """A stream, whose number tells it in LOG."""

    handle = 100


class Event:
    """An event that is reached at once."""

    def __init__(self, flags: int) -> None:
        self.flags = flags

    def record(self, stream: Stream) -> None:
        pass

    def synchronize(self) -> None:
        LOG.append(("the host waits",))


def _upload(target: int, source: npt.NDArray[Any], stream: Stream) -> None:
    LOG.append(("up", source.nbytes))
    ctypes.memmove(target, source.ctypes.data, source.nbytes)


def _download(target: npt.NDArray[Any], source: int, stream: Stream) -> None:
    LOG.append(("down", target.nbytes))
    ctypes.memmove(target.ctypes.data, source, target.nbytes)


def _copy(target: int, source: int, size: int, stream: Stream) -> None:
    LOG.append(("copy", size))
    ctypes.memmove(target, source, size)


def _clear(target: int, value: int, size: int, stream: Stream) -> None:
    ctypes.memset(target, value, size)


def aligned(size: int) -> npt.NDArray[np.uint8]:
    """Return host memory at an address that a GPU would have given."""
    room = np.zeros(size + 256, np.uint8)
    first = -room.ctypes.data % 256
    return room[first : first + size]


def _allocate(address: Any, size: int, pool: int, stream: int) -> int:
    memory = aligned(size)
    MEMORY[memory.ctypes.data] = memory
    ctypes.cast(address, ctypes.POINTER(ctypes.c_uint64)).contents.value = memory.ctypes.data
    return 0


def _free(address: int, stream: int) -> int:
    MEMORY.pop(address)[:] = 0xEE  # what is read after this is wrong
    LOG.append(("free", stream))
    return 0


def _record(event: Any, stream: int) -> int:
    LOG.append(("record", stream))
    return 0


def _wait(stream: int, event: Any, flags: int) -> int:
    LOG.append(("wait", stream))
    return 0


def _record_in_all(context: Any, event: Any) -> int:
    LOG.append(("record", "all"))
    return 0


_FUNCTIONS: dict[str, Callable[..., int]] = {
    "cuMemAllocFromPoolAsync": _allocate,
    "cuMemFreeAsync": _free,
    "cuEventRecord": _record,
    "cuStreamWaitEvent": _wait,
    "cuCtxRecordEvent": _record_in_all,
}


class SimulatedSession(queued.QueuedSession):
    """A session whose kernels run on the CPU, as they are launched."""

    packs = False

    def launch(self, launch: Launch) -> None:
        LOG.append(("launch", launch.kernel))
        program, kernel, grid, block, arguments, memory = launch
        CpuSession().launch(Launch(program, kernel, grid, block, [_on_host(each) for each in arguments], memory))

    def bind(self, launch: Launch, arrays: tuple[tuple[int, int], ...]) -> Any:
        return SimpleNamespace(queue=lambda stream, addresses: self._queued(launch, arrays, addresses))

    def _queued(self, launch: Launch, arrays: tuple[tuple[int, int], ...], addresses: list[int]) -> None:
        arguments = list(launch.arguments)
        for place, number in arrays:
            arguments[place] = replace(arguments[place], pointer=addresses[number])
        program, kernel, grid, block, _, memory = launch
        self.launch(Launch(program, kernel, grid, block, arguments, memory))


def _on_host(argument: LaunchArgument) -> LaunchArgument:
    if not isinstance(argument, DeviceArray):
        return argument
    room = (ctypes.c_uint8 * argument.nbytes).from_address(argument.pointer)
    own = np.frombuffer(memoryview(room), argument.dtype).reshape(argument.shape)
    return DeviceArray(argument.pointer, argument.shape, argument.dtype, own)


def install() -> None:
    """Let imgcuda find a GPU that is simulated; for a process of its own."""
    os.environ[VARIABLE] = "pycuda"
    driver: Any = ModuleType("pycuda.driver")
    driver.Error = driver.LaunchError = type("Error", (Exception,), {})
    driver.MemoryError = type("MemoryError", (driver.Error,), {})
    driver.Context, driver.Device, driver.Stream, driver.Event = Context, Device, Stream, Event
    driver.event_flags = SimpleNamespace(DISABLE_TIMING=2)
    driver.memcpy_htod_async, driver.memcpy_dtoh_async, driver.memcpy_dtod_async = _upload, _download, _copy
    driver.memset_d8_async = _clear
    driver.init = lambda: None
    sys.modules["pycuda"], sys.modules["pycuda.driver"] = ModuleType("pycuda"), driver
    vars(sys.modules["pycuda"])["driver"] = driver
    vars(driver_calls)["function"] = lambda name: _FUNCTIONS.get(name, lambda *arguments: 0)
    vars(queued)["QueuedSession"] = SimulatedSession
