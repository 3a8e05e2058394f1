"""Counts what became of the files of a batch, and says it in words."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from imgcuda.batch.units import FileUnit, Outcome

LAST = 500
"""The number of recently finished files that the rate is computed from."""


@dataclass
class Tally:
    """How many files there are, and how many were made, kept or failed so far."""

    total: int | None = None
    """How many files there are; None if that is not known."""
    done: int = 0
    kept: int = 0
    failed: int = 0
    current: dict[int, Path] = field(default_factory=dict)
    """The files that are being worked on, by the numbers of their units; the first have been for longest."""
    began: float = field(default_factory=lambda: time.monotonic())
    _ended: deque[float] = field(default_factory=lambda: deque(maxlen=LAST))

    def start(self, unit: FileUnit) -> None:
        """Count a file as being worked on."""
        self.current[unit.index] = unit.source

    def finish(self, outcome: Outcome) -> None:
        """Count a file that was finished."""
        self.current.pop(outcome.unit.index, None)
        setattr(self, outcome.state, getattr(self, outcome.state) + 1)
        if outcome.state != "kept":  # which takes no time, and tells nothing about the rate of the others
            self._ended.append(time.monotonic())

    @property
    def finished(self) -> int:
        return self.done + self.kept + self.failed

    @property
    def seconds(self) -> float:
        """The seconds since the batch began."""
        return time.monotonic() - self.began

    @property
    def rate(self) -> float | None:
        """How many files a second were finished lately; None at the beginning."""
        if len(self._ended) < 2:
            return None
        since = self._ended[0] if len(self._ended) == LAST else self.began
        return len(self._ended) / max(time.monotonic() - since, 1e-9)

    def progress(self) -> str:
        """Return how far the batch is: "120 of 1000 files; 2 failed; 4.6 files/s; 3 min left"."""
        return "; ".join(self._progress())

    def _progress(self) -> Iterator[str]:
        yield f"{self.finished} files" if self.total is None else f"{self.finished} of {self.total} files"
        if self.failed:
            yield f"{self.failed} failed"
        if rate := self.rate:
            yield speed(rate)
            if self.total:
                yield f"{duration((self.total - self.finished) / rate)} left"

    def summary(self) -> str:
        """Return what became of all files: "57 done, 2 kept, 1 failed in 12.3 s; 4.6 files/s"."""
        if self.total == 0:
            return "There was nothing to do"
        seconds = self.seconds
        others = [f", {count} {state}" for state, count in (("kept", self.kept), ("failed", self.failed)) if count]
        rate = f"; {speed(self.done / seconds)}" if self.done else ""
        return f"{self.done} done{''.join(others)} in {duration(seconds, tenths=True)}{rate}"


def speed(rate: float, things: str = "files") -> str:
    """Return a number of files a second in words: by the minute if it is below 1."""
    number, unit = (rate, "s") if rate >= 1 else (60 * rate, "min")
    return f"{number:.0f} {things}/{unit}" if number >= 10 else f"{number:.1f} {things}/{unit}"


def duration(seconds: float, tenths: bool = False) -> str:
    """Return a time in words: "12 s", "3 min 20 s", "2 h 5 min"; with `tenths` "12.3 s", if it is below a minute."""
    if tenths and seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, smaller in ((3600, "h", 60), (60, "min", 1)):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit}" + (f" {rest} {'min' if unit == 'h' else 's'}" if rest else "")
    return f"{whole} s"
