"""A session that puts canaries around each array, fills new memory with garbage, and lists arrays not released.

It uses only the methods of the session protocol, so it works on any device; on a GPU it stands in for a checked run.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import DeviceArray, Launch, Session

GUARD = 4096
"""The size of the canary before and after each array, in bytes; a multiple of any alignment."""


class Guarded(NamedTuple):
    """An array of bytes with its two canaries, and the byte that fills them."""

    whole: DeviceArray
    pattern: int


class GuardedSession:
    """A session that wraps another. `garbage` is the byte that fills memory that is not initialized."""

    def __init__(self, session: Session, garbage: int) -> None:
        self._session, self._rubbish = session, garbage
        self.packs, self.tables = session.packs, None
        self.live: dict[int, Guarded] = {}
        """The arrays that are not released, by address."""
        self._released: list[Guarded] = []
        self._patterns = cycle(range(1, 255))

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        return self._place(np.full(prod(shape) * np.dtype(dtype).itemsize, self._rubbish, np.uint8), shape, dtype)

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        return self._place(np.zeros(prod(shape) * np.dtype(dtype).itemsize, np.uint8), shape, dtype)

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        return self._place(np.ascontiguousarray(array).reshape(-1).view(np.uint8), array.shape, array.dtype)

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        whole = self._session.download(self.live[array.pointer].whole)
        return whole[GUARD : GUARD + array.nbytes].view(array.dtype).reshape(array.shape)

    def free(self, array: DeviceArray) -> None:
        """Note that an array is free. Its memory is kept until the end, when `damaged` reads its canaries."""
        if array.pointer in self.live:
            self._released.append(self.live.pop(array.pointer))

    def launch(self, launch: Launch) -> None:
        self._session.launch(launch)

    def damaged(self) -> list[str]:
        """Return where canaries were overwritten, in words: "up to 12 bytes before an array of 300 bytes"."""
        found = []
        for each in (*self.live.values(), *self._released):
            whole = self._session.download(each.whole)
            before, after = (np.flatnonzero(part != each.pattern) for part in (whole[:GUARD][::-1], whole[-GUARD:]))
            size = len(whole) - 2 * GUARD
            for name, places in (("before", before), ("after", after)):
                if len(places):
                    far = int(places[-1]) + 1
                    found.append(f"up to {far} byte{'s' * (far > 1)} {name} an array of {size} bytes")
        return found

    def _place(self, content: npt.NDArray[np.uint8], shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        pattern = next(self._patterns)  # a different one each time, so that a copy of one canary over another is found
        guard = np.full(GUARD, pattern, np.uint8)
        whole = self._session.upload(np.concatenate([guard, content, guard]))
        owner = whole.owner[GUARD : GUARD + len(content)] if isinstance(whole.owner, np.ndarray) else whole.owner
        if isinstance(owner, np.ndarray):
            owner = owner.view(dtype).reshape(shape)
        made = DeviceArray(whole.pointer + GUARD, tuple(shape), np.dtype(dtype), owner)
        self.live[made.pointer] = Guarded(whole, pattern)
        return made
