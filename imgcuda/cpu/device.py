"""The CPU as a device, with all its cores."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy.typing as npt

from imgcuda.cores import cores
from imgcuda.cpu import processor
from imgcuda.cpu.session import NAME, CpuSession
from imgcuda.cpu.workers import renew_threads as renew_threads
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program
from imgcuda.programs.structure_parts import StructurePart


class CpuDevice:
    """The cores of this machine; with `checked`, one core that checks every memory access of a kernel."""

    name = NAME

    def __init__(self, checked: bool = False) -> None:
        self.checked = checked

    @property
    def description(self) -> str:
        count = cores()
        return f"{processor.name()}, {count} core{'s' * (count > 1)}{', checked' * self.checked}"

    @property
    def vector_threads(self) -> int:
        """The most threads of a kernel that run in one vector; DeviceError if LLVM cannot be loaded."""
        from imgcuda.cpu.machine import Machine  # which loads LLVM

        return Machine.host().width

    def session(self) -> AbstractContextManager[CpuSession]:
        return nullcontext(_checked_session() if self.checked else CpuSession())

    def pinned(self, memory: npt.NDArray[Any]) -> AbstractContextManager[None]:
        return nullcontext()

    def jpeg_coder(self) -> None:
        return None


def _checked_session() -> CpuSession:
    from imgcuda.cpu.checks.checked_session import CheckedSession

    return CheckedSession()


def diagnose(program: Program, kernel: str | None, block: Dim3) -> None:
    """Raise KernelError for the mistakes in a kernel of a program, or in the whole file without its kernels' bodies."""
    from imgcuda.cpu import compile

    compile.diagnose(program, kernel, block)


def structure_layout(program: Program, name: str) -> StructurePart | None:
    """Return how a structure of a program lies in memory; None if that is not known. Raises KernelError."""
    from imgcuda.cpu import structure_layouts

    return structure_layouts.layout(program, name)
