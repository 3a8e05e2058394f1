"""The session of the CPU engine: launches kernels on this machine's cores, on host memory."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.cores import cores
from imgcuda.cpu import loading, workers
from imgcuda.cpu.lending import Loans, address
from imgcuda.cpu.standard_output import printing
from imgcuda.cpu.summed_arrays import copied_lengths
from imgcuda.cpu.workers import PackedLaunch
from imgcuda.engine.constant_values import memory_of
from imgcuda.engine.device_variables import memory_of_variable
from imgcuda.engine.known_tables import KnownTables, known_tables
from imgcuda.engine.memory_limit import Budget, in_words
from imgcuda.engine.protocol import ByValue, DeviceArray, KernelCall, Launch, LaunchArgument, LaunchMemory
from imgcuda.errors import DeviceError, DeviceMemoryError, LaunchError
from imgcuda.programs.layout import Dim3, LaunchLimits, excess
from imgcuda.programs.source import Program

NAME = "cpu"

WORTH_A_THREAD = 1 << 17
"""The fewest samples of a part of a launch: to distribute 64 parts over 16 threads takes 0.06 ms."""

PER_STRIP = 8
"""A strip gets this fraction of limited memory: filters allocate several arrays of its size, some of floats."""


class CpuSession:
    """A session on the CPU. It works on host memory: uploads copy nothing, and strips are used only under a memory
    limit, which counts the arrays that filters allocate, not the caller's images."""

    packs = False
    tables: KnownTables | None = known_tables(NAME)
    limits = LaunchLimits(grid=Dim3(2**31 - 1, 2**31 - 1, 2**31 - 1))

    def __init__(self) -> None:
        self._budget = Budget(NAME)
        self._sizes: dict[int, int] = {}
        self._loans = Loans()
        self._offered: npt.NDArray[Any] | None = None
        """The caller's memory for the result."""
        self._taken = False
        """Whether an array lies in it."""
        self._coming: Callable[[], Sequence[KernelCall]] = tuple

    def foresee(self, coming: Callable[[], Sequence[KernelCall]]) -> None:
        self._coming = coming

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        return self._allocate(np.empty, shape, dtype)

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        return self._allocate(np.zeros, shape, dtype)

    def _allocate(
        self, how: Callable[..., npt.NDArray[Any]], shape: Sequence[int], dtype: npt.DTypeLike
    ) -> DeviceArray:
        if self._offered is not None and how is np.empty:
            found = self._in_offered(tuple(shape), np.dtype(dtype))
            if found is not None:
                return found
        size = prod(shape) * np.dtype(dtype).itemsize
        self._budget.take(size)
        try:
            made = as_device_array(how(tuple(shape), dtype))
        except MemoryError as error:
            self._budget.give(size)
            raise DeviceMemoryError(f"cpu: there is no memory for an array of {in_words(size)}") from error
        self._sizes[made.pointer] = size
        return made

    def offer(self, memory: npt.NDArray[Any] | None) -> None:
        self._offered, self._taken = memory, False

    def _in_offered(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> DeviceArray | None:
        """Return an array in the memory that was offered; None if another is there, or if that does not fit."""
        memory = self._offered
        if memory is None or self._taken or (memory.shape, memory.dtype) != (shape, dtype):
            return None
        self._taken = True
        return as_device_array(memory)

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        """Return the host's array itself; a kernel that writes to it gets a copy instead (copy-on-write)."""
        own = np.ascontiguousarray(array)
        made = as_device_array(own)
        return made if self._loans.lend(made) else as_device_array(own.copy())

    def adopt(self, array: npt.NDArray[Any]) -> DeviceArray:
        return as_device_array(array)

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        owner = self._loans.current(array).owner
        assert isinstance(owner, np.ndarray)
        return owner

    def free(self, array: DeviceArray) -> None:
        """Count the array as freed; NumPy frees the memory with its last reference."""
        self._budget.give(self._sizes.pop(array.pointer, 0))
        self._loans.give_back(array)
        if array.owner is self._offered:
            self._taken = False

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

    def launch(self, launch: Launch) -> None:
        geometry, memory = geometry_of(launch), launch.memory
        count = cores()
        loaded = loading.kernel(launch.program, launch.kernel, launch.block, coming=self._coming, threads=count)
        arguments = self._given(launch, loaded)
        packed = pack(loaded.letters, arguments)
        samples = max([prod(a.shape) for a in arguments if isinstance(a, DeviceArray)], default=0)
        work = max(samples, geometry.threads)  # a thread may compute many samples
        parts = min(4 * count, geometry.blocks, max(1, work // WORTH_A_THREAD))
        if loaded.prints:
            parts, count = 1, 1  # so the threads print in their order
        copies = copied_lengths(loaded.sums, arguments, work // parts) if parts > 1 else ()
        ready = PackedLaunch(loaded, packed, geometry.packed, keep=arguments, shared=memory.shared, copies=copies)
        with printing(loaded.prints):
            workers.run(ready, geometry.blocks, parts, count)

    def _given(self, launch: Launch, loaded: loading.LoadedKernel) -> list[LaunchArgument]:
        """Return all arguments of a kernel's code, the file's variables last; raise if one does not fit."""
        program, kernel, memory = launch.program, launch.kernel, launch.memory
        _check_shared(program, kernel, loaded, memory)
        given = self._loans.arguments(launch.arguments, loaded.written)
        given += _constants(program, kernel, loaded, memory)
        for each in loaded.variables:
            given.append(as_device_array(memory_of_variable(program, kernel, *each, memory.variables)))
        _check_structures(program, kernel, loaded.letters, given)
        return given


class _Geometry(NamedTuple):
    """A launch's sizes: what exceeds the limits, in words; the sizes as code takes them; the blocks and threads."""

    excess: str
    packed: bytes
    blocks: int
    threads: int


def geometry_of(launch: Launch) -> _Geometry:
    """Return the sizes of a launch, or raise DeviceError if it exceeds a limit."""
    geometry = _geometry(launch.grid, launch.block, launch.memory.shared)
    if geometry.excess:
        name = launch.program.name
        raise DeviceError(f"{name}: {launch.kernel} cannot be launched on the CPU: {geometry.excess}")
    return geometry


@lru_cache(maxsize=256)
def _geometry(grid: Dim3, block: Dim3, shared: int) -> _Geometry:
    too_much = excess(grid, block, CpuSession.limits, shared)
    packed = b"" if too_much else struct.pack("5q", *grid, shared, 0)
    return _Geometry(too_much, packed, grid.total, grid.total * block.total)


def _check_shared(program: Program, kernel: str, loaded: loading.LoadedKernel, memory: LaunchMemory) -> None:
    """Raise DeviceError if a kernel has `extern __shared__` arrays and the launch gives them no memory."""
    if loaded.sized_by_launch and not memory.shared:
        raise DeviceError(
            f"{program.name}: {kernel} uses `extern __shared__` memory, and the launch gives it 0 bytes; "
            "say how many a block needs by shared="
        )


def _constants(program: Program, kernel: str, loaded: loading.LoadedKernel, memory: LaunchMemory) -> list[DeviceArray]:
    """Return the values of the `__constant__` variables that a launch sets, as a kernel's last arguments."""
    return [
        as_device_array(memory_of(program, kernel, name, size, memory.constants)) for name, size in loaded.constants
    ]


def pack(letters: Sequence[str], arguments: Sequence[LaunchArgument]) -> bytes:
    """Return the arguments packed for the entry point, eight bytes each."""
    return _cells(tuple(letters)).pack(*map(_cell, arguments))


def _cell(argument: LaunchArgument) -> Any:
    if isinstance(argument, DeviceArray):
        return argument.pointer
    return address(argument.bytes) if isinstance(argument, ByValue) else argument.item()


def _check_structures(
    program: Program, kernel: str, letters: Sequence[str], arguments: Sequence[LaunchArgument]
) -> None:
    """Raise LaunchError if a structure has another size than the kernel's."""
    for number, (letter, argument) in enumerate(zip(letters, arguments, strict=True), 1):
        if isinstance(argument, ByValue) and argument.bytes.nbytes != int(letter):
            raise LaunchError(
                f"{program.name}: {kernel}: argument {number} is a structure of {letter} bytes; it was given "
                f"{argument.bytes.nbytes}; numpy.dtype(fields, align=True) lays fields out as C does"
            )


@cache
def _cells(letters: tuple[str, ...]) -> struct.Struct:
    """Return the format of arguments: each in its type, and padding up to eight bytes."""
    kinds = ("Q" if letter == "p" or letter.isdigit() else letter for letter in letters)
    return struct.Struct("=" + "".join(f"{kind}{8 - struct.calcsize('=' + kind)}x" for kind in kinds))


def as_device_array(array: npt.NDArray[Any]) -> DeviceArray:
    """Return a DeviceArray of a host array's own memory, which it keeps alive."""
    return DeviceArray(address(array), array.shape, array.dtype, array)
