"""Changes the directories of a block of EXIF in place; values keep their bytes and their offsets."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence

from imgcuda.images.exif_directories import SUB_DIRECTORIES, ExifEntry, ExifError, Reader

PREFIX = b"Exif\0\0"
"""The bytes before the block in a JPEG."""


class Directories:
    """A block of EXIF whose directories can be changed in place."""

    def __init__(self, data: bytes) -> None:
        """Copy a block, with or without "Exif" before it. Raises ExifError if it is not EXIF."""
        while data.startswith(PREFIX):
            data = data[len(PREFIX) :]
        if data[:4] not in (b"II*\0", b"MM\0*") or len(data) < 8:
            raise ExifError("it does not begin as EXIF does")
        self.data = bytearray(data)
        self.order = "<" if data[:2] == b"II" else ">"
        self.is_damaged = False

    @property
    def reader(self) -> Reader:
        """A reader of the block's directories as they are now."""
        return Reader(lambda at, size: bytes(self.data[at : at + size]), self.order)

    def offset(self, sub: int = 0) -> int:
        """Return the offset of the first directory, or of the one that a tag leads to; 0 if there is none."""
        if not sub:
            return int(struct.unpack_from(self.order + "I", self.data, 4)[0])
        parents = SUB_DIRECTORIES[sub]
        found = self.find(sub, *parents)
        return (found.number(self.order) or 0) if found else 0

    def directory(self, sub: int = 0) -> list[ExifEntry]:
        """Return the entries of the first directory, or of the one that a tag leads to."""
        offset = self.offset(sub)
        return self.reader.directory(offset)[0] if offset else []

    def find(self, tag: int, sub: int = 0) -> ExifEntry | None:
        """Return a tag's entry."""
        offset = self.offset(sub)
        place = self._place_in(offset, tag) if offset else 0
        return self.reader.entry(bytes(self.data[place : place + 12]), place + 8) if place else None

    def raw_entries(self) -> dict[int, bytes]:
        """Return the entries of the first directory as bytes, by tag."""
        return {self.tag_of(raw): raw for raw in self.raws()}

    def raws(self, sub: int = 0) -> list[bytes]:
        """Return the entries of a directory, 12 bytes each."""
        offset = self.offset(sub)
        count = struct.unpack_from(self.order + "H", self.data, offset)[0]
        return [bytes(self.data[offset + 2 + 12 * k : offset + 14 + 12 * k]) for k in range(count)]

    def tag_of(self, raw: bytes) -> int:
        """Return the tag of an entry."""
        return int(struct.unpack_from(self.order + "H", raw)[0])

    def kind(self, place: int) -> int:
        """Return the type of the entry at a place."""
        return int(struct.unpack_from(self.order + "H", self.data, place + 2)[0])

    def place(self, tag: int, sub: int) -> int:
        """Return the offset of a tag's entry, or 0."""
        offset = self.offset(sub)
        return self._place_in(offset, tag) if offset else 0

    def _place_in(self, offset: int, tag: int) -> int:
        count = min(struct.unpack_from(self.order + "H", self.data, offset)[0], (len(self.data) - offset - 2) // 12)
        found = [
            tag == each for (each,) in struct.iter_unpack(self.order + "H10x", self.data[offset + 2 :][: 12 * count])
        ]
        return offset + 2 + 12 * found.index(True) if True in found else 0

    def table(self, offset: int) -> tuple[int, int]:
        """Return the offsets where a directory's entries begin and end."""
        return offset, offset + 2 + 12 * int(struct.unpack_from(self.order + "H", self.data, offset)[0])

    def used(self) -> list[tuple[int, int]]:
        """Return the ranges of the block that its tags use."""
        parts = [(0, 8)]
        for sub in (0, *SUB_DIRECTORIES):
            if offset := self.offset(sub):
                entries = self.directory(sub)
                parts.append((offset, offset + 2 + 12 * len(entries) + 4))
                parts += [(entry.place, entry.place + len(entry.value)) for entry in entries]
        return parts

    def align(self) -> None:
        """Pad the block to an even length, since values begin at even offsets."""
        self.data += bytes(len(self.data) % 2)

    def keep(self, sub: int, wanted: Callable[[bytes], bool]) -> None:
        """Remove entries of a directory, which keeps its offset."""
        offset, raws = self.offset(sub), self.raws(sub)
        kept = [raw for raw in raws if wanted(raw)]
        size = 2 + 12 * len(raws) + 4
        after = bytes(self.data[offset + size - 4 : offset + size])
        table = struct.pack(self.order + "H", len(kept)) + b"".join(kept) + after.ljust(4, b"\0")
        end = min(size, len(self.data) - offset)
        self.data[offset : offset + end] = table.ljust(size, b"\0")[:end] if kept else bytes(end)
        if not kept and not sub:
            struct.pack_into(self.order + "I", self.data, 4, 0)
        elif not kept:
            parents = SUB_DIRECTORIES[sub]
            self.keep(parents[0] if parents else 0, lambda raw: self.tag_of(raw) != sub)

    def move_to_the_end(self, raws: Sequence[bytes]) -> None:
        """Append a new first directory with these entries at the end of the block."""
        offset, size = self.offset(), 2 + 12 * len(self.raws())
        self.data[offset : offset + size] = bytes(size)
        struct.pack_into(self.order + "I", self.data, 4, len(self.data))
        self.data += struct.pack(self.order + "H", len(raws)) + b"".join(raws) + bytes(4)

    def remove(self, tags: Iterable[int], sub: int = 0) -> None:
        """Remove tags from a directory, and overwrite their values with zeros if nothing else uses them."""
        gone = [entry for entry in self.directory(sub) if entry.tag in set(tags)]
        if gone:
            self.keep(sub, lambda raw: self.tag_of(raw) not in {entry.tag for entry in gone})
            self.wipe([(entry.place, entry.place + len(entry.value)) for entry in gone if len(entry.value) > 4])

    def wipe(self, parts: Iterable[tuple[int, int]]) -> None:
        """Overwrite ranges of the block with zeros, except the bytes that its tags use."""
        used = self.used()
        for start, end in parts:
            inside = [(max(a, start), min(b, end)) for a, b in used if a < end and b > start]
            place = start
            for a, b in [*sorted(inside), (end, end)]:
                if a > place:
                    self.data[place:a] = bytes(a - place)
                place = max(place, b)
