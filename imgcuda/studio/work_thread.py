"""One thread that does the studio's work, call by call, beside the loop that talks to the page."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from imgcuda.containment import in_words
from imgcuda.errors import FilterError, ImgcudaError

Made = TypeVar("Made")

_Call = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class WorkThread:
    """A thread that Python does not wait for at its end: a kernel under work may never come to one."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="studio", daemon=True).start()

    async def do(self, call: Callable[[], Made]) -> Made:
        """Call a function in the thread, after the calls that wait there. Raises only ImgcudaError."""
        future: asyncio.Future[Made] = asyncio.get_running_loop().create_future()
        self._calls.put((call, future))
        return await future

    def _run(self) -> None:
        while True:
            call, future = self._calls.get()
            made, error = _done(call)
            try:
                future.get_loop().call_soon_threadsafe(partial(_settle, future, made, error))
            except RuntimeError:  # the loop has ended meanwhile
                return


def _done(call: Callable[[], Any]) -> tuple[Any, ImgcudaError | None]:
    try:
        return call(), None
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
