"""The session of the CPU engine: launches kernels on this machine's cores, on host memory."""

from __future__ import annotations

import os
import re
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cpu import loading
from imgcuda.cpu.budget import HEAP
from imgcuda.cpu.lending import Loans
from imgcuda.cpu.stack import KERNELS, has_room, stacks_of
from imgcuda.engine.memory_limit import Budget, in_words
from imgcuda.engine.protocol import DeviceArray, LaunchArgument
from imgcuda.errors import DeviceError, DeviceMemoryError
from imgcuda.programs.layout import Dim3, LaunchLimits, excess
from imgcuda.programs.source import Program

NAME = "cpu"

WORTH_A_THREAD = 1 << 18
"""The fewest samples for each core of a launch: to share work out takes 0.2 ms, the time of 600,000 samples."""

PER_STRIP = 8
"""The share of limited memory for a strip, as a divisor: filters allocate several arrays as large, some of floats."""


class CpuSession:
    """A session on the CPU. It works on host memory, so uploads copy nothing, and strips are used only under a memory
    limit. The limit counts the arrays that filters allocate, not the images, which are the caller's."""

    packs = False
    limits = LaunchLimits(grid=Dim3(2**31 - 1, 2**31 - 1, 2**31 - 1))

    def __init__(self) -> None:
        self._budget = Budget(NAME)
        self._sizes: dict[int, int] = {}
        self._loans = Loans()

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        return self._allocate(np.empty, shape, dtype)

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        return self._allocate(np.zeros, shape, dtype)

    def _allocate(
        self, how: Callable[..., npt.NDArray[Any]], shape: Sequence[int], dtype: npt.DTypeLike
    ) -> DeviceArray:
        size = prod(shape) * np.dtype(dtype).itemsize
        self._budget.take(size)
        try:
            made = as_device_array(how(tuple(shape), dtype))
        except MemoryError as error:
            self._budget.give(size)
            raise DeviceMemoryError(f"cpu: there is no memory for an array of {in_words(size)}") from error
        self._sizes[made.pointer] = size
        return made

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        """Return the host's array itself; a kernel that writes to it gets a copy instead (copy-on-write)."""
        return as_device_array(self._loans.lend(np.ascontiguousarray(array)))

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        owner = self._loans.own(array).owner
        assert isinstance(owner, np.ndarray)
        return owner

    def free(self, array: DeviceArray) -> None:
        """Count the array as freed; NumPy frees the memory with its last reference."""
        self._budget.give(self._sizes.pop(array.pointer, 0))
        self._loans.give_back(array)

    @property
    def strip_bytes(self) -> int | None:
        return None if self._budget.limit is None else max(1, self._budget.limit // PER_STRIP)

    @contextmanager
    def streams(self, most: int) -> Iterator[list[CpuSession]]:
        yield [type(self)()]

    def stage(self, rows: npt.NDArray[Any]) -> Callable[[], DeviceArray]:
        return lambda: self.upload(rows)

    def fetch(self, array: DeviceArray, first: int, target: npt.NDArray[Any]) -> None:
        np.copyto(target, self.download(array)[first : first + len(target)])

    def wait(self) -> None:
        """Do nothing: launches and copies here are synchronous."""

    def host_empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        return np.empty(tuple(shape), dtype)

    def launch(
        self, program: Program, kernel: str, grid: Dim3, block: Dim3, arguments: Sequence[LaunchArgument]
    ) -> None:
        if why := excess(grid, block, self.limits):
            raise DeviceError(f"{program.name}: {kernel} cannot be launched on the CPU: {why}")
        loaded = loading.kernel(program, kernel, block)
        arguments = self._loans.arguments(arguments, loaded.written)
        packed = pack(loaded.letters, arguments)
        launch = struct.pack("5q", *grid, 0, 0)
        samples = max((prod(a.shape) for a in arguments if isinstance(a, DeviceArray)), default=0)
        work = max(samples, grid.total * block.total)  # a thread may compute many samples
        _run(partial(_part, loaded, packed, launch, arguments), grid.total, work, loaded.heap, loaded.stack)


def cores() -> int:
    """Return the number of cores to use: IMGCUDA_THREADS, else those that the system allows this process."""
    if asked := os.environ.get("IMGCUDA_THREADS"):
        if not re.fullmatch("[0-9]{1,4}", asked):
            raise DeviceError(f"IMGCUDA_THREADS must be a number of cores, such as 4; it is '{asked[:60]}'")
        return max(1, int(asked))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pack(letters: Sequence[str], arguments: Sequence[LaunchArgument]) -> bytes:
    """Return the arguments packed for the entry point, eight bytes each."""
    values = [a.pointer if isinstance(a, DeviceArray) else a.item() for a in arguments]
    cells = (
        struct.pack("P" if letter == "p" else letter, value) for letter, value in zip(letters, values, strict=True)
    )
    return b"".join(cell.ljust(8, b"\0") for cell in cells)


# ---- running

thread_pools: dict[int, ThreadPoolExecutor] = {}
"""The threads of a process, by its id."""


def thread_pool() -> ThreadPoolExecutor:
    """Return this process's threads. A forked child does not have its parent's, and gets its own."""
    pool = thread_pools.get(os.getpid())
    return pool or thread_pools.setdefault(os.getpid(), _new_pool())


def _new_pool() -> ThreadPoolExecutor:
    """Return threads with stacks that any kernel fits on, all of them started."""
    count = cores()
    for size in KERNELS:
        pool, begin = ThreadPoolExecutor(count, thread_name_prefix="imgcuda"), threading.Event()
        try:
            with stacks_of(size):
                for _ in range(count):
                    pool.submit(begin.wait)
        except RuntimeError:  # the system has no room for so much
            pool.shutdown(wait=False, cancel_futures=True)
            continue
        finally:
            begin.set()
        return pool
    raise DeviceError(f"cpu: the system gives no {count} threads; set IMGCUDA_THREADS to fewer, or allow more")


def _part(
    kernel: loading.LoadedKernel,
    packed: bytes,
    launch: bytes,
    arguments: Sequence[LaunchArgument],
    first: int,
    last: int,
) -> None:
    """Run some blocks. `arguments` stay as long: after Ctrl-C nobody else may have the arrays that it still uses."""
    kernel(packed, launch, first, last)


def _run(part: Callable[[int, int], None], blocks: int, work: int, heap: int, stack: int) -> None:
    """Run all blocks of a launch, spread over the cores if there is enough to do."""
    count = cores()
    parts = min(4 * count, blocks, max(1, work // WORTH_A_THREAD))
    if heap:
        parts = min(parts, max(1, HEAP // heap))  # each takes that much
    if count == 1 or parts == 1:
        run_alone(partial(part, 0, blocks), stack)
        return
    edges = [blocks * number // parts for number in range(parts + 1)]
    _share([partial(part, first, last) for first, last in pairwise(edges)])


def run_alone(part: Callable[[], None], stack: int) -> None:
    """Run a kernel that needs `stack` bytes of stack: in this thread if it has them, else in the pool."""
    if has_room(stack):
        part()
    else:
        _share([part])


def _share(parts: Sequence[Callable[[], None]]) -> None:
    """Run parts of a launch in this process's threads, and wait for all."""
    pool = thread_pool()
    jobs = [pool.submit(part) for part in parts]
    try:
        for job in jobs:
            job.result()
    except BaseException:  # Ctrl-C: the threads may be at a kernel that never ends, so what comes next gets others
        thread_pools.pop(os.getpid(), None)
        for job in jobs:
            job.cancel()
        raise


def as_device_array(array: npt.NDArray[Any]) -> DeviceArray:
    """Return an array of the host as a kernel is given it: the same memory, which it keeps alive."""
    return DeviceArray(array.ctypes.data, array.shape, array.dtype, array)
