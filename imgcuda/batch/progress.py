"""Shows how far a batch is while it runs: a bar on a terminal, else a line every few seconds.

A display looks at the tally from a thread of its own, a few times a second, so that the batch never waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from imgcuda.errors import printable

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

INTERVAL = 5.0
"""Seconds between two lines."""
REFRESHES = 5
"""How often a bar is drawn, a second."""


class Progress(Protocol):
    """A count of finished items, and a description of the progress in words."""

    @property
    def total(self) -> int | None:
        """How many items there are; None if that is not known."""

    @property
    def finished(self) -> int: ...
    @property
    def current(self) -> Mapping[int, Path]:
        """The files that are being worked on."""

    def progress(self) -> str: ...


class Display(Protocol):
    """Shows a tally as it changes, within a `with` block, and prints lines that stay."""

    def __enter__(self) -> Self: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the display."""

    def say(self, text: str) -> None:
        """Print a line."""


class NoDisplay:
    """Shows no progress."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class ProgressLines(NoDisplay):
    """Prints a line about the tally every few seconds, if anything has changed."""

    def __init__(self, tally: Progress, say: Callable[[str], None], interval: float = INTERVAL) -> None:
        super().__init__(say)
        self._tally, self._interval = tally, interval
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _tell(self) -> None:
        told = 0
        while not self._over.wait(self._interval):
            if self._tally.finished != told:
                told = self._tally.finished
                self.say(self._tally.progress())


class ProgressBar:
    """Draws a bar on a terminal, with the rate, the time left, and the files that are being worked on."""

    def __init__(self, tally: Progress, terminal: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        self._tally = tally
        self._console = Console(file=terminal, highlight=False, markup=False, emoji=False)
        self._live = Live(
            console=self._console,
            get_renderable=self._drawn,
            refresh_per_second=REFRESHES,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def refresh(self) -> None:
        """Draw the bar now."""
        self._live.refresh()

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._console.print(printable(text, keep="\n\t"), soft_wrap=True)

    def _drawn(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar as Bar
        from rich.table import Table
        from rich.text import Text

        row = Table.grid(padding=(0, 1))
        bar = Bar(self._tally.total, self._tally.finished, width=30, pulse=self._tally.total is None)
        row.add_row(bar, Text(self._tally.progress(), no_wrap=True, overflow="ellipsis"))
        current = ", ".join(printable(str(path)) for path in tuple(self._tally.current.values()))
        return Group(row, Text(current, "dim", no_wrap=True, overflow="ellipsis"))
