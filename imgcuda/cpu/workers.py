"""The threads that run kernels: one for each core, asleep in native code (`workers.ll`) until there is a launch.

Threads take the blocks of a launch from an atomic counter, so that no Python runs between two blocks. The calling
thread takes part, unless a signal handler may have to interrupt it: then it only waits, and checks for signals.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from imgcuda.cpu import loading
from imgcuda.cpu.budget import HEAP
from imgcuda.cpu.stack import KERNELS, has_room, stacks_of, start
from imgcuda.engine.memory_limit import in_words
from imgcuda.errors import DeviceError, DeviceMemoryError

_SPINS = 1000
"""How often a thread looks for another launch before it sleeps: for about 30 microseconds."""

_PATIENCE = 20_000_000
"""Nanoseconds after which a thread that only waits checks for signals."""

_ONE = (1).to_bytes(8, sys.byteorder)

_ALIGNED = 64
"""The alignment of a kernel's own arrays on the heap, as vectors need it."""

POSIX = os.name == "posix"

pools: dict[int, Workers | PlainWorkers] = {}
"""The threads by process: a forked child does not have its parent's threads, and gets its own."""


_ENTRY = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_longlong, ctypes.c_longlong)
"""The entry point of a kernel: its arguments, the grid, the first block, and the one after the last. It only reads."""


class PackedLaunch:
    """A launch as threads of the processor take it: code, arguments, memory, and `keep`, which must outlive it."""

    def __init__(
        self,
        kernel: loading.LoadedKernel,
        arguments: bytes,
        grid: bytes,
        keep: object,
        shared: int = 0,
        copies: Sequence[int] = (),
    ) -> None:
        """Prepare a launch. `grid` holds the grid's size, the bytes of dynamic shared memory, and the checks' notes.

        Without notes the last cell is 1 while one thread runs all blocks: atomic operations are plain ones then. For
        several threads it is the address of `copies`, the lengths of the arrays that each has a copy of, if there are.
        """
        self.stack = kernel.stack + shared
        """The bytes of stack that it needs: dynamic shared memory lies there, too."""
        self.kernel, self._arguments, self._grid, self._keep = kernel, arguments, grid, keep
        self._memory: Any = None
        self._copies = (ctypes.c_int64 * len(copies))(*copies)

    def cells(self, blocks: int, step: int, most: int) -> ctypes.Array[ctypes.c_char]:
        """Return a launch as `workers.ll` reads it: all `blocks`, taken `step` at a time by at most `most` threads."""
        cells = ctypes.create_string_buffer(20 * 8 + len(self._arguments))
        start, heap, own = ctypes.addressof(cells), *self._heap(most)
        grid = self._of_threads() if most > 1 else self._of_one_thread()
        struct.pack_into("QQ40s5q", cells, 0, self.kernel.entry, start + 160, grid, heap, own, blocks, step, most)
        ctypes.memmove(start + 160, self._arguments, len(self._arguments))
        return cells

    def run_here(self, blocks: int) -> None:
        """Run all blocks in the calling thread, which wakes no other: what a small image takes."""
        heap, _ = self._heap(1)
        grid = self._of_one_thread() + heap.to_bytes(8, sys.byteorder)
        _ENTRY(self.kernel.entry)(self._arguments, grid, 0, blocks)

    def _of_threads(self) -> bytes:
        at = ctypes.addressof(self._copies)
        return self._grid[:32] + at.to_bytes(8, sys.byteorder) if len(self._copies) else self._grid

    def _of_one_thread(self) -> bytes:
        return self._grid if self.kernel.checklist is not None else self._grid[:32] + _ONE

    def _heap(self, most: int) -> tuple[int, int]:
        """Return the address of heap memory for arrays that do not fit the stack, and the bytes for each thread."""
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
    """A pool of threads that wait for launches."""

    def __init__(self, count: int) -> None:
        self.count, self.closed = count, False
        for size in KERNELS:  # large enough for any kernel, or less where the system has no room for so many stacks
            self._memory = _immortal(ctypes.create_string_buffer(256))
            self._address = ctypes.addressof(self._memory)
            _native("start")(self._address)
            try:
                with stacks_of(size):
                    for _ in range(count):
                        start(threading.Thread(target=_native("work"), args=(self._address,), daemon=True))
                return
            except (RuntimeError, ValueError, MemoryError):
                _native("close")(self._address)
        raise DeviceError(f"cpu: the system gives no {count} threads; set IMGCUDA_THREADS to fewer, or allow more")

    def run(self, launch: PackedLaunch, blocks: int, parts: int, joins: bool) -> bool:
        """Run all blocks of a launch, divided into at least `parts`; with `joins`, the calling thread takes part.

        Return False if the pool was closed meanwhile: nothing has run.
        """
        most = min(self.count, parts)
        cells = launch.cells(blocks, -(-blocks // parts), most)
        at = ctypes.addressof(cells)
        try:
            done: int = _native("run")(self._address, at, most - joins, joins, _PATIENCE)
            while done == 0:
                done = _native("finish")(self._address, at, _PATIENCE)
        except BaseException:  # Ctrl-C: a kernel may never end, so the next launch gets new threads
            self._abandon(launch, cells)
            raise
        return done > 0

    def _abandon(self, launch: PackedLaunch, cells: ctypes.Array[ctypes.c_char]) -> None:
        """Leave a launch, with all memory that it uses, to its threads; they end when it ends."""
        _native("cancel")(self._address, ctypes.addressof(cells))
        if pools.get(os.getpid()) is self:
            del pools[os.getpid()]
        self.close()
        threading.Thread(target=self._outlive, args=(launch, cells), daemon=True).start()

    def _outlive(self, launch: PackedLaunch, cells: ctypes.Array[ctypes.c_char]) -> None:
        _immortal(launch)
        _immortal(cells)
        while not _native("finish")(self._address, ctypes.addressof(cells), 50 * _PATIENCE):
            pass
        _mortal(launch)
        _mortal(cells)

    def close(self) -> None:
        """End the threads, each after the blocks that it has taken."""
        self.closed = True
        _native("close")(self._address)


class PlainWorkers:
    """A pool of Python threads, for systems without POSIX threads; it takes longer to distribute blocks."""

    def __init__(self, count: int) -> None:
        from concurrent.futures import ThreadPoolExecutor  # its import takes long, and most systems need no such pool

        self.count, self.closed = count, False
        with stacks_of(KERNELS[-1]):
            self._threads = ThreadPoolExecutor(count, thread_name_prefix="imgcuda")

    def run(self, launch: PackedLaunch, blocks: int, parts: int, joins: bool) -> bool:
        """Run all blocks of a launch, divided into at least `parts`; return True."""
        most = min(self.count, parts)
        at = ctypes.addressof(cells := launch.cells(blocks, -(-blocks // parts), most))
        for done in [self._threads.submit(_native("take"), at, number) for number in range(most)]:
            done.result()
        del cells
        return True

    def close(self) -> None:
        """End the threads, each after the blocks that it has taken."""
        self.closed = True
        self._threads.shutdown(wait=False)


def renew_threads() -> None:
    """Use new threads for later launches: the current ones may be in a kernel that never ends."""
    if found := pools.pop(os.getpid(), None):
        found.close()


def run(launch: PackedLaunch, blocks: int, parts: int = 1, count: int = 1) -> None:
    """Run all blocks of a launch by up to `count` threads, if there are several parts, and wait for the end."""
    if launch.kernel.heap:
        parts = min(parts, max(1, HEAP // launch.kernel.heap))  # each needs memory on the heap
    roomy = has_room(launch.stack)
    if roomy and (count == 1 or parts == 1):
        launch.run_here(blocks)
    else:
        while not _pool(count).run(launch, blocks, parts, joins=roomy and not _may_be_interrupted()):
            pass


def _pool(count: int) -> Workers | PlainWorkers:
    """Return this process's threads: one for each core that may be used now."""
    pool = pools.get(os.getpid())
    if pool is None or pool.closed or pool.count != count:
        if pool is not None and not pool.closed:
            pool.close()
        pool = pools[os.getpid()] = Workers(count) if POSIX else PlainWorkers(count)
    return pool


def _may_be_interrupted() -> bool:
    """Return whether Python might run a signal handler in this thread, which it cannot do during native code."""
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
"""The argument types of the functions of `workers.ll`."""


@cache
def _native(name: str) -> Any:
    """Return a function of `workers.ll`. It releases the GIL, so that other Python threads run meanwhile."""
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
    """Return an object that is never freed, since threads may use it while Python shuts down."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
    return thing


def _mortal(thing: Any) -> None:
    ctypes.pythonapi.Py_DecRef(ctypes.py_object(thing))
