"""Lets an iterator work ahead in a thread of its own, by a queue of a few items."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from contextvars import copy_context
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

T = TypeVar("T")

POLL = 0.1
"""Seconds between two looks of a waiting thread at whether its items are still wanted."""


class _Ended:
    """The end of the items, or the error that ended them."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Producer(Generic[T]):
    """Puts the items of an iterable into a queue until it is stopped."""

    def __init__(self, items: Iterable[T], most: int) -> None:
        self.queue: Queue[T | _Ended] = Queue(most)
        self._items = items
        self._unwanted = threading.Event()
        # In a copy of the caller's context, so that its context variables, like checked runs, hold here, too.
        self._thread = threading.Thread(target=copy_context().run, args=(self._produce,), daemon=True)
        self._thread.start()

    def _produce(self) -> None:
        ended = _Ended()
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as error:  # raised again where the items are used
            ended = _Ended(error)
        finally:
            if isinstance(self._items, Generator):
                self._items.close()
        self._put(ended)

    def _put(self, item: T | _Ended) -> bool:
        """Put an item when there is room; return False once the items are unwanted."""
        while not self._unwanted.is_set():
            try:
                self.queue.put(item, timeout=POLL)
            except Full:
                continue
            return True
        return False

    def stop(self) -> None:
        """End the thread after the item that it works on."""
        self._unwanted.set()
        self._thread.join()


def ahead(items: Iterable[T], most: int) -> Generator[T]:
    """Yield the items, which a thread makes up to `most` ahead; errors in them are raised here.

    Once this generator is closed the thread has ended.
    """
    producer = _Producer(items, most)
    try:
        while not isinstance(item := _next(producer.queue), _Ended):
            yield item
        if item.error:
            raise item.error
    finally:
        producer.stop()


def _next(queue: Queue[T | _Ended]) -> T | _Ended:
    """Wait for an item, in steps, so that Ctrl-C is noticed on every system."""
    while True:
        try:
            return queue.get(timeout=POLL)
        except Empty:
            continue
