"""A task for a GPU: buffers that are used in turn, results that are checked, times that the device itself takes.

A picture at 8K is larger than any cache, and three of each take turns all the same. Before a contender is timed,
and again before its timed rounds are believed, what it is to write is filled with rubbish.
"""

from __future__ import annotations

import ctypes
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import references

from imgcuda.engine.protocol import DeviceArray

BUFFERS = 3
ROUNDS = 15
RUBBISH = 0xA5
BUSY = 2 << 30
"""Bytes that a GPU fills before each call that is timed: a millisecond."""


@dataclass(frozen=True)
class Task:
    """A filter, and where its input is and where its results may go: the same picture in several buffers."""

    name: str
    parameters: dict[str, Any]
    sources: Sequence[DeviceArray]
    targets: Sequence[DeviceArray]
    session: Any
    """Of imgcuda, which allocates and copies."""

    @property
    def sigma(self) -> float:
        return float(self.parameters.get("sigma", 0))

    @property
    def halo(self) -> int:
        return int(4 * self.sigma + 0.5)

    def results(self, number: int) -> references.Pixels:
        """Return what a target holds."""
        made: references.Pixels = self.session.download(self.targets[number])
        return made[:, :, 0] if made.shape[2] == 1 else made


@dataclass(frozen=True)
class Run:
    """A contender that is ready."""

    call: Callable[[int], object]
    """Filter a buffer, given its number."""
    result: Callable[[int], references.Pixels]
    """Return, on the host, what was made of a buffer."""
    tolerance: int = 1
    margin: int = 0
    """How many pixels at the edge are left out of the comparison, where it has other borders."""
    reference: Callable[[references.Pixels], references.Pixels] | None = None
    """What it computes, if that is something else."""


class View:
    """An array on the device as CuPy, PyTorch and CV-CUDA take it: without a copy."""

    def __init__(self, array: DeviceArray, *shape: int) -> None:
        self._array = array  # so that it stays
        self.__cuda_array_interface__ = {
            "shape": shape or array.shape,
            "typestr": array.dtype.str,
            "strides": None,  # one row after the other
            "data": (array.pointer, False),
            "version": 3,
        }


class Machine(Protocol):
    """Where contenders run."""

    def time(self, call: Callable[[], object]) -> float:
        """Return how many milliseconds a call takes there."""

    def fill(self, array: DeviceArray, byte: int) -> None:
        """Set every byte of an array."""

    def copy(self, target: DeviceArray, source: DeviceArray) -> None:
        """Copy an array."""


class Gpu:
    """The GPU whose context is current."""

    def __init__(self) -> None:
        self._busy: Any = None

    def time(self, call: Callable[[], object]) -> float:
        import pycuda.driver as driver

        start, end = driver.Event(), driver.Event()
        self._busy = self._busy or driver.mem_alloc(BUSY)
        # Busy with this, the device does not wait for the host to launch what is timed.
        driver.memset_d8_async(self._busy, 0, BUSY, None)
        start.record()
        call()
        end.record()
        end.synchronize()
        before = time.perf_counter()
        driver.Context.synchronize()
        if time.perf_counter() - before > 0.001:
            raise RuntimeError("it runs on a stream of its own, which is not timed")
        return float(start.time_till(end))

    def fill(self, array: DeviceArray, byte: int) -> None:
        import pycuda.driver as driver

        driver.memset_d8(array.pointer, byte, array.nbytes)
        driver.Context.synchronize()

    def copy(self, target: DeviceArray, source: DeviceArray) -> None:
        import pycuda.driver as driver

        driver.memcpy_dtod(target.pointer, source.pointer, source.nbytes)


class Cpu:
    """This machine's cores, to try the benchmark out without a GPU."""

    def time(self, call: Callable[[], object]) -> float:
        start = time.perf_counter()
        call()
        return 1000 * (time.perf_counter() - start)

    def fill(self, array: DeviceArray, byte: int) -> None:
        ctypes.memset(array.pointer, byte, array.nbytes)

    def copy(self, target: DeviceArray, source: DeviceArray) -> None:
        ctypes.memmove(target.pointer, source.pointer, source.nbytes)


def median_time(who: str, run: Run, task: Task, wanted: references.Pixels, machine: Machine) -> float:
    """Return the median time of a contender in milliseconds; ValueError if what it makes is wrong."""
    for timed in (False, True):
        for target in task.targets:
            machine.fill(target, RUBBISH)
        count = ROUNDS if timed else BUFFERS
        times = [machine.time(partial(run.call, number % BUFFERS)) for number in range(count)]
        for number in range(BUFFERS):
            references.check(who, run.result(number), wanted, run.tolerance, run.margin)
    return statistics.median(times)
