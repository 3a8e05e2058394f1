"""Chooses how a batch is worked through: in this process, or by workers."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from itertools import chain, islice

from imgcuda import devices
from imgcuda.batch import footprint, keeper
from imgcuda.batch.interruption import Interruption
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.batch.work import Work, do
from imgcuda.batch.worker import PoolSetting
from imgcuda.cores import cores
from imgcuda.errors import DeviceError

OWNED = {"cuda"}
"""The kinds of devices that processes of their own own. Workers use the others themselves."""


@dataclass(frozen=True)
class Limits:
    """What a batch may take."""

    timeout: float | None = None
    """The most seconds for each file."""
    memory: int | None = None
    """The most bytes for all processes together; None for three quarters of the free memory."""


def run(units: Iterable[FileUnit], work: Work, limits: Limits, interruption: Interruption) -> Generator[Outcome]:
    """Yield the outcome of each unit as it is there. Units are taken when there is somebody to make them.

    A single file is made in this process. More are made by worker processes: as many as there are cores, each with one
    compute thread; fewer than cores share them. They decode and encode; on GPUs, one process for each GPU filters.
    Raises Interrupted if an interruption asks for the end.
    """
    source = iter(units)
    first = list(islice(source, max(2, cores())))
    if len(first) < 2 and limits.timeout is None and limits.memory is None and work.options.codecs == "cpu":
        for unit in first:
            yield do(unit, work)
            interruption.check()
    elif first:
        from imgcuda.batch.worker_pool import Crew

        with interruption.deferred(), Crew(work, _setting(len(first), work, limits)) as crew:
            yield from crew.outcomes(chain(first, source), interruption)


def _setting(units: int, work: Work, limits: Limits) -> PoolSetting:
    """Return how many workers there are, and what each may take."""
    kind = (work.device or "").partition(":")[0]
    owned = kind in OWNED and (bool(work.filters) or work.options.codecs == "gpu") and keeper.are_possible()
    if work.options.codecs == "gpu" and not owned:  # else files would go the usual way without a word
        raise DeviceError("--codecs gpu needs a GPU, and a system whose processes share memory as on Linux")
    names = tuple(each.name for each in devices.members(devices.choose(work.device))) if owned else ()
    memory = limits.memory or footprint.default()
    most = min(cores(), units, max(1, memory // (2 * footprint.WORKER)))
    if kind == "cuda" and not owned:
        return PoolSetting(most, 1, limits.timeout, None)  # a GPU's driver maps more memory than any limit
    threads = 1 if owned else max(1, cores() // most)
    return PoolSetting(most, threads, limits.timeout, memory - most * footprint.WORKER, names)
