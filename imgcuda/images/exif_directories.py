"""The directories of EXIF, which are those of a TIFF: entries with a tag, a type and a value in bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""The size of a value of each type, in bytes."""
SHORT, LONG, ASCII, RATIONAL = 3, 4, 2, 5

EXIF, GPS, INTEROP = 0x8769, 0x8825, 0xA005
SUB_DIRECTORIES = {EXIF: (), GPS: (), INTEROP: (EXIF,)}
"""The tags that lead to other directories, each with the path of tags to the directory that contains it."""

_MOST_ENTRIES = 4096


class ExifError(ValueError):
    """Raised for a block that is not EXIF, or whose first directory is damaged."""


@dataclass(frozen=True)
class ExifEntry:
    """A tag with its value, in the bytes of its file."""

    tag: int
    kind: int
    count: int
    value: bytes
    place: int
    """The offset of the value in its file."""

    def number(self, order: str) -> int | None:
        """Return the first number of the value, if it is a whole number."""
        code = {1: "B", SHORT: "H", LONG: "I", 13: "I", 16: "Q", 18: "Q"}.get(self.kind)
        return int(struct.unpack_from(order + code, self.value)[0]) if code and self.value else None


Read = Callable[[int, int], bytes]
"""A function that returns a number of bytes from an offset on, or fewer at the end."""


class Reader(NamedTuple):
    """Reads the directories of a TIFF, or of a block of EXIF, which has the same form."""

    read: Read
    order: str
    big: bool = False

    def directory(self, offset: int) -> tuple[list[ExifEntry], int, int]:
        """Return a directory's entries, the number of damaged ones, and the offset of the next directory.

        Raises ExifError if the directory does not fit into the file.
        """
        head, size = (8, 20) if self.big else (2, 12)
        count = self._number(self.read(offset, head)) if offset >= 8 else 0
        table = self.read(offset + head, count * size) if count <= _MOST_ENTRIES else b""
        if offset < 8 or len(table) < max(1, count) * size:
            raise ExifError("a directory does not fit into the file")
        end = offset + head + count * size
        entries = [self.entry(table[k : k + size], offset + head + k) for k in range(0, len(table), size)]
        good = [entry for entry in entries if entry is not None]
        following = self.read(end, 8 if self.big else 4)
        return good, count - len(good), self._number(following) if len(following) in (4, 8) else 0

    def _number(self, data: bytes) -> int:
        code = {2: "H", 4: "I", 8: "Q"}.get(len(data))
        return int(struct.unpack(self.order + code, data)[0]) if code else 0

    def entry(self, raw: bytes, place: int) -> ExifEntry | None:
        """Return an entry; None if its value is not in the file."""
        tag, kind, count = struct.unpack_from(self.order + ("HHQ" if self.big else "HHI"), raw)
        inline = raw[12:] if self.big else raw[8:]
        size = count * SIZES.get(kind, 0)
        if kind not in SIZES or size <= len(inline):
            return ExifEntry(
                tag, kind, count, inline[:size] if kind in SIZES else inline, place + len(raw) - len(inline)
            )
        offset = self._number(inline)
        value = self.read(offset, size) if size < 1 << 31 else b""
        return ExifEntry(tag, kind, count, value, offset) if len(value) == size else None


def in_order(table: Sequence[ExifEntry], order: str, wanted: str) -> list[ExifEntry]:
    """Return entries in a byte order."""
    return [entry if order == wanted else replace(entry, value=swapped(entry.value, entry.kind)) for entry in table]


def swapped(value: bytes, kind: int) -> bytes:
    """Return a value in the other byte order."""
    size = {5: 4, 10: 4}.get(kind, SIZES.get(kind, 1))
    return b"".join(value[k : k + size][::-1] for k in range(0, len(value), size))
