"""Works through the units of a batch in several processes, which pebble supervises.

A worker that crashes, hangs or takes too much memory costs the file that it works on, and a new one takes its place.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from time import monotonic
from types import TracebackType

import pebble

from imgcuda.batch import footprint, fork_server, worker
from imgcuda.batch.device_requests import DeviceServers
from imgcuda.batch.device_server import AT_ONCE, CODED_AT_ONCE
from imgcuda.batch.device_supervisor import DeviceSupervisor
from imgcuda.batch.file_clock import NO_SERVER
from imgcuda.batch.interruption import Interruption
from imgcuda.batch.processing import Work
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.batch.worker import Assignment, PoolSetting, WorkerStart
from imgcuda.containment import in_words
from imgcuda.errors import DeviceError

AHEAD = 2
"""Units that are given out for each worker: one that it makes, and one that waits, so that it need not wait itself."""

STALLED = 120.0
"""Seconds without any work begun or finished after which all workers are replaced: one that was killed at the wrong
moment may leave a lock locked that the others wait for."""

_TICK = 0.2
"""Seconds between two looks for workers that have ended without a word."""
_SILENCE = 1.0
"""Seconds after which the unit of a worker that is gone has failed, if pebble has not said so."""
_OUT_OF_MEMORY = ("SIGKILL", "SIGABRT")
"""What may end a worker that lacks memory: the system kills it, or a library in C++ gives up."""
_MOST_FAILED_POOLS = 3
"""How often all workers together may end before any file is made, until the batch is given up."""


@dataclass
class _Running:
    """A unit that was given out."""

    unit: FileUnit
    slot: int
    memory: int
    alone: bool
    share: int | None
    """The bytes of memory that it may take; None for no limit."""
    gone: float | None = None
    """When its worker was first missed."""
    too_large: bool = False
    """Whether its worker was ended, since it took more."""
    too_long: bool = False
    """Whether its worker was ended, since it took more time than a file may."""


class WorkerPool:
    """Worker processes that make files. As a context, it ends them when it is left."""

    def __init__(self, work: Work, setting: PoolSetting) -> None:
        self._work, self._setting = work, setting
        self._slots = AHEAD * setting.workers
        self._context = fork_server.started()
        self._board = self._context.RawArray("i", self._slots)
        self._begins = self._context.RawArray("d", self._slots)
        self._at_servers = self._context.RawArray("i", [NO_SERVER] * self._slots)
        self._variables = {**os.environ, "IMGCUDA_THREADS": str(setting.threads)}
        self._running: dict[Future[Outcome], _Running] = {}
        self._alone: deque[FileUnit] = deque()
        self._measured: tuple[FileUnit, int] | None = None
        self._failed_pools = 0
        self._sign_of_life = monotonic()
        base = self._start(dict(os.environ), None)
        at_once = AT_ONCE if work.options.codecs == "cpu" else CODED_AT_ONCE
        self._supervisor = DeviceSupervisor(self._context, setting.devices, base, at_once) if setting.devices else None
        self._pool = self._new_pool()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End all workers, whatever they do."""
        self._end()
        if self._supervisor:
            self._supervisor.close()

    def outcomes(self, units: Iterable[FileUnit], interruption: Interruption) -> Iterator[Outcome]:
        """Yield the outcome of each unit as it is there. Units are taken as workers are free for them.

        Raises Interrupted if the interruption asks for the end.
        """
        source = iter(units)
        following = next(source, None)
        self._sign_of_life = monotonic()
        while following is not None or self._running or self._alone:
            while self._alone and not self._running:
                self._give(self._alone.popleft(), self._setting.memory or 0, alone=True)
            while following is not None and not self._alone and self._take(following):
                following = next(source, None)
            interruption.check()
            if self._supervisor:
                self._supervisor.check()
            yield from self._finished()

    def _take(self, unit: FileUnit) -> bool:
        """Give a unit out, if a slot is free and its memory is. A unit that is too large waits until it is alone."""
        if len(self._running) >= self._slots:
            return False
        limit, memory = self._setting.memory, self._needed(unit)
        if limit is not None and memory > limit:
            self._alone.append(unit)
        elif limit is not None and memory + sum(each.memory for each in self._running.values()) > limit:
            return False
        else:
            self._give(unit, memory)
        return True

    def _needed(self, unit: FileUnit) -> int:
        """Return how many bytes a unit takes, if they are limited. While it waits, its header is not read again."""
        if self._setting.memory is None:
            return 0
        if self._measured is None or self._measured[0] is not unit:
            found = replace(unit, source=Path(self._setting.folder, unit.source))
            self._measured = unit, footprint.needed(found, self._work)
        return self._measured[1]

    def _give(self, unit: FileUnit, memory: int, alone: bool = False) -> None:
        slot = min(set(range(self._slots)) - {each.slot for each in self._running.values()})
        self._board[slot], self._begins[slot], self._at_servers[slot] = 0, inf, NO_SERVER
        limit = self._setting.memory
        share = None if limit is None else limit if alone else max(memory, limit // self._setting.workers)
        kept = 2**30 if limit is None else limit // self._setting.workers // 2
        future = self._schedule(Assignment(unit, slot, limit, kept))
        self._running[future] = _Running(unit, slot, memory, alone, share)

    def _schedule(self, assignment: Assignment) -> Future[Outcome]:
        try:
            return self._pool.schedule(worker.carry_out, args=(assignment,))
        except RuntimeError:  # all workers have ended, before any had work
            self._start_again()
            return self._pool.schedule(worker.carry_out, args=(assignment,))

    def _finished(self) -> Iterator[Outcome]:
        """Yield the outcomes that are there, after waiting for some."""
        done, others = wait(self._running, timeout=_TICK, return_when=FIRST_COMPLETED)
        whole = [future for future in done if not isinstance(future.exception(), BrokenProcessPool)]
        for future in whole:
            given = self._running.pop(future)
            outcome = self._outcome(future, given)
            if outcome.lacked_memory and self._setting.memory is not None and not given.alone:
                self._alone.append(given.unit)
            else:
                self._failed_pools = 0
                yield outcome
        for future in others:
            self._end_if_too_large(self._running[future])
            self._end_if_too_long(self._running[future])
            if self._is_lost(self._running[future]):
                given = self._running.pop(future)
                yield Outcome.failure(given.unit, "its worker ended without a word, as if the filter had ended it")
        if whole or any(self._board[given.slot] for given in self._running.values()):
            self._sign_of_life = monotonic()
        if len(whole) < len(done) or monotonic() - self._sign_of_life > STALLED:
            self._start_again()

    def _outcome(self, future: Future[Outcome], given: _Running) -> Outcome:
        error, limit = future.exception(), self._setting.timeout
        if given.too_long and error is not None:
            return Outcome.failure(given.unit, f"it took longer than {limit:g} s, and nothing was written", limit or 0)
        if isinstance(error, pebble.ProcessExpired):
            return _too_large(given) if given.too_large else _crashed(given.unit, error.exitcode)
        if error is not None:
            return Outcome.failure(given.unit, f"its worker failed: {in_words(error)}")
        outcome = future.result()
        if outcome.lacked_memory and given.alone:
            return Outcome.failure(given.unit, f"{outcome.error}; --memory allows more", outcome.seconds)
        return outcome

    def _end_if_too_large(self, given: _Running) -> None:
        """End the worker of a unit that takes more memory than it may."""
        process = self._board[given.slot]
        if given.share is None or not process or footprint.resident(process) <= footprint.WORKER + given.share:
            return
        given.too_large = True
        _kill(process)

    def _end_if_too_long(self, given: _Running) -> None:
        """End the worker of a unit that takes more time than it may, and the server that works on it."""
        limit, process = self._setting.timeout, self._board[given.slot]
        if limit is not None and process and monotonic() - self._begins[given.slot] > limit:
            given.too_long = True
            _kill(process)
            number, self._at_servers[given.slot] = self._at_servers[given.slot], NO_SERVER
            if self._supervisor and number != NO_SERVER:
                self._supervisor.servers.end(number)

    def _is_lost(self, given: _Running) -> bool:
        """Return whether a unit's worker has ended, and pebble does not tell: the exit code was that of success."""
        number = self._board[given.slot]
        if not number or _exists(number):
            given.gone = None
            return False
        given.gone = given.gone or monotonic()
        return monotonic() - given.gone > _SILENCE

    def _start_again(self) -> None:
        """Start new workers after all have ended at once, and give out again what they had."""
        self._failed_pools += 1
        self._sign_of_life = monotonic()
        if self._failed_pools > _MOST_FAILED_POOLS:
            raise DeviceError("no worker process stays alive; imgcuda filter runs one file without workers")
        given = list(self._running.values())
        self._running.clear()
        self._end()
        self._pool = self._new_pool()
        for each in given:
            self._give(each.unit, each.memory, each.alone)

    def _new_pool(self) -> pebble.ProcessPool:
        start = self._start(self._variables, self._supervisor.servers if self._supervisor else None)
        return pebble.ProcessPool(
            self._setting.workers, initializer=worker.begin, initargs=(start,), context=self._context
        )

    def _start(self, variables: Mapping[str, str], servers: DeviceServers | None) -> WorkerStart:
        folder = str(Path(self._setting.folder).absolute())
        work, limit = pickle.dumps(self._work), self._setting.timeout
        return WorkerStart(work, self._board, folder, variables, self._begins, self._at_servers, servers, limit)

    def _end(self) -> None:
        self._pool.stop()
        self._pool.join()


def _too_large(given: _Running) -> Outcome:
    error = f"it takes more than {(given.share or 0) >> 20:,} MiB of memory; --memory allows more"
    return Outcome.failure(given.unit, error, lacked_memory=True)


def _crashed(unit: FileUnit, code: int) -> Outcome:
    """Return the outcome of a unit whose worker has ended by itself, or was killed."""
    name = f"exit code {code}"
    with suppress(ValueError):
        name = signal.Signals(-code).name
    error = f"its worker crashed ({name}): a filter has a fault, or what decodes or encodes the file"
    if name == "SIGKILL":
        error = "its worker was killed, as the system does with a process that takes too much memory"
    return Outcome.failure(unit, error, lacked_memory=name in _OUT_OF_MEMORY)


def _kill(process: int) -> None:
    with suppress(OSError):
        os.kill(process, signal.SIGKILL)


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
