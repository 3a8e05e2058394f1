"""Checked runs on the CPU: every access of a kernel is checked; the mistakes are raised as one CheckError."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cpu import loading, workers
from imgcuda.cpu.checks.findings import KINDS, Note, in_words, unwritten, written_input
from imgcuda.cpu.checks.site_table import BUFFERS, Buffer, Checklist, Site
from imgcuda.cpu.session import CpuSession, geometry_of, pack
from imgcuda.cpu.standard_output import printing
from imgcuda.cpu.workers import PackedLaunch
from imgcuda.engine.protocol import DeviceArray, Launch, LaunchArgument
from imgcuda.errors import CheckError

ROUNDS = 1 << 26
"""The most iterations of one loop: more than an 8K image has pixels, and at most a second of work."""

ALIGNMENT = 16
"""The alignment of arrays in bytes: that of the widest load in CUDA C."""

Cells = npt.NDArray[np.int64]


@dataclass
class _Known:
    """An array that the session allocated, and which parts of it kernels have written."""

    array: DeviceArray
    written: npt.NDArray[np.uint8]
    """One byte for each unit, 1 if it was written."""
    kernel: str = ""
    """The last kernel that may have written to it."""


class CheckedSession(CpuSession):
    """A session for checked runs: blocks run in order on one core, so each run finds the same mistakes."""

    tables = None

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[int, _Known] = {}

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        made = super().empty(shape, dtype)
        self._known[made.pointer] = _Known(made, np.zeros(-(-made.nbytes // _unit(made)), np.uint8))
        return made

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        """Return the host's array, or an aligned copy of it: arrays in GPU memory are always aligned."""
        return super().upload(array.copy() if array.ctypes.data % ALIGNMENT else array)

    def adopt(self, array: npt.NDArray[Any]) -> DeviceArray:
        """Return the host's array, or an aligned copy of it."""
        return super().adopt(array.copy() if array.ctypes.data % ALIGNMENT else array)

    def offer(self, memory: npt.NDArray[Any] | None) -> None:
        """Do nothing: the caller's memory may be less aligned than a result is on a GPU."""

    def free(self, array: DeviceArray) -> None:
        self._known.pop(array.pointer, None)
        super().free(array)

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        known = self._known.get(array.pointer)
        if known is not None and not known.written.all():
            raise CheckError([unwritten(array, known.written, _unit(array), known.kernel)])
        return super().download(array)

    def launch(self, launch: Launch) -> None:
        program, kernel, grid, block, arguments, memory = launch
        geometry = geometry_of(launch)
        loaded = loading.kernel(program, kernel, block, checked=True)
        assert loaded.checklist is not None
        checklist = loaded.checklist.with_shared(memory.shared)
        lent = isinstance(arguments[0], DeviceArray) and arguments[0] in self._loans if arguments else False
        arguments = self._given(launch, loaded)
        reached = [*arguments, *_pointed_to(loaded, arguments)]
        context = _Context(checklist, reached, self._known)
        where = struct.pack("5q", *grid, memory.shared, context.pointer)
        packed, keep = pack(loaded.letters, arguments), (context, arguments)
        with printing(loaded.prints):
            workers.run(PackedLaunch(loaded, packed, where, keep, memory.shared), geometry.blocks)
        for number in (each for each in context.written_arguments if each < len(arguments)):
            if known := self._known.get(arguments[number].pointer):
                known.kernel = kernel
        if notes := context.notes():
            raise CheckError(in_words(notes, checklist, kernel, grid, block, reached))
        if lent and (site := context.writes_to(arguments[0].pointer, 0)):
            raise CheckError([written_input(site, kernel)])


class _Context:
    """The memory of the checks during a launch; `checks.ll` describes its cells."""

    def __init__(self, checklist: Checklist, arguments: Sequence[LaunchArgument], known: dict[int, _Known]) -> None:
        self.checklist = checklist
        self._reports: Cells = np.zeros((len(checklist.sites), len(KINDS), 8), np.int64)
        self._cells: Cells = np.zeros(BUFFERS + 6 * len(checklist.buffers), np.int64)
        self._touched: dict[int, npt.NDArray[np.int32]] = {}
        written = {site.name for site in checklist.sites if site.verb in ("writes", "changes")}
        self.written_arguments = [buffer.argument for buffer in checklist.buffers
                                  if buffer.argument >= 0 and ({buffer.name, ""} & written)]  # fmt: skip
        self._cells[:10] = [self._reports.ctypes.data, 0, -1, 0, 0, 0, ROUNDS, len(checklist.buffers),
                            checklist.fences, _nan_matters(arguments, known)]  # fmt: skip
        for number, buffer in enumerate(checklist.buffers):
            self._cells[BUFFERS + 6 * number :][:6] = self._describe(buffer, arguments, known)

    @property
    def pointer(self) -> int:
        return self._cells.ctypes.data

    def notes(self) -> list[Note]:
        """Return the mistakes that the run found, in the order of the source."""
        return [Note(int(site), KINDS[kind], *map(int, self._reports[site, kind, :6]))
                for site, kind in np.argwhere(self._reports[:, :, 0])]  # fmt: skip

    def writes_to(self, pointer: int, argument: int) -> Site | None:
        """Return a site that writes to the memory of an argument; None if no thread wrote there."""
        touched = self._touched.get(pointer)
        if touched is None or not touched[:, 0].any():
            return None
        name = next(buffer.name for buffer in self.checklist.buffers if buffer.argument == argument)
        writes = (site for site in self.checklist.sites if site.verb in ("writes", "changes"))
        return next((site for site in writes if site.name in (name, "")), None)

    def _describe(self, buffer: Buffer, arguments: Sequence[LaunchArgument], known: dict[int, _Known]) -> list[int]:
        if buffer.argument < 0:
            touched = self._touch(-1 - len(self._touched), -(-buffer.bytes // buffer.unit))
            shared = buffer.space == "shared"
            return [0, buffer.bytes, buffer.unit, touched if shared else 0, 0, shared]
        array = arguments[buffer.argument]
        units = -(-array.nbytes // _unit(array))
        touched = self._touch(array.pointer, units) if buffer.argument in self.written_arguments else 0
        written = known[array.pointer].written.ctypes.data if array.pointer in known else 0
        return [array.pointer, array.nbytes, _unit(array), touched, written, 0]

    def _touch(self, key: int, units: int) -> int:
        """Return the record of which threads accessed each unit; arguments that are one array share it."""
        made = self._touched.setdefault(key, np.zeros((units, 4), np.int32))
        return made.ctypes.data


def _pointed_to(loaded: loading.LoadedKernel, arguments: Sequence[LaunchArgument]) -> list[DeviceArray]:
    """Return the arrays that pointers in structures point to; an empty one where the launch does not say."""
    nothing = DeviceArray(0, (0,), np.dtype(np.uint8))
    return [dict(arguments[position].arrays).get(offset, nothing) for position, offset in loaded.pointers]


def _unit(array: DeviceArray) -> int:
    return min(array.dtype.itemsize, 4)


def _nan_matters(arguments: Sequence[LaunchArgument], known: dict[int, _Known]) -> bool:
    """Return whether a NaN in the result is a mistake of the kernel: no input has one."""
    for each in arguments:
        if isinstance(each, DeviceArray) and each.dtype.kind == "f" and isinstance(each.owner, np.ndarray):
            whole = each.pointer not in known or bool(known[each.pointer].written.all())
            if whole and np.isnan(each.owner).any():
                return False
    return True
