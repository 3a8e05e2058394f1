"""What a recorded run notes: pieces of the image, the steps that filters make of each, and their launches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from imgcuda.engine.protocol import DeviceArray, KernelCall, LaunchArgument
from imgcuda.execution.observer import Phase
from imgcuda.filters import Filter
from imgcuda.programs.layout import Dim3


@dataclass(frozen=True)
class LaunchRecord:
    """A launch: which kernel, its size, the bytes of the arrays that it was given, and its time."""

    call: KernelCall
    grid: Dim3
    shared: int
    """The bytes of dynamic shared memory in a block."""
    reads: int
    """The bytes of the arrays that the kernel takes as pointers to const."""
    writes: int
    """The bytes of its other arrays."""
    seconds: float


@dataclass
class StepRecord:
    """What one filter did with a piece, or several that run as one kernel."""

    filters: tuple[Filter, ...]
    phase: Phase
    launches: list[LaunchRecord] = field(default_factory=list)
    moved: int = 0
    """The bytes of tables and measurements that were copied between host and device meanwhile."""
    seconds: float = 0.0


@dataclass
class PieceRecord:
    """An image, or a strip of one, from its upload to the download of its result."""

    device: str
    stream: int | None
    """The number of the stream that it ran in; None for an image that runs whole."""
    given: tuple[int, ...]
    """The shape of what was uploaded."""
    uploaded: int
    """The bytes that were copied to the device: none, if it works on the host's memory."""
    upload_seconds: float
    steps: list[StepRecord] = field(default_factory=list)
    made_rows: int = 0
    """The rows of the result; 0 if a measurement is all that was made."""
    downloaded: int = 0
    download_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """The seconds of its steps."""
        return sum(step.seconds for step in self.steps)


def bytes_of(call: KernelCall, arguments: Sequence[LaunchArgument]) -> tuple[int, int]:
    """Return the bytes of all arrays that a launch reads, and of all arrays that it writes; each array counts once."""
    reads, writes = dict(_arrays(call, arguments, const=True)), dict(_arrays(call, arguments, const=False))
    return sum(reads.values()), sum(writes.values())


def _arrays(call: KernelCall, arguments: Sequence[LaunchArgument], const: bool) -> Iterator[tuple[int, int]]:
    """Yield address and bytes of the arrays that a kernel takes as pointers to const, or as others."""
    for declared, given in zip(call.program.kernels[call.kernel], arguments, strict=False):
        if isinstance(given, DeviceArray) and declared.const == const:
            yield given.pointer, given.nbytes
