"""One thread that does the studio's work, call by call, beside the loop that talks to the page.

A kernel may never end, and native code cannot be stopped. So a thread that takes long can be given up: another one
does what comes next, and what the old one makes is dropped. It goes on until its kernel ends, or the studio.
"""

from __future__ import annotations

import asyncio
import ctypes
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any, NamedTuple, TypeVar

from imgcuda.containment import in_words
from imgcuda.errors import FilterError, ImgcudaError

Made = TypeVar("Made")

PATIENCE = 6.0
"""Seconds after which a call is given up if another one waits for it."""
_LOOK = 0.25
"""Seconds between two looks at how long a call has run."""


class GivenUp(BaseException):  # no error: it ends Python code whose result nobody wants
    """Raised in a thread that is given up, as soon as Python runs there."""


class _WorkCall(NamedTuple):
    make: Callable[[], Any]
    future: asyncio.Future[Any]
    yields: bool
    """Whether it may be given up for one that waits."""


class WorkThread:
    """Does calls in order, in a thread that Python does not wait for at its end."""

    def __init__(self, fresh: Callable[[], None] = lambda: None) -> None:
        """`fresh` is called whenever a thread was given up, before another begins."""
        self._calls: queue.SimpleQueue[_WorkCall] = queue.SimpleQueue()
        self._fresh = fresh
        self._thread = _Thread(self._calls)

    async def do(self, make: Callable[[], Made], limit: float | None = None, yields: bool = True) -> Made:
        """Call a function in the thread, after the calls that wait there. Raises only ImgcudaError.

        After `limit` seconds of it, it is given up, and that is an error. One that `yields` is given up for another.
        """
        future: asyncio.Future[Made] = asyncio.get_running_loop().create_future()
        self._calls.put(_WorkCall(make, future, yields))
        while not (await asyncio.wait([future], timeout=_LOOK))[0]:
            now = self._thread.call
            if now is None or now.future is not future:
                self.hurry()
            elif limit and self.seconds > limit:
                self._give_up(f"it did not end within {limit:g} s, and was given up: is there a loop without an end?")
        return await future

    @property
    def seconds(self) -> float:
        """How long the call under work has run."""
        return monotonic() - self._thread.since if self._thread.call else 0.0

    def hurry(self) -> None:
        """Give up the call under work if it has run for long."""
        now = self._thread.call
        if now and now.yields and self.seconds > PATIENCE:
            self._give_up(f"it had run for {self.seconds:.0f} s, and was given up for what came next")

    def _give_up(self, why: str) -> None:
        """Let another thread do what waits, and raise an error where the call was awaited."""
        if call := self._thread.leave():
            _settle(call.future, None, FilterError(why))
            self._fresh()
            self._thread = _Thread(self._calls)


class _Thread:
    """A thread, and the call that it works on."""

    def __init__(self, calls: queue.SimpleQueue[_WorkCall]) -> None:
        self.call: _WorkCall | None = None
        self.since = 0.0
        self._calls, self._is_left, self._lock = calls, False, threading.Lock()
        self._thread = threading.Thread(target=self._run, name="studio", daemon=True)
        self._thread.start()

    def leave(self) -> _WorkCall | None:
        """Let it end after the call under work, and return that; None if there is none any more."""
        with self._lock:
            if self.call:
                self._is_left = True
                number = ctypes.c_ulong(self._thread.ident or 0)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(number, ctypes.py_object(GivenUp))
            return self.call

    def _run(self) -> None:
        with suppress(GivenUp, RuntimeError):  # RuntimeError: the loop has ended meanwhile
            while self._work():
                pass

    def _work(self) -> bool:
        """Do the next call; return False if this thread was left meanwhile."""
        call = self._calls.get()
        self.since, self.call = monotonic(), call
        made, error = _done(call.make)
        with self._lock:
            if self._is_left:
                return False
            self.call = None
        call.future.get_loop().call_soon_threadsafe(partial(_settle, call.future, made, error))
        return True


def _done(make: Callable[[], Any]) -> tuple[Any, ImgcudaError | None]:
    try:
        return make(), None
    except ImgcudaError as error:
        return None, error
    except BaseException as error:  # a filter may raise anything, and even call sys.exit()
        return None, FilterError(f"something happened that should not: {in_words(error)}")


def _settle(future: asyncio.Future[Any], made: Any, error: ImgcudaError | None) -> None:
    if future.done():  # whoever asked has gone
        return
    if error is None:
        future.set_result(made)
    else:
        future.set_exception(error)
