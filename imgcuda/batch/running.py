"""Chooses how a batch is worked through: in this process, or by workers."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from itertools import chain, islice

from imgcuda.batch import footprint
from imgcuda.batch.interruption import Interruption
from imgcuda.batch.serial import in_turn
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.batch.work import Work
from imgcuda.batch.worker import PoolSetting
from imgcuda.cores import cores


@dataclass(frozen=True)
class Limits:
    """What a batch may take."""

    timeout: float | None = None
    """The most seconds for each file."""
    memory: int | None = None
    """The most bytes for all processes together; None for three quarters of what is free."""


def run(units: Iterable[FileUnit], work: Work, limits: Limits, interruption: Interruption) -> Generator[Outcome]:
    """Yield the outcome of each unit as it is there. Units are taken when there is somebody to make them.

    A single file is made in this process. More are made by worker processes: as many as there are cores, each with one
    compute thread; fewer than cores share them. On a GPU it is one, for now: all that arranges processes is here.
    Raises Interrupted if an interruption asks for the end.
    """
    source = iter(units)
    first = list(islice(source, max(2, cores())))
    if len(first) < 2 and limits.timeout is None and limits.memory is None:
        for outcome in in_turn(first, work):
            yield outcome
            interruption.check()
    elif first:
        from imgcuda.batch.worker_pool import Crew

        with interruption.deferred(), Crew(work, _setting(len(first), work, limits)) as crew:
            yield from crew.outcomes(chain(first, source), interruption)


def _setting(units: int, work: Work, limits: Limits) -> PoolSetting:
    """Return how many workers there are, and what each may take."""
    if (work.device or "").startswith("cuda"):
        return PoolSetting(1, cores(), limits.timeout, None)  # a GPU's driver maps more memory than any limit
    memory = limits.memory or footprint.default()
    most = min(cores(), units, max(1, memory // (2 * footprint.WORKER)))
    return PoolSetting(most, max(1, cores() // most), limits.timeout, memory - most * footprint.WORKER)
