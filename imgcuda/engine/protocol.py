"""What an engine must do to run filters: the verbs that PyCUDA and the CPU engine both speak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from math import prod
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program

LaunchArgument: TypeAlias = Any
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
        """How many bytes it takes."""
        return prod(self.shape) * self.dtype.itemsize

    @property
    def height(self) -> int:
        """Rows of an image."""
        return self.shape[0]

    @property
    def width(self) -> int:
        """Columns of an image."""
        return self.shape[1]

    @property
    def channels(self) -> int:
        """Samples in a pixel of an image."""
        return self.shape[2]

    def part(self, first: int, last: int) -> DeviceArray:
        """Return rows `first` to `last` of it, the end not included: the same memory."""
        start = first * prod(self.shape[1:]) * self.dtype.itemsize
        owner = self.owner[first:last] if isinstance(self.owner, np.ndarray) else self.owner
        return DeviceArray(self.pointer + start, (last - first, *self.shape[1:]), self.dtype, owner)


class Session(Protocol):
    """A device in use by one thread. What it allocates is released when it ends, also when something raises."""

    @property
    def packs(self) -> bool:
        """Whether a thread should make several neighbours (`Layout.pack`): not where it is a lane of a vector."""

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """Allocate an array; what it holds is undefined."""

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """Allocate an array of zeros."""

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        """Copy an array to the device. A device that shares the host's memory may use it where it is."""

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        """Wait for the device and copy an array back to the host."""

    def free(self, array: DeviceArray) -> None:
        """Release an array now rather than at the session's end."""

    def launch(
        self, program: Program, kernel: str, grid: Dim3, block: Dim3, arguments: Sequence[LaunchArgument]
    ) -> None:
        """Run a kernel, compiling its program the first time."""


class Lane(Session, Protocol):
    """A session that queues its work, to be done in order, and does not wait for it.

    So several lanes overlap: the copies of one, the kernels of another.
    """

    def stage(self, rows: npt.NDArray[Any]) -> Callable[[], DeviceArray]:
        """Begin to bring rows within the device's reach. What is returned, called once, is `upload` of them.

        The rows must not change until the lane has been waited for.
        """

    def fetch(self, array: DeviceArray, first: int, target: npt.NDArray[Any]) -> None:
        """Copy rows of an array, from the one numbered `first`, to the host: they are there after `wait`."""

    def host_empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return an array of the host for results, where the device copies to fastest."""

    def wait(self) -> None:
        """Wait until all that was asked for is done. Raises DeviceError for what went wrong meanwhile."""


class DeviceSession(Session, Protocol):
    """What a device opens: a session for whole images, and for strips of them the lanes that they take in turn."""

    @property
    def strip_bytes(self) -> int | None:
        """How much of an image makes a good strip; None where an image is better run whole."""

    def lanes(self, most: int) -> AbstractContextManager[Sequence[Lane]]:
        """Return lanes, `most` at most, that last as long as the context: it ends when they have nothing more to do."""


class Device(Protocol):
    """Something that runs kernels."""

    @property
    def name(self) -> str:
        """What `--device` calls it: "cuda:0", "cpu"."""

    @property
    def description(self) -> str:
        """What it is, for people: "NVIDIA H100 80GB HBM3, 79 GiB, compute capability 9.0"."""

    def session(self) -> AbstractContextManager[DeviceSession]:
        """Return a session; enter it to use the device."""
