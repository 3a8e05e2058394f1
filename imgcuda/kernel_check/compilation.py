"""Compiles every kernel of a file, by the CPU engine's compiler and for GPUs by NVRTC, and collects the problems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from imgcuda.cpu import device as cpu
from imgcuda.cuda import compile as gpu_compiler
from imgcuda.errors import KernelError, ParameterError, shown
from imgcuda.frontend.compilers import CUDA
from imgcuda.kernel_check.problems import CPU, Problem, of_error
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Define, Program, Source, as_written

BLOCK = Dim3(256)
"""The size of blocks that a kernel is compiled for if nothing says how it is launched."""


class Architecture(NamedTuple):
    """A GPU's architecture: its compute capability."""

    major: int
    minor: int

    @property
    def name(self) -> str:
        """Its name for a compiler: sm_80."""
        return f"sm_{self.major}{self.minor}"

    @classmethod
    def of(cls, text: str) -> Architecture:
        """Return the architecture of a text like sm_80; ParameterError for any other."""
        found = re.fullmatch(r"(?:sm_|compute_)?(\d{1,2})\.?(\d)[af]?", text.strip())
        if found is None:
            raise ParameterError(f"an architecture is written as sm_80; got {shown(text)}")
        return cls(int(found[1]), int(found[2]))


def kernels_of(program: Program, named: Iterable[str]) -> list[str]:
    """Return a file's kernels, of templates the instances among the names that comments have."""
    plain = [*program.kernels]
    return [*plain, *(name for name in dict.fromkeys(named) if name not in plain and name in program.kernels)]


def compiled_for_cpu(
    program: Program, kernels: Sequence[str], blocks: Mapping[str, Dim3], path: Path
) -> tuple[list[str], list[Problem]]:
    """Return the kernels that the CPU engine compiles, and the problems that it has with the others.

    `blocks` are the sizes of the kernels' blocks, if known.
    """
    sound: list[str] = []
    problems: list[Problem] = []
    for kernel in kernels or [""]:
        try:
            cpu.diagnose(program, kernel or None, blocks.get(kernel, BLOCK))
            sound.append(kernel)
        except KernelError as error:
            problems += of_error(error, CPU, path)
    return sound, problems


def compiled_for_gpu(
    source: Source, defines: Mapping[str, Define], architecture: Architecture, path: Path
) -> list[Problem]:
    """Return the problems that NVRTC has with a file."""
    try:
        gpu_compiler.compile(as_written(source, defines, CUDA), architecture, optimize=False)
    except KernelError as error:
        return of_error(error, architecture.name, path)
    return []
