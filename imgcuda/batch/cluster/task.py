"""What a Dask worker does for a batch: it makes one file, in a process beside it.

So a filter that crashes, hangs or takes too much memory never ends the Dask worker, and fails its own file as it does
without a cluster.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from contextlib import suppress
from functools import lru_cache
from multiprocessing import current_process
from pathlib import Path
from typing import Any

from distributed import get_worker

from imgcuda import devices
from imgcuda.batch import footprint
from imgcuda.batch.cluster import shared_work
from imgcuda.batch.cluster.shared_work import SharedWork, UnfitWorker, WorkOrder
from imgcuda.batch.interruption import Interrupted, Interruption
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.batch.worker import PoolSetting
from imgcuda.batch.worker_pool import WorkerPool
from imgcuda.errors import DeviceError

_lock = threading.Lock()
_idle: dict[str, list[WorkerPool]] = defaultdict(list)
"""The pools without a unit, by the digest of their work: as many as there were units at once."""
_over: set[str] = set()
"""The digests of the work that is done."""


class Withdrawal(Interruption):
    """Notices that the scheduler has taken the task of this thread back, since the command has stopped."""

    def __init__(self) -> None:
        super().__init__()
        self._worker: Any = get_worker()
        self._key = self._worker.get_current_task()

    def check(self) -> None:
        task = self._worker.state.tasks.get(self._key)
        if task is None or task.state == "cancelled":
            raise Interrupted


def make(unit: FileUnit, shared: SharedWork) -> Outcome:
    """Make a file. Raises UnfitWorker."""
    order = _read(shared)
    if why := _not_shared(unit, order.folder):
        return Outcome.failure(unit, why)
    pool = _taken(shared, order)
    try:
        outcome = next(pool.outcomes([unit], Withdrawal()))
    except Interrupted:  # nobody asks for this outcome
        _end(pool)
        return Outcome.failure(unit, "the batch was stopped")
    except BaseException:
        _end(pool)
        raise
    _give_back(pool, shared)
    return outcome


def check(shared: SharedWork) -> None:
    """Raise UnfitWorker if this worker cannot make the files."""
    order = _read(shared)
    try:
        devices.choose(order.work.device)
    except DeviceError as error:
        raise UnfitWorker(str(error)) from None
    if current_process().daemon:
        raise UnfitWorker(
            "it may start no processes; start it by `imgcuda worker`, or with the variable "
            "DASK_DISTRIBUTED__WORKER__DAEMON=False"
        )


def finish(shared: SharedWork) -> None:
    """End the processes for a batch that is over."""
    with _lock:
        _over.add(shared.digest)
        pools = _idle.pop(shared.digest, [])
    for pool in pools:
        _end(pool)


@lru_cache(4)
def _read(shared: SharedWork) -> WorkOrder:
    return shared_work.read(shared)


def _not_shared(unit: FileUnit, folder: str) -> str:
    """Return why an input is not what the command sees; an empty string if it is."""
    source = Path(folder, unit.source)
    with suppress(OSError):
        status = source.stat()
        if unit.times in (None, (status.st_size, status.st_mtime_ns)):
            return ""
        return f"{os.uname().nodename} sees another size or time of it than the command: it changed, or is another file"
    return f"{os.uname().nodename} does not see it: inputs must be on a file system that all machines share"


def _taken(shared: SharedWork, order: WorkOrder) -> WorkerPool:
    """Return a pool that is idle, or a new one: of one process, which has one compute thread."""
    with _lock:
        if _idle[shared.digest]:
            return _idle[shared.digest].pop()
    check(shared)
    return WorkerPool(order.work, PoolSetting(1, 1, order.limits.timeout, _memory(order), folder=order.folder))


def _memory(order: WorkOrder) -> int | None:
    """Return how many bytes a unit may take: its part of this Dask worker's memory. On a GPU there is no limit."""
    if devices.choose(order.work.device).name.startswith("cuda"):
        return None
    worker: Any = get_worker()
    whole = order.limits.memory or worker.memory_manager.memory_limit or footprint.default()
    return max(footprint.SMALLEST, int(whole) // int(worker.state.nthreads)) - footprint.WORKER


def _give_back(pool: WorkerPool, shared: SharedWork) -> None:
    with _lock:
        if shared.digest not in _over:
            _idle[shared.digest].append(pool)
            return
    _end(pool)


def _end(pool: WorkerPool) -> None:
    pool.__exit__(None, None, None)
