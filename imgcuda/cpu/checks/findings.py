"""Turns the notes of a checked run into error messages: the access, the thread, the element and the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.cpu.checks.site_table import Checklist, Site
from imgcuda.engine.protocol import DeviceArray, LaunchArgument
from imgcuda.errors import Mistake
from imgcuda.programs.layout import Dim3

KINDS = ("beyond", "unwritten", "race", "blocks", "nan", "misaligned")
"""The kinds of mistakes, by their number in `checks.ll`. Loops and barriers use "beyond"."""


class Note(NamedTuple):
    """A mistake found at one site: how often, and the details of the first time."""

    site: int
    kind: str
    times: int
    block: int
    thread: int
    """Counted from 1; -1 if all threads of the block did it together."""
    buffer: int
    """-1 for private memory, and for an address outside all buffers."""
    offset: int
    """In bytes from the start of the buffer; in elements for private memory."""
    other: int
    """The other thread of a race, as `thread`; -2 for an atomic operation. For private memory: the array's length."""


def in_words(
    notes: Sequence[Note],
    checklist: Checklist,
    kernel: str,
    grid: Dim3,
    block: Dim3,
    arguments: Sequence[LaunchArgument],
) -> list[Mistake]:
    """Return one error message for each site and kind of mistake."""
    teller = _Teller(checklist, kernel, grid, block, arguments)
    return [teller.mistake(note) for note in notes]


def unwritten(array: DeviceArray, written: npt.NDArray[np.uint8], unit: int, kernel: str) -> Mistake:
    """Return the message for a result that was not written completely."""
    first = int(written.argmin()) * unit // array.dtype.itemsize
    index = np.unravel_index(first, array.shape)
    names = ("row", "column", "channel") if len(index) == 3 else [f"axis {axis}" for axis in range(len(index))]
    place = ", ".join(f"{name} {at}" for name, at in zip(names, index, strict=True))
    left = round((1 - written.mean()) * array.nbytes / array.dtype.itemsize)
    plural = "s are" if left > 1 else " is"
    subject = f"{kernel} wrote" if kernel else "no kernel wrote"
    return Mistake(f"{subject} only a part of its result: {left} element{plural} missing, the first at {place}", kernel)


def written_input(site: Site, kernel: str) -> Mistake:
    """Return the message for a kernel that writes to its input image."""
    what = f"'{site.name}'" if site.name else "its first argument"
    message = f"{kernel}: a thread writes to {what}, the image that it is given"
    remedy = "read from the first argument, write to the second"
    return Mistake(message, site.file, site.line, text=site.text, remedy=remedy)


class _Teller:
    """Turns the notes of one launch into messages."""

    def __init__(
        self, checklist: Checklist, kernel: str, grid: Dim3, block: Dim3, arguments: Sequence[LaunchArgument]
    ) -> None:
        self._checklist, self._kernel = checklist, kernel
        self._grid, self._block, self._arguments = grid, block, arguments

    def mistake(self, note: Note) -> Mistake:
        """Return the message for one note."""
        site = self._checklist.sites[note.site]
        what, remedy = self._what(note, site)
        often = f" ({note.times} times in all)" if note.times > 1 else ""
        return Mistake(
            f"{self._kernel}: {what}{often}",
            site.file,
            site.line,
            text=site.text,
            remedy=remedy,
            thread=self._place(note),
        )

    def _place(self, note: Note) -> tuple[int, int] | None:
        """Return where a thread is among those of all blocks; None if all threads of the block did it together."""
        if note.thread <= 0:
            return None
        block, thread = _coordinates(note.block, self._grid), _coordinates(note.thread - 1, self._block)
        return block.x * self._block.x + thread.x, block.y * self._block.y + thread.y

    def _what(self, note: Note, site: Site) -> tuple[str, str]:
        """Return the mistake in words, and the remedy."""
        thread = f"{self._thread(note.thread)} of block {_triple(note.block, self._grid)}"
        if site.verb == "loop":
            return f"{thread} does not come out of this loop: it went round more than {note.offset} times", ""
        if site.verb == "barrier":
            return (f"some threads of block {_triple(note.block, self._grid)} go to a __syncthreads() here, "
                    "and others do not"), "every thread of a block must reach it"  # fmt: skip
        if site.verb == "assert":
            return f"{thread} comes to an assert that does not hold", ""
        if site.verb == "unset":
            return f"{thread} reads '{site.name}', which it has not set", "give it a first value"
        element = self._element(note, site)
        did = f"{thread} {site.verb} {element}"
        match note.kind:
            case "beyond":
                return f"{did}, {self._bounds(note, site)}", ""
            case "unwritten":
                return f"{did}, which nothing has written", ""
            case "race":
                other = self._thread(note.other) if note.other > 0 else "another thread"
                remedy = "put a __syncthreads() between, or use an atomic operation"
                return f"{did}, which {other} of the block touches, too, with no barrier between", remedy
            case "blocks":
                return f"{did}, which another block touches, too", "blocks run in any order: give each its own"
            case "nan":
                return f"{thread} writes NaN to {element}, and no input had one", ""
        return f"{did} at byte {note.offset}, which is no multiple of its {site.size} bytes", ""

    def _element(self, note: Note, site: Site) -> str:
        name = site.name or (self._checklist.buffers[note.buffer].name if note.buffer >= 0 else "")
        if not name:
            return "memory"
        own = note.buffer < 0
        return f"{name}[{note.offset if own else note.offset // site.size}]"

    def _bounds(self, note: Note, site: Site) -> str:
        if note.buffer < 0 and not site.name:
            return "which lies in none of its arrays"
        count = note.other if note.buffer < 0 else self._bytes(note.buffer) // site.size
        shape = self._shape(note.buffer)
        return f"which has {count} elements{shape}" if count != 1 else "which has one element"

    def _bytes(self, number: int) -> int:
        buffer = self._checklist.buffers[number]
        return buffer.bytes if buffer.argument < 0 else int(self._arguments[buffer.argument].nbytes)

    def _shape(self, number: int) -> str:
        """Return the shape of an image in words: it says more than the number of elements."""
        buffer = self._checklist.buffers[number] if number >= 0 else None
        array: Any = self._arguments[buffer.argument] if buffer and buffer.argument >= 0 else None
        return f" ({' x '.join(map(str, array.shape))})" if array is not None and len(array.shape) == 3 else ""

    def _thread(self, number: int) -> str:
        return f"thread {_triple(number - 1, self._block)}" if number > 0 else "every thread"


def _coordinates(number: int, size: Dim3) -> Dim3:
    """Return the coordinates of a thread in its block, or of a block in the grid, from its number."""
    rest, x = divmod(number, size.x)
    z, y = divmod(rest, size.y)
    return Dim3(x, y, z)


def _triple(number: int, size: Dim3) -> str:
    """Return the coordinates of a thread or a block in words: "(5, 0, 0)"."""
    return str(tuple(_coordinates(number, size)))
