"""Chooses how large the smaller copy is that is filtered while a slider is dragged, so that results keep up with it."""

from __future__ import annotations

from collections.abc import Sequence

SIDES = (1280, 904, 640, 452, 320)
"""The most pixels across and down of the copy: each next one has half as many in all."""

SLOW, FAST = 100.0, 35.0
"""Milliseconds of a run above which the next copy is smaller, for 10 results a second, and below which it is larger."""

RUNS = 2
"""How many runs in a row must be slow: the first one of a chain also compiles its kernels."""


class ProxySide:
    """The side of the copy, which each run over it may change. Another chain begins with the largest again."""

    def __init__(self) -> None:
        self._chain: tuple[str, ...] = ()
        self._place = self._slow = 0

    def of(self, chain: Sequence[str]) -> int:
        """Return the side for a chain, given by the names of its filters."""
        if tuple(chain) != self._chain:
            self._chain, self._place, self._slow = tuple(chain), 0, 0
        return SIDES[self._place]

    def took(self, milliseconds: float) -> None:
        """Note how long a run over the copy took."""
        self._slow = self._slow + 1 if milliseconds > SLOW else 0
        if self._slow >= RUNS:
            self._place, self._slow = min(self._place + 1, len(SIDES) - 1), 0
        elif milliseconds < FAST:
            self._place = max(self._place - 1, 0)
