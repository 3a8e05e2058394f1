"""The threads that run kernels: one for each core, asleep in native code (`workers.ll`) until there is a launch.

A launch is shared out by a counter of its blocks, so that nothing of Python is between two blocks. The thread that
calls takes part, unless a signal's handler might have to interrupt it: then it only waits, and looks for signals.
"""

from __future__ import annotations

import ctypes
import os
import platform
import re
import signal
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from imgcuda.cpu import loading
from imgcuda.cpu.budget import HEAP
from imgcuda.cpu.stack import KERNELS, has_room, stacks_of
from imgcuda.engine.memory_limit import in_words
from imgcuda.errors import DeviceError, DeviceMemoryError

_SPINS = 1000
"""How often a thread looks for more to do before it sleeps: some 30 microseconds."""

_PATIENCE = 20_000_000
"""Nanoseconds after which a thread that only waits looks whether a signal has come."""

_ALIGNED = 64
"""A multiple of which a kernel's own arrays begin at, as vectors do."""

POSIX = os.name == "posix"

pools: dict[int, Workers | PlainWorkers] = {}
"""By process: a forked child does not have its parent's threads, and gets its own."""


class Launch:
    """All that is needed while blocks of a kernel run: its code, arguments, memory, and what else is to be kept."""

    def __init__(self, kernel: loading.LoadedKernel, arguments: bytes, grid: bytes, keep: object) -> None:
        """Prepare the launch of a kernel. `grid`: its size, dynamic shared memory, what checks note."""
        self.kernel, self._arguments, self._grid, self._keep = kernel, arguments, grid, keep
        self._memory: Any = None

    def cells(self, blocks: int, step: int, most: int) -> ctypes.Array[ctypes.c_char]:
        """Return what `workers.ll` reads: as many blocks as there are, `step` at a time, by at most `most` threads."""
        cells = ctypes.create_string_buffer(20 * 8 + len(self._arguments))
        start, heap, own = ctypes.addressof(cells), *self._heap(most)
        struct.pack_into("QQ40s5q", cells, 0, self.kernel.entry, start + 160, self._grid, heap, own, blocks, step, most)
        ctypes.memmove(start + 160, self._arguments, len(self._arguments))
        return cells

    def _heap(self, most: int) -> tuple[int, int]:
        """Return the address of memory for what does not fit a stack, and how much each thread gets."""
        if not self.kernel.heap:
            return 0, 0
        own = -(-self.kernel.heap // _ALIGNED) * _ALIGNED
        try:
            self._memory = np.empty(most * own + _ALIGNED, np.uint8)
        except MemoryError as error:
            size = in_words(self.kernel.heap)
            raise DeviceMemoryError(f"cpu: there is no memory for a kernel's own arrays of {size}") from error
        return -(-self._memory.ctypes.data // _ALIGNED) * _ALIGNED, own


class Workers:
    """Threads that wait for launches."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._memory = _immortal(ctypes.create_string_buffer(256))
        self._address = ctypes.addressof(self._memory)
        _native("start")(self._address)
        self._start_threads()

    def _start_threads(self) -> None:
        """Start the threads, with stacks that any kernel fits on."""
        for size in KERNELS:
            try:
                with stacks_of(size):
                    for _ in range(self.count):
                        work = threading.Thread(target=_native("work"), args=(self._address,), daemon=True)
                        work.start()
                return
            except (RuntimeError, ValueError, MemoryError):  # the system has no room for so much
                self.close()
                ctypes.memset(self._address, 0, 256)
        raise DeviceError(f"cpu: the system gives no {self.count} threads; set IMGCUDA_THREADS to fewer, or allow more")

    def run(self, launch: Launch, blocks: int, parts: int, joins: bool) -> None:
        """Run all blocks of a launch in at least so many parts; the caller's thread takes part if it `joins`."""
        most = min(self.count, parts)
        cells = launch.cells(blocks, -(-blocks // parts), most)
        at = ctypes.addressof(cells)
        try:
            done = _native("run")(self._address, at, most - joins, joins, _PATIENCE)
            while not done:
                done = _native("finish")(self._address, at, _PATIENCE)
        except BaseException:  # Ctrl-C: the threads may be at a kernel that never ends, so what comes next gets others
            self._abandon(launch, cells)
            raise

    def _abandon(self, launch: Launch, cells: ctypes.Array[ctypes.c_char]) -> None:
        """Leave a launch to the threads that are at it, with all that they use; they end when it does."""
        _native("cancel")(self._address, ctypes.addressof(cells))
        if pools.get(os.getpid()) is self:
            del pools[os.getpid()]
        self.close()
        threading.Thread(target=self._outlive, args=(launch, cells), daemon=True).start()

    def _outlive(self, launch: Launch, cells: ctypes.Array[ctypes.c_char]) -> None:
        _immortal(launch)
        _immortal(cells)
        while not _native("finish")(self._address, ctypes.addressof(cells), 50 * _PATIENCE):
            pass
        _mortal(launch)
        _mortal(cells)

    def close(self) -> None:
        """Let the threads end, each when it has run the blocks that it took."""
        _native("close")(self._address)


class PlainWorkers:
    """Threads of Python's own, for systems without POSIX threads: sharing out takes longer, the blocks do not."""

    def __init__(self, count: int) -> None:
        self.count = count
        with stacks_of(KERNELS[-1]):
            self._threads = ThreadPoolExecutor(count, thread_name_prefix="imgcuda")

    def run(self, launch: Launch, blocks: int, parts: int, joins: bool) -> None:
        """Run all blocks of a launch in at least so many parts."""
        most = min(self.count, parts)
        at = ctypes.addressof(cells := launch.cells(blocks, -(-blocks // parts), most))
        for done in [self._threads.submit(_native("take"), at, number) for number in range(most)]:
            done.result()
        del cells

    def close(self) -> None:
        """Let the threads end, each when it has run the blocks that it took."""
        self._threads.shutdown(wait=False)


def run(launch: Launch, blocks: int, parts: int = 1, count: int = 1) -> None:
    """Run all blocks of a launch, by up to `count` threads if there are several parts, and wait for the end."""
    if launch.kernel.heap:
        parts = min(parts, max(1, HEAP // launch.kernel.heap))  # each takes that much
    roomy = has_room(launch.kernel.stack)
    if roomy and (count == 1 or parts == 1):
        _native("take")(ctypes.addressof(cells := launch.cells(blocks, blocks, 1)), 0)
        del cells
    else:
        _pool(count).run(launch, blocks, parts, joins=roomy and not _may_be_interrupted())


def cores() -> int:
    """Return the number of cores to use: IMGCUDA_THREADS, else those that the system allows this process."""
    if asked := os.environ.get("IMGCUDA_THREADS"):
        if not re.fullmatch("[0-9]{1,4}", asked):
            raise DeviceError(f"IMGCUDA_THREADS must be a number of cores, such as 4; it is '{asked[:60]}'")
        return max(1, int(asked))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pool(count: int) -> Workers | PlainWorkers:
    """Return this process's threads: as many as cores may be used now."""
    pool = pools.get(os.getpid())
    if pool is None or pool.count != count:
        if pool is not None:
            pool.close()
        pool = pools[os.getpid()] = Workers(count) if POSIX else PlainWorkers(count)
    return pool


def _may_be_interrupted() -> bool:
    """Return whether Python would run a signal's handler in this thread, which only Python itself can do."""
    if threading.current_thread() is not threading.main_thread():
        return False
    return any(callable(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM, _ALARM))


_ALARM = getattr(signal, "SIGALRM", signal.SIGINT)

_C_TYPES: dict[str, list[Any]] = {
    "start": [ctypes.c_void_p],
    "work": [ctypes.c_void_p],
    "take": [ctypes.c_void_p, ctypes.c_longlong],
    "run": [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_longlong, ctypes.c_int, ctypes.c_longlong],
    "finish": [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_longlong],
    "cancel": [ctypes.c_void_p, ctypes.c_void_p],
    "close": [ctypes.c_void_p],
}
"""The arguments of the functions of `workers.ll`."""


@cache
def _native(name: str) -> Any:
    """Return a function of `workers.ll`. While it runs, other threads of Python run too."""
    return ctypes.CFUNCTYPE(ctypes.c_int, *_C_TYPES[name])(_functions(POSIX).address(name))


@cache
def _functions(posix: bool) -> Any:
    text = Path(__file__).with_name("workers.ll").read_text("utf-8")
    text = text if posix else text.partition("; ---- threads as POSIX has them")[0]
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    pause = "@llvm.x86.sse2.pause()" if x86 else "@llvm.aarch64.hint(i32 1)"  # which is Arm's yield
    declared = f"declare void {pause.replace('i32 1', 'i32')}\n"
    return _immortal(loading.functions(declared + text.replace("PAUSE", pause).replace("SPINS", str(_SPINS))))


def _immortal(thing: Any) -> Any:
    """Return something that is never freed: threads use it while Python, at its end, frees what it can."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    return thing


def _mortal(thing: Any) -> None:
    ctypes.pythonapi.Py_DecRef(ctypes.py_object(thing))
