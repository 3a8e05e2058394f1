"""Draws pictures in the terminal: by Kitty's graphics protocol, as Sixel or as half blocks, whichever it can.

textual-image asks the terminal what it can, draws, and reads the answers.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from imgcuda.cli import streams
from imgcuda.errors import ParameterError, PluginError, printable

if TYPE_CHECKING:
    from imgcuda.pages.cards import Card

NEEDED = "--show needs textual-image: pip install 'imgcuda[show]'"

NARROWEST, GAP, MOST = 24, 2, 6
"""The least columns of text of a picture, those between two, and the most pictures side by side."""
LONGEST = 297
"""The most columns and lines of a picture in Kitty's protocol, which numbers them by accents."""
CELL = (10, 20)
"""The width and height of a character in pixels, if the terminal does not tell them."""


class Terminal:
    """The terminal that standard output is. Raises an error if it is none, or cannot show pictures."""

    def __init__(self) -> None:
        self._stream = streams.output()
        self._columns, self._lines, self._cell = _size(self._stream)
        with self._as_own():
            self._image = _renderable()
        self._console = self._begun()

    def show(self, heading: str, cards: Sequence[Card]) -> None:
        """Draw cards side by side in as many rows as they need, each with its text below, under a heading."""
        if heading:
            self.say(heading)
        fitting = (self._columns + GAP) // (NARROWEST + GAP)
        across = max(1, min(fitting, MOST, len(cards)))
        wide = (self._columns + GAP) // across - GAP
        for first in range(0, len(cards), across):
            self._row(cards[first : first + across], wide)

    def say(self, text: str) -> None:
        """Write a line of text."""
        from rich.text import Text

        self._console.print(Text(printable(text)))

    def _row(self, cards: Sequence[Card], wide: int) -> None:
        """Draw cards side by side, each in so many columns."""
        from rich.table import Table

        from imgcuda.pages.picture_row import picture_row

        width, height = self._cell
        tile = (wide * width, max(1, self._lines - 3) * height)
        row = picture_row([each.picture for each in cards], tile, GAP * width, self._cell)
        with self._as_own():
            if row:
                self._console.print(self._image(row, width=row.width // width, height="auto"))
        texts = Table.grid(padding=(0, GAP, 0, 0))
        for _ in cards:
            texts.add_column(width=wide, overflow="fold")
        texts.add_row(*map(_caption, cards))
        self._console.print(texts)

    def _begun(self) -> Any:
        """Return a console that writes to the terminal; ParameterError if it would draw without colors."""
        from rich.console import Console

        # Kitty's protocol puts the number of a picture into a color; a console must not choose a similar one.
        exact = self._image.__module__.endswith(".tgp")
        colors: Any = "truecolor" if exact else "auto"
        made = Console(file=self._stream, color_system=colors, no_color=False, width=self._columns)
        if made.color_system is None:
            raise ParameterError("--show draws in colors, and this terminal says by TERM that it has none")
        return made

    @contextmanager
    def _as_own(self) -> Iterator[None]:
        """Let textual-image find the terminal: it takes Python's first streams, which this program has redirected."""
        before = {name: getattr(sys, name) for name in ("__stdin__", "__stdout__")}
        with _answers() as answers:
            vars(sys).update(__stdin__=answers, __stdout__=self._stream)
            try:
                yield
            finally:
                vars(sys).update(before)


@contextmanager
def _answers() -> Iterator[TextIO | None]:
    """Yield the stream of what the terminal answers: standard input, or the terminal itself if that is a file."""
    if sys.stdin is not None and sys.stdin.isatty():
        yield sys.stdin
        return
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(Path("/dev/tty").open())
        except OSError:  # it is drawn in half blocks then, without a question
            opened = None
        yield opened


def _renderable() -> Any:
    """Return textual-image's class for what the terminal can, which it asks when it is imported."""
    import logging

    logging.getLogger("textual_image").setLevel(logging.ERROR)  # it warns of each terminal that does not answer
    try:
        from textual_image.renderable import Image
    except ImportError as error:
        raise PluginError(NEEDED) from error
    return Image


def _size(stream: TextIO) -> tuple[int, int, tuple[int, int]]:
    """Return the columns and lines of a terminal, and the pixels of a character; ParameterError for no terminal."""
    if not stream.isatty():
        raise ParameterError("--show draws in a terminal, and standard output is none; -o PAGE.html writes a page")
    try:
        from fcntl import ioctl
        from termios import TIOCGWINSZ
    except ImportError:  # Windows
        import shutil

        columns, lines = shutil.get_terminal_size()
        return columns, lines, CELL
    lines, columns, width, height = struct.unpack("4H", ioctl(stream, TIOCGWINSZ, bytes(8)))
    if not lines or not columns:
        raise ParameterError("--show must know the size of the terminal, which it tells as 0; try stty cols 80 rows 24")
    return min(columns, LONGEST), min(lines, LONGEST), (width // columns or CELL[0], height // lines or CELL[1])


def _caption(card: Card) -> Any:
    """Return the text below a card."""
    from rich.text import Text

    words = Text(printable(card.words.options or card.words.title))
    return words.append(f"\n{printable(card.error)}", "red") if card.error else words
