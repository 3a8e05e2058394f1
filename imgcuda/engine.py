"""What an engine must do to run filters: the verbs that PyCUDA and the CPU engine both speak."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from math import prod
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from imgcuda.kernels import Program
from imgcuda.launch import Dim3

Argument: TypeAlias = Any
"""What a kernel takes: a DeviceArray for a pointer, a NumPy scalar for anything else."""


@dataclass(frozen=True, eq=False)
class DeviceArray:
    """Memory on a device: a C-contiguous array. An image is (height, width, channels)."""

    pointer: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    owner: object = field(default=None, repr=False)
    """What keeps the memory alive: the device's own handle of it."""

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize

    @property
    def height(self) -> int:
        return self.shape[0]

    @property
    def width(self) -> int:
        return self.shape[1]

    @property
    def channels(self) -> int:
        return self.shape[2]


class Session(Protocol):
    """A device in use by one thread. What it allocates is released when it ends, also when something raises."""

    @property
    def packs(self) -> bool:
        """Whether a thread should make several neighbours (`Layout.pack`): not where it is a lane of a vector."""

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """Allocate an array; what it holds is undefined."""

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        """Copy an array to the device. A device that shares the host's memory may use it where it is."""

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        """Wait for the device and copy an array back to the host."""

    def free(self, array: DeviceArray) -> None:
        """Release an array now rather than at the session's end."""

    def launch(self, program: Program, kernel: str, grid: Dim3, block: Dim3, arguments: Sequence[Argument]) -> None:
        """Run a kernel, compiling its program the first time."""


class Device(Protocol):
    """Something that runs kernels."""

    @property
    def name(self) -> str:
        """What `--device` calls it: "cuda:0", "cpu"."""

    @property
    def description(self) -> str:
        """What it is, for people: "NVIDIA H100 80GB HBM3, 79 GiB, compute capability 9.0"."""

    def session(self) -> AbstractContextManager[Session]:
        """Return a session; enter it to use the device."""
