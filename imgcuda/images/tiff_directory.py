"""Reads the directories of a TIFF, with tags and values, from bytes that may be damaged.

Values are read only when they are used, so that neither a damaged count nor a hundred thousand pages cost memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, NamedTuple

from imgcuda.errors import ImageError

MAX_PAGES = 100_000
"""The most directories that are read from one file."""

MAX_ENTRIES = 4096
"""The most tags of one directory; TIFF defines about three hundred."""

MAX_COUNT = 1 << 22
"""The most numbers of one tag that are read."""

TYPES = {
    1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 6: "b", 7: "s", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I",
    16: "Q", 17: "q", 18: "Q",
}  # fmt: skip
"""The `struct` code for each type of value; two letters are a fraction."""

INTEGERS = (1, 3, 4, 6, 8, 9, 13, 16, 17, 18)
SUB_IFDS = 330


class TiffEntry(NamedTuple):
    """A tag's entry: the type, the number and the place of its values."""

    type: int
    number: int
    """Of values."""
    place: int


class TiffFile:
    """A TIFF, of either byte order, classic or BigTIFF."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.size = stream.seek(0, 2)
        head = self.bytes_at(0, min(16, self.size)).ljust(16, b"\0")
        self.order = "<" if head[:2] == b"II" else ">"
        self.is_big = head[2:4] in (b"+\0", b"\0+")
        place, self.word = (8, "Q") if self.is_big else (4, "I")
        self.first = self._word(head, place)

    def bytes_at(self, place: int, count: int) -> bytes:
        """Return bytes of the file; ImageError if it ends before them."""
        if place < 0 or count < 0 or place + count > self.size:
            raise ImageError("it is cut short")
        self.stream.seek(place)
        return self.stream.read(count)

    def numbers(self, letters: str, data: bytes) -> tuple[Any, ...]:
        return struct.unpack(self.order + letters, data)

    def _word(self, data: bytes, place: int) -> int:
        return int(self.numbers(self.word, data[place : place + struct.calcsize("<" + self.word)])[0])

    def directory(self, place: int) -> Directory:
        """Return the directory at a place; ImageError if there is none."""
        letter, entry = ("Q", "HHQQ") if self.is_big else ("H", "HHII")
        head, size, word = struct.calcsize("<" + letter), struct.calcsize("<" + entry), struct.calcsize("<" + self.word)
        count = int(self.numbers(letter, self.bytes_at(place, head))[0])
        if not 0 < count <= MAX_ENTRIES:
            raise ImageError(f"its directory has {count} tags; there may be 1 to {MAX_ENTRIES}")
        data = self.bytes_at(place + head, count * size + word)
        entries: dict[int, TiffEntry] = {}
        for start in range(0, count * size, size):
            tag, kind, values, _ = self.numbers(entry, data[start : start + size])
            length = struct.calcsize("<" + TYPES.get(kind, "B")) * values
            at = place + head + start + size - word if length <= word else self._word(data, start + size - word)
            entries.setdefault(tag, TiffEntry(kind, values, at))
        return Directory(self, place, entries, self._word(data, count * size))


@dataclass(frozen=True)
class Directory:
    """The tags of one page."""

    file: TiffFile
    place: int
    entries: dict[int, TiffEntry]
    next: int
    """Where the next page's directory is; 0 if there is none."""

    def values(self, tag: int) -> tuple[Any, ...]:
        """Return a tag's whole numbers, or nothing if it is missing, or holds text or fractions."""
        entry = self.entries.get(tag)
        if entry is None or entry.type not in INTEGERS:
            return ()
        if entry.number > MAX_COUNT:
            raise ImageError(f"its tag {tag} says that it has {entry.number:,} values")
        letter = TYPES[entry.type]
        data = self.file.bytes_at(entry.place, entry.number * struct.calcsize("<" + letter))
        return self.file.numbers(f"{entry.number}{letter}", data)

    def value(self, tag: int, default: int) -> int:
        """Return a tag's first number."""
        found = self.values(tag)
        return int(found[0]) if found else default

    def raw(self, tag: int) -> bytes:
        """Return the bytes of a tag's value; nothing if it is missing, or not in the file."""
        entry = self.entries.get(tag)
        if entry is None or entry.type not in TYPES:
            return b""
        length = entry.number * struct.calcsize("<" + TYPES[entry.type])
        return b"" if entry.place + length > self.file.size else self.file.bytes_at(entry.place, length)

    def fractions(self, tag: int) -> tuple[float, ...]:
        """Return a tag's numbers as floats, with fractions divided; fractions over zero are left out."""
        entry, data = self.entries.get(tag), self.raw(tag)
        if entry is None or not data or TYPES[entry.type] == "s":
            return ()
        letters = TYPES[entry.type]
        found = self.file.numbers(letters[0] * (entry.number * len(letters)), data)
        if len(letters) == 1:
            return tuple(float(number) for number in found)
        return tuple(above / below for above, below in zip(found[::2], found[1::2], strict=True) if below)


def chain(file: TiffFile) -> Iterator[Directory | str]:
    """Yield the directories of a file's pages in order, and at the end a sentence if the list is damaged."""
    seen: set[int] = set()
    place = file.first
    while place:
        if place in seen:
            yield "its list of pages runs in a circle; each is read once"
            return
        if len(seen) == MAX_PAGES:
            raise ImageError(f"it has more than {MAX_PAGES:,} pages")
        try:
            directory = file.directory(place)
        except ImageError:
            if not seen:
                raise
            yield "its list of pages is broken off; pages may be missing"
            return
        seen.add(place)
        yield directory
        place = directory.next


def below(directory: Directory, limit: int = 64) -> list[Directory]:
    """Return the directories that a page's SubIFDs point to and the ones linked from them, each once."""
    found: dict[int, Directory] = {}
    waiting = [int(place) for place in directory.values(SUB_IFDS)[:limit]]
    while waiting and len(found) < limit:
        place = waiting.pop(0)
        if not place or place in found or place == directory.place:
            continue
        try:
            found[place] = directory.file.directory(place)
        except ImageError:
            continue  # an offset that points to nothing is not a loss
        waiting += [found[place].next, *(int(sub) for sub in found[place].values(SUB_IFDS)[:limit])]
    return list(found.values())
