"""Runs a batch on this machine: in this process, or by workers."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from time import monotonic
from typing import TYPE_CHECKING, Self

from imgcuda import devices
from imgcuda.batch import device_supervisor, footprint
from imgcuda.batch.interruption import Interruption
from imgcuda.batch.processing import Work, process_unit
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.batch.worker import PoolSetting
from imgcuda.cores import cores
from imgcuda.errors import DeviceError

if TYPE_CHECKING:
    from imgcuda.batch.worker_pool import WorkerPool

IDLE = 60.0
"""Seconds without a file after which waiting workers are ended; starting them takes a fraction of a second."""

SERVED = {"cuda"}
"""The kinds of devices that have servers. Workers use the others themselves."""


@dataclass(frozen=True)
class Limits:
    """The limits of a batch's time and memory."""

    timeout: float | None = None
    """The most seconds for each file."""
    memory: int | None = None
    """The most bytes for all processes together; None for three quarters of the free memory."""


def run(units: Iterable[FileUnit], work: Work, limits: Limits, interruption: Interruption) -> Generator[Outcome]:
    """Yield the outcome of each unit as soon as it is known. A unit is taken when a worker is free to make it.

    A single file is made in this process. More are made by worker processes: as many as there are cores, each with one
    compute thread; fewer than cores share them. They decode and encode; on GPUs, one process for each GPU filters.
    Raises Interrupted if an interruption asks for the end.
    """
    source = iter(units)
    first = list(islice(source, max(2, cores())))
    if _needs_no_worker(first, work, limits):
        yield from _here(first, work, interruption)
    elif first:
        from imgcuda.batch.worker_pool import WorkerPool

        with interruption.deferred(), WorkerPool(work, _setting(len(first), work, limits)) as pool:
            yield from pool.outcomes(chain(first, source), interruption)


class LastingWorkers:
    """Makes files as `run` does, call after call, by workers that wait in between. As a context, it ends them."""

    def __init__(self, work: Work, limits: Limits, interruption: Interruption) -> None:
        self._work, self._limits, self._interruption = work, limits, interruption
        self._pool: WorkerPool | None = None
        self._used = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def run(self, units: Iterable[FileUnit]) -> Generator[Outcome]:
        """Yield the outcome of each unit. For a single file no workers are started, but running ones make it."""
        source = iter(units)
        first = list(islice(source, 2))
        if self._pool is None and _needs_no_worker(first, self._work, self._limits):
            yield from _here(first, self._work, self._interruption)
        elif first:
            with self._interruption.deferred(), ExitStack() as on_error:
                on_error.callback(self._end)  # whatever the workers still make, nobody waits for it
                yield from self._ready().outcomes(chain(first, source), self._interruption)
                on_error.pop_all()
            self._used = monotonic()

    def end_if_idle(self) -> None:
        """End the workers if they have had nothing to do for long."""
        if self._pool and monotonic() - self._used > IDLE:
            self._end()

    def _ready(self) -> WorkerPool:
        from imgcuda.batch.worker_pool import WorkerPool

        if self._pool is None:
            self._pool = WorkerPool(self._work, _setting(cores(), self._work, self._limits))
        return self._pool

    def _end(self) -> None:
        pool, self._pool = self._pool, None
        if pool:
            pool.end()


def _needs_no_worker(first: list[FileUnit], work: Work, limits: Limits) -> bool:
    return len(first) < 2 and limits.timeout is None and limits.memory is None and work.options.codecs == "cpu"


def _here(units: Iterable[FileUnit], work: Work, interruption: Interruption) -> Iterator[Outcome]:
    """Make units in this process."""
    for unit in units:
        yield process_unit(unit, work)
        interruption.check()


def _setting(units: int, work: Work, limits: Limits) -> PoolSetting:
    """Return how many workers there are for so many units, and what each may take."""
    kind = (work.device or "").partition(":")[0]
    has_use = bool(work.filters) or work.options.codecs == "gpu"
    served = kind in SERVED and has_use and device_supervisor.are_possible()
    if work.options.codecs == "gpu" and not served:  # else files would go the usual way without a word
        raise DeviceError("--codecs gpu needs a GPU, and a system whose processes share memory as on Linux")
    names = tuple(each.name for each in devices.members(devices.choose(work.device))) if served else ()
    memory = limits.memory or footprint.default()
    most = min(cores(), units, max(1, memory // (2 * footprint.WORKER)))
    if kind == "cuda" and not served:
        return PoolSetting(most, 1, limits.timeout, None)  # a GPU's driver maps more memory than any limit
    threads = 1 if served else max(1, cores() // most)
    return PoolSetting(most, threads, limits.timeout, memory - most * footprint.WORKER, names)
