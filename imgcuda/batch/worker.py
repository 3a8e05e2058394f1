"""A worker process of a batch: its start, and what it does for one file."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgcuda.batch import allocator, footprint
from imgcuda.batch.file_clock import FileClock
from imgcuda.batch.processing import OnServer, Work, process_unit
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.containment import in_words

if TYPE_CHECKING:
    from imgcuda.batch.device_client import DeviceClient
    from imgcuda.batch.device_requests import DeviceServers

_KILLED_FIRST = "900"
"""How much sooner the system, out of memory, kills a worker than other processes: from 0 to 1000."""


@dataclass(frozen=True)
class PoolSetting:
    """How many processes work on a batch, and what each may take."""

    workers: int
    threads: int = 1
    """The compute threads of each worker."""
    timeout: float | None = None
    """The most seconds that a file may take."""
    memory: int | None = None
    """The bytes that all workers may take together for pictures; None for no limit."""
    devices: tuple[str, ...] = ()
    """The devices that have servers; without any, each worker filters by itself."""
    folder: str = ""
    """The folder that relative paths start from; by default that of this process."""


@dataclass(frozen=True)
class WorkerStart:
    """What a worker is given as it starts."""

    work: bytes
    """A pickled Work. It is read with the first file, so that a plugin that cannot be imported fails the files."""
    board: Any
    """An array that all processes share: at the number of a slot, the worker that has begun the unit there."""
    folder: str
    """The folder that relative paths start from."""
    variables: Mapping[str, str]
    """The environment, which may have changed since the server started that workers are forked from."""
    begins: Any = None
    """An array that all processes share: at the number of a slot, when the work on the unit there began."""
    at_servers: Any = None
    """The same for the number of the server that works on the unit; NO_SERVER if none does."""
    servers: DeviceServers | None = None
    """The processes that filter the images; None if workers do it themselves."""
    timeout: float | None = None
    """The most seconds that a file may take."""


@dataclass(frozen=True)
class Assignment:
    """A unit for a worker."""

    unit: FileUnit
    slot: int
    memory: int | None
    """How many bytes may be asked for; None for no limit."""
    kept: int = 2**30
    """How many bytes the worker may keep for its next file."""


_RESERVED = 2**29
"""Bytes that may be asked for besides: the stacks of threads count as they are reserved, and Python would wait forever
for a thread that lacks memory as it starts."""

_begun: list[WorkerStart] = []
_clients: list[DeviceClient] = []


def begin(start: WorkerStart) -> None:
    """Prepare this process: a signal ends it at once, and so does its parent's end."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a handler would wait for a kernel that never ends
    os.environ.clear()
    os.environ.update(start.variables)
    with suppress(OSError):
        os.chdir(start.folder)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST, "ascii")
    allocator.keep_freed_memory()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _begun.append(start)


def carry_out(assignment: Assignment) -> Outcome:
    """Make one file."""
    start = _begun[-1]
    clock = FileClock(start.begins, start.at_servers, assignment.slot, start.timeout)
    clock.start()
    start.board[assignment.slot] = os.getpid()
    _limit_memory(assignment.memory)
    try:
        work = work_of(start)
    except BaseException as error:  # an import runs a plugin's code, which may raise anything
        return Outcome.failure(assignment.unit, f"its filters cannot be loaded in a worker: {in_words(error)}")
    outcome = process_unit(assignment.unit, work, _by_servers(start.servers, clock) if start.servers else None)
    if footprint.resident(os.getpid()) > footprint.WORKER + assignment.kept:
        allocator.give_back()
    return outcome


def work_of(start: WorkerStart) -> Work:
    """Return the work of a batch. The first call imports the plugins of its filters, which may raise anything."""
    return _work(start.work)


@cache
def _work(pickled: bytes) -> Work:
    made: Work = pickle.loads(pickled)
    return made


def _by_servers(servers: DeviceServers, clock: FileClock) -> OnServer:
    """Return the calls by which the servers of devices filter and transcode a file."""
    if not _clients:
        from imgcuda.batch.device_client import DeviceClient

        _clients.append(DeviceClient(servers))
    return OnServer(partial(_clients[0].filtered, clock), partial(_clients[0].transcoded, clock))


def _end_with_parent() -> None:
    """End this process when its parent has ended, for any reason: nobody else would stop a filter that hangs."""
    if parent := parent_process():
        connection.wait([parent.sentinel])
        os._exit(1)


@cache
def _memory_at_start() -> int:
    """Return how many bytes of data this process has before its first picture."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmData:")))
    return 0


def _limit_memory(size: int | None) -> None:
    """Let this process take so many bytes more than it had at its start; then Python raises MemoryError."""
    if size is None or sys.platform != "linux":  # elsewhere the limit does not count what is mapped
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    limit = _memory_at_start() + size + _RESERVED
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit if most < 0 else min(limit, most), most))
