"""The protocol of an engine: what the PyCUDA and the CPU engine implement to run filters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from imgcuda.engine.constant_values import Values
from imgcuda.engine.device_variables import DeviceVariables
from imgcuda.engine.known_tables import KnownTables
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program

LaunchArgument: TypeAlias = Any
"""An argument of a launch: a DeviceArray for a pointer, a ByValue for a structure, a NumPy scalar for a number.

On a GPU also a TextureArgument."""


@dataclass(frozen=True, eq=False)
class DeviceArray:
    """A C-contiguous array in the memory of a device. An image has the shape (height, width, channels)."""

    pointer: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    owner: object = field(default=None, repr=False)
    """The device's own handle of the memory, which keeps it alive."""

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
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
        """Return a view of rows `first` to `last`, the end not included."""
        start = first * prod(self.shape[1:]) * self.dtype.itemsize
        owner = self.owner[first:last] if isinstance(self.owner, np.ndarray) else self.owner
        return DeviceArray(self.pointer + start, (last - first, *self.shape[1:]), self.dtype, owner)


class ByValue(NamedTuple):
    """A structure that a kernel takes by value: its bytes as C lays them out, and its alignment in C."""

    bytes: npt.NDArray[np.uint8]
    alignment: int
    arrays: tuple[tuple[int, DeviceArray], ...] = ()
    """The arrays that its pointers point to, and the offsets of these in bytes."""

    def pointing_to(self, arrays: Sequence[DeviceArray]) -> ByValue:
        """Return the structure with pointers to arrays that are on a device now."""
        made = self.bytes.copy()
        for (offset, _), array in zip(self.arrays, arrays, strict=True):
            made[offset : offset + 8] = np.frombuffer(np.uint64(array.pointer).tobytes(), np.uint8)
        return ByValue(made, self.alignment, tuple(zip((each for each, _ in self.arrays), arrays, strict=True)))


class KernelCall(NamedTuple):
    """What a compiler needs to know of a launch: the program, the kernel's name, and the size of a block."""

    program: Program
    kernel: str
    block: Dim3


class LaunchMemory(NamedTuple):
    """The memory of a launch besides its arguments."""

    shared: int = 0
    """The bytes of dynamic shared memory in each block: the size of the kernel's `extern __shared__` arrays."""
    constants: Values | None = None
    """The values of `__constant__` variables that have none in the source; None if the launch cannot set them."""
    variables: DeviceVariables | None = None
    """The memory of `__device__` variables, which they keep between launches; None if the launch has none."""


NO_MEMORY = LaunchMemory()


class Launch(NamedTuple):
    """A launch of a kernel: its program, how many threads run it, and what it is given."""

    program: Program
    kernel: str
    grid: Dim3
    block: Dim3
    arguments: Sequence[LaunchArgument]
    memory: LaunchMemory = NO_MEMORY

    @property
    def call(self) -> KernelCall:
        """What a compiler needs to know of it."""
        return KernelCall(self.program, self.kernel, self.block)


class Session(Protocol):
    """A device in use by one thread. It frees all memory that it allocated when it ends, also on an error."""

    @property
    def packs(self) -> bool:
        """Whether it is a GPU: a thread computes several neighboring samples (`Layout.pack`), and CUDA compiles."""

    @property
    def tables(self) -> KnownTables | None:
        """The tables made on this device; None if kernels must run themselves, since they are checked or only noted."""

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """Allocate an array with undefined contents."""

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        """Allocate an array of zeros."""

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        """Copy an array to the device. A device that shares the host's memory may use the array itself."""

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        """Wait for the device and copy an array back to the host."""

    def free(self, array: DeviceArray) -> None:
        """Free an array now rather than at the end of the session."""

    def launch(self, launch: Launch) -> None:
        """Run a kernel; its program is compiled the first time."""


class QueueingSession(Session, Protocol):
    """A session whose launches and copies may only be queued when its methods return."""

    def wait(self) -> None:
        """Wait until all queued work is done. Raises DeviceError if any of it failed."""


class Stream(QueueingSession, Protocol):
    """A session that queues its work, which runs in order, and does not wait for it.

    The work of several streams overlaps: copies in one run during kernels in another.
    """

    def stage(self, rows: npt.NDArray[Any]) -> Callable[[], DeviceArray]:
        """Begin to copy rows to a staging buffer, and return a function that uploads them when it is called, once.

        The rows must not change before `wait`.
        """

    def fetch(self, array: DeviceArray, first: int, target: npt.NDArray[Any]) -> None:
        """Queue a copy of rows, beginning at row `first`, to the host; it is complete after `wait`."""

    def host_empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return a host array for results, in the memory that the device copies to fastest."""


class DeviceSession(QueueingSession, Protocol):
    """The session that a device opens: for whole images, and with streams for images in strips."""

    def foresee(self, coming: Callable[[], Sequence[KernelCall]]) -> None:
        """Take a function that returns the kernels that will be launched, which may be compiled side by side."""

    @property
    def strip_bytes(self) -> int | None:
        """The best size of a strip in bytes; None if images are better run whole."""

    def offer(self, memory: npt.NDArray[Any] | None) -> None:
        """Offer host memory for the result. A session that works on host memory may allocate an array in it.

        The memory must be free for that until the end of the session; what it holds after an error is undefined.
        """

    def adopt(self, array: npt.NDArray[Any]) -> DeviceArray:
        """Return a C-contiguous array for kernels that write to it: the host's memory itself, or a copy on a GPU.

        What kernels wrote is in the array that `download` returns.
        """

    def streams(self, most: int) -> AbstractContextManager[Sequence[Stream]]:
        """Return a context with at most `most` streams; they are closed when it ends."""


class JpegCoder(Protocol):
    """Decodes and encodes JPEGs in the memory of a device. It is for one thread, within a session."""

    def decode(self, files: Sequence[npt.NDArray[np.uint8]], channels: int) -> Sequence[DeviceArray | None]:
        """Return each JPEG's pixels, gray or RGB, not turned; None for one that cannot be decoded."""

    def encode(self, pixels: DeviceArray, quality: int) -> npt.NDArray[np.uint8] | None:
        """Return pixels, gray or RGB, as a JPEG without metadata, with 4:2:0 chroma; None if they cannot be encoded."""


class Device(Protocol):
    """A device that runs kernels: a GPU or the CPU."""

    @property
    def name(self) -> str:
        """The name for `--device`: "cuda:0", "cpu"."""

    @property
    def description(self) -> str:
        """A description to show: "NVIDIA H100 80GB HBM3, 79 GiB, compute capability 9.0"."""

    def session(self) -> AbstractContextManager[DeviceSession]:
        """Return a context manager for a session."""

    def pinned(self, memory: npt.NDArray[np.uint8]) -> AbstractContextManager[None]:
        """Return a context in which host memory is copied to the device and from it without a staging buffer."""

    def jpeg_coder(self) -> JpegCoder | None:
        """Return a new coder of JPEGs; None if the device has none. To be called within a session."""
