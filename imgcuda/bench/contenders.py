"""The contenders that are timed: imgcuda on each device, and each installed library, with each number of threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from imgcuda.bench.libraries import LIBRARIES, lacking
from imgcuda.engine.protocol import Device
from imgcuda.filters import Filter

OURS = "imgcuda"


@dataclass(frozen=True)
class Contender:
    """Something that runs the chain."""

    library: str
    version: str
    device: str
    threads: int | None
    """How many threads it may use; None where that cannot be chosen."""


@dataclass(frozen=True)
class Excluded:
    """A library that does not take part, and why."""

    library: str
    why: str


def ours(devices: Iterable[Device], threads: Sequence[int], version: str) -> Iterator[Contender]:
    """Yield imgcuda on each device, on the CPU with each number of threads."""
    for device in devices:
        for count in threads if device.name == "cpu" else [None]:
            yield Contender(OURS, version, device.name, count)


def others(filters: Sequence[Filter], threads: Sequence[int]) -> Iterator[Contender | Excluded]:
    """Yield each library with each number of threads; one that lacks an equal of a filter is yielded as excluded."""
    for name, library in LIBRARIES.items():
        why = lacking(name, filters) if library.is_installed else "is not installed"
        if why:
            yield Excluded(name, why)
            continue
        for count in threads if library.use_threads else [None]:
            yield Contender(name, library.version, "", count)
