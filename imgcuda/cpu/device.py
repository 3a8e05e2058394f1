"""The CPU as a device: kernels run on this machine's cores, on the host's own memory."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cpu.checklist import Checklist
from imgcuda.engine import Argument, DeviceArray
from imgcuda.errors import DeviceError
from imgcuda.kernels import Program
from imgcuda.launch import Dim3, Limits, excess

Entry = Callable[[bytes, bytes, int, int], None]

WORTH_A_THREAD = 1 << 18
"""Samples of a launch for each core that is woken: to share work out takes 0.2 ms, the time of 600,000 samples."""


class CpuDevice:
    """This machine's cores; `checked`: one of them, looking at all that a kernel does."""

    name = "cpu"

    def __init__(self, checked: bool = False) -> None:
        self.checked = checked

    @property
    def description(self) -> str:
        count = cores()
        return f"{_processor()}, {count} core{'s' * (count > 1)}{', checked' * self.checked}"

    @contextmanager
    def session(self) -> Iterator[CpuSession]:
        from imgcuda.cpu.checked import CheckedSession

        yield CheckedSession() if self.checked else CpuSession()


class CpuSession:
    """The CPU in use. Its memory is the host's, so nothing is copied that need not be."""

    packs = False
    limits = Limits(grid=Dim3(2**31 - 1, 2**31 - 1, 2**31 - 1))

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        try:
            return _wrap(np.empty(tuple(shape), dtype))
        except MemoryError as error:
            size = prod(shape) * np.dtype(dtype).itemsize
            raise DeviceError(f"cpu: there is no memory for an array of {size / 2**20:.0f} MiB") from error

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        return _wrap(np.ascontiguousarray(array))

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        assert isinstance(array.owner, np.ndarray)
        return array.owner

    def free(self, array: DeviceArray) -> None:
        """Do nothing: the memory goes when its last user does."""

    def launch(self, program: Program, kernel: str, grid: Dim3, block: Dim3, arguments: Sequence[Argument]) -> None:
        if why := excess(grid, block, self.limits):
            raise DeviceError(f"{program.name}: {kernel} cannot be launched on the CPU: {why}")
        entry, letters, _ = loaded(program, kernel, block)
        packed = pack(letters, arguments)
        launch = struct.pack("5q", *grid, 0, 0)
        samples = max((prod(a.shape) for a in arguments if isinstance(a, DeviceArray)), default=0)
        _run(entry, packed, launch, grid.total, max(samples, grid.total * block.total))  # a thread may make many


def cores() -> int:
    """Return how many cores this process may use: IMGCUDA_THREADS, else what the system allows."""
    if asked := os.environ.get("IMGCUDA_THREADS"):
        return max(1, int(asked))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ---- loading machine code

_lock = threading.Lock()
_kernels: dict[tuple[str, bool, str, Dim3, bool], tuple[Entry, tuple[str, ...], Checklist | None, object]] = {}


def loaded(
    program: Program, kernel: str, block: Dim3, checked: bool = False
) -> tuple[Entry, tuple[str, ...], Checklist | None]:
    """Return a kernel's entry point and its arguments' letters, compiled and loaded the first time."""
    key = program.text, program.contract, kernel, block, checked
    if key not in _kernels:
        with _lock:
            if key not in _kernels:
                from imgcuda.cpu.compile import compile

                code = compile(program, kernel, block, checked=checked)
                entry, engine = _load(code.binary)
                _kernels[key] = entry, code.arguments, code.checklist, engine
    return _kernels[key][:3]


def _load(binary: bytes) -> tuple[Entry, object]:
    """Return the entry point of an object file, and what must live as long as it."""
    import llvmlite.binding as llvm

    from imgcuda.cpu.compile import Machine

    machine = Machine.host().target()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(binary))
    engine.finalize_object()
    kind = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_longlong, ctypes.c_longlong)
    return kind(engine.get_function_address("entry")), engine


def pack(letters: Sequence[str], arguments: Sequence[Argument]) -> bytes:
    """Return the arguments as the entry point reads them, eight bytes each."""
    values = [a.pointer if isinstance(a, DeviceArray) else a.item() for a in arguments]
    cells = (
        struct.pack("P" if letter == "p" else letter, value) for letter, value in zip(letters, values, strict=True)
    )
    return b"".join(cell.ljust(8, b"\0") for cell in cells)


# ---- running

_pools: dict[int, ThreadPoolExecutor] = {}


def _pool() -> ThreadPoolExecutor:
    """Return this process's threads. A forked child does not have its parent's, and gets its own."""
    process = os.getpid()
    if process not in _pools:
        _pools.clear()
        _pools[process] = ThreadPoolExecutor(cores(), thread_name_prefix="imgcuda")
    return _pools[process]


def _run(entry: Entry, arguments: bytes, launch: bytes, blocks: int, work: int) -> None:
    """Run all blocks of a launch, spread over the cores if there is enough to do."""
    count = cores()
    parts = min(4 * count, blocks, max(1, work // WORTH_A_THREAD))
    if count == 1 or parts == 1:
        entry(arguments, launch, 0, blocks)
        return
    edges = [blocks * part // parts for part in range(parts + 1)]
    jobs = [_pool().submit(entry, arguments, launch, first, last) for first, last in pairwise(edges)]
    for job in jobs:
        job.result()


def _wrap(array: npt.NDArray[Any]) -> DeviceArray:
    return DeviceArray(array.ctypes.data, array.shape, array.dtype, array)


def _processor() -> str:
    """Return the processor's name as the system has it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
