"""Compiles the kernels of filters for a GPU by NVRTC, on a machine without a GPU, and does not run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import devices
from imgcuda.cuda import compile as gpu_compiler
from imgcuda.cuda.compile import nvrtc_missing as nvrtc_missing
from imgcuda.engine.protocol import DeviceArray, Launch
from imgcuda.errors import KernelError
from imgcuda.execution.executor import measure, resolved, run_chain
from imgcuda.execution.rehearsal import Rehearsal
from imgcuda.filters import Filter, MeasuringFilter
from imgcuda.programs.instances import is_instance
from imgcuda.programs.source import Program
from imgcuda.programs.strips import all_rows

CAPABILITY = (9, 0)
"""The default compute capability; whether a kernel compiles hardly depends on it."""


class CompilingSession(Rehearsal):
    """A stand-in for a GPU's session: it compiles the kernels that it is asked to launch, and runs nothing.

    Without a compute capability it does not compile either, and only notes which kernels would run: without `packs`,
    those of the CPU.
    """

    def __init__(
        self, capability: tuple[int, int] | None = CAPABILITY, optimize: bool = False, packs: bool = True
    ) -> None:
        super().__init__(packs)
        self._capability, self._optimize = capability, optimize
        self.compiled: dict[str, bytes] = {}
        """The machine code of each kernel by its name."""

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        return np.zeros(array.shape, array.dtype)

    def launch(self, launch: Launch) -> None:
        super().launch(launch)
        self.compiled[launch.kernel] = self._code(launch.program, launch.kernel)

    def _code(self, program: Program, kernel: str) -> bytes:
        if self._capability is None:
            return b""
        if is_instance(kernel):
            return gpu_compiler.compile_instance(program, kernel, self._capability, self._optimize)[1]
        return gpu_compiler.compile(program, self._capability, self._optimize)


def compile_for_gpu(
    filters: Sequence[Filter],
    image: npt.NDArray[Any],
    capability: tuple[int, int] | None = CAPABILITY,
    optimize: bool = False,
) -> dict[str, bytes]:
    """Return the machine code of each kernel that a chain would run on a GPU for a (height, width, channels) image.

    Raises KernelError, with the author's own lines, for a kernel that NVRTC refuses.
    """
    session = CompilingSession(capability, optimize)
    given = session.empty(image.shape, image.dtype)
    try:
        run_chain(session, [_resolved(filter, session, image) for filter in filters], given)
    except KernelError as error:
        told = [replace(each, message=f"NVRTC refuses it for a GPU: {each.message}") for each in error.mistakes]
        raise KernelError(told or str(error)) from error
    return session.compiled


def _resolved(filter: Filter, session: CompilingSession, image: npt.NDArray[Any]) -> Filter:
    """Return the filter that is run: a two-phase filter is resolved with what the CPU measures in the image."""
    if not isinstance(filter, MeasuringFilter):
        return filter
    rows = all_rows(image.shape[0])
    measure(session, filter, session.empty(image.shape, image.dtype), rows)
    with devices.choose("cpu").session() as cpu:
        found = measure(cpu, filter, cpu.upload(image), rows)
    return _resolved(resolved(filter, found), session, image)
