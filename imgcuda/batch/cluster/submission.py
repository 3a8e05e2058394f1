"""Gives the units of a batch to a Dask cluster, a few for each worker at a time, and takes their outcomes."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError, TimeoutError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import Any

from distributed import Client, KilledWorker
from distributed.client import ClosedClientError
from distributed.comm.core import CommClosedError

from imgcuda.batch.cluster import shared_work, task
from imgcuda.batch.cluster.shared_work import SharedWork, UnfitWorker, WorkOrder
from imgcuda.batch.interruption import Interruption
from imgcuda.batch.local_run import Limits
from imgcuda.batch.processing import Work
from imgcuda.batch.software import Software
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.containment import in_words
from imgcuda.errors import DeviceError

AHEAD = 2
"""Units that are given out for each thread of a worker: one that is made, and one that waits."""

PATIENCE = 10.0
"""Seconds to wait for the scheduler to start, and to answer."""
_TICK = 0.2
"""Seconds between two looks for a wish to end."""
_LOOK = 1.0
"""Seconds between two looks for workers that have come or gone."""
_LOST = (CommClosedError, ClosedClientError, CancelledError)
"""The errors that distributed raises for a lost connection."""
_SHOWN = 5
"""How many of several unfit workers a message shows."""


@dataclass(frozen=True)
class Cluster:
    """A connection to a scheduler, and what its workers must have to make the same files."""

    client: Any
    software: Software
    folder: Path
    """The folder of the outputs, which all workers share."""

    def run(
        self, units: Iterable[FileUnit], work: Work, limits: Limits, interruption: Interruption
    ) -> Generator[Outcome]:
        """Yield the outcome of each unit as it is there. Units are taken as there are workers for them.

        Raises Interrupted if an interruption asks for the end; DeviceError if a worker is unfit, or the scheduler lost.
        """
        order = WorkOrder(work, limits, str(Path.cwd()))
        with interruption.deferred(), shared_work.written(self.folder, order, self.software) as shared:
            _refuse_unfit(self.client, shared)
            submission = _Submission(self.client, shared)
            try:
                yield from submission.outcomes(units, interruption)
            finally:
                submission.end()

    @property
    def workers(self) -> int:
        """The number of workers that the scheduler has now."""
        return len(self.client.nthreads())


@contextmanager
def connected(address: str | None, scheduler_file: Path | None, software: Software, folder: Path) -> Iterator[Cluster]:
    """Connect to a scheduler, by its address or the file that it writes. Raises DeviceError if it does not answer."""
    _silence()
    if scheduler_file:
        _wait_for(scheduler_file)
    try:
        client = Client(address, scheduler_file=scheduler_file, timeout=PATIENCE, set_as_default=False, name="imgcuda")
    except (OSError, TimeoutError, ValueError) as error:
        raise DeviceError(f"no scheduler answers at {address or scheduler_file}: {in_words(error)}") from error
    try:
        yield Cluster(client, software, folder)
    finally:
        with suppress(OSError, TimeoutError):
            client.close(timeout=1)


def _silence() -> None:
    """Keep distributed from printing; errors that matter are also raised."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":  # whose parts have levels of their own
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _wait_for(scheduler_file: Path) -> None:
    """Wait for the file of a scheduler that is just starting. Raises DeviceError."""
    end = monotonic() + PATIENCE
    while not scheduler_file.is_file():
        if monotonic() > end:
            raise DeviceError(
                f"there is no {scheduler_file}; `dask scheduler --scheduler-file {scheduler_file}` writes it"
            )
        sleep(_TICK)


def _refuse_unfit(client: Any, shared: SharedWork) -> None:
    """Raise DeviceError if workers that are there cannot make the files."""
    with _losing_the_scheduler():
        found = client.run(task.check, shared, on_error="return")
    unfit = [f"worker {address}: {_why(error)}" for address, error in found.items() if error is not None]
    if unfit:
        more = [f"and {len(unfit) - _SHOWN} more"] if len(unfit) > _SHOWN else []
        raise DeviceError("\n".join([*unfit[:_SHOWN], *more]))


def _why(error: BaseException) -> str:
    if isinstance(error, UnfitWorker):
        return str(error)
    return f"it cannot run this version of imgcuda: {in_words(error)}"


class _Submission:
    """The units that the cluster has."""

    def __init__(self, client: Any, shared: SharedWork) -> None:
        self._client, self._shared = client, shared
        self._given: dict[Any, FileUnit] = {}
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._room, self._looked = 0, -_LOOK

    def outcomes(self, units: Iterable[FileUnit], interruption: Interruption) -> Iterator[Outcome]:
        source = iter(units)
        following = next(source, None)
        while following is not None or self._given:
            self._look()
            while following is not None and len(self._given) < self._room:
                self._give(following)
                following = next(source, None)
            interruption.check()
            yield from self._finished()

    def end(self) -> None:
        """Take back what the cluster has, and let the workers end their processes."""
        with suppress(Exception):  # whatever is wrong with the connection, the batch is over
            self._client.cancel(list(self._given), force=True)
            self._client.run(task.finish, self._shared, on_error="ignore")

    def _look(self) -> None:
        """Look how many units there may be at once."""
        if monotonic() - self._looked >= _LOOK:
            if self._client.status != "running":
                raise _lost()
            with _losing_the_scheduler():
                self._room = AHEAD * sum(self._client.nthreads().values())
            self._looked = monotonic()

    def _give(self, unit: FileUnit) -> None:
        if unit.times is None:
            with suppress(OSError):
                status = unit.source.stat()
                unit = replace(unit, times=(status.st_size, status.st_mtime_ns))
        with _losing_the_scheduler():
            future = self._client.submit(task.make, unit, self._shared, pure=False)
        self._given[future] = unit
        future.add_done_callback(self._ended.put)

    def _finished(self) -> Iterator[Outcome]:
        """Yield the outcomes that are there, after waiting for some."""
        timeout: float | None = _TICK
        with suppress(Empty):
            while True:
                future = self._ended.get(timeout=timeout) if timeout else self._ended.get_nowait()
                timeout = None
                if outcome := self._outcome(future):
                    del self._given[future]
                    yield outcome

    def _outcome(self, future: Any) -> Outcome | None:
        """Return the outcome of a task; None if its worker was lost before it was told, so that it is made again."""
        unit = self._given[future]
        try:
            outcome: Outcome = future.result(timeout=PATIENCE)
        except KilledWorker as error:
            times = f"{error.allowed_failures + 1} workers that had it have ended"
            return Outcome.failure(unit, f"{times}, as when machines lack memory or are switched off")
        except TimeoutError:
            future.add_done_callback(self._ended.put)
            return None
        except _LOST:
            raise _lost() from None
        except UnfitWorker as error:
            raise DeviceError(f"a worker cannot make files: {error}") from None
        except Exception as error:  # of the worker's own code, since a filter's are outcomes
            raise DeviceError(f"a worker cannot make files: {_why(error)}") from error
        return outcome


@contextmanager
def _losing_the_scheduler() -> Iterator[None]:
    """Raise DeviceError if the scheduler no longer answers, for all errors that distributed raises then."""
    try:
        yield
    except (*_LOST, OSError):  # the latter of a connection that cannot be made again
        raise _lost() from None


def _lost() -> DeviceError:
    return DeviceError("the connection to the scheduler is lost; the same command goes on from where it was")
