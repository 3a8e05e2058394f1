"""Changes tags of EXIF in place, so that everything else keeps its bytes and its offset.

Texts may be in any encoding, and maker notes hold offsets from the beginning of the block. Parsing EXIF into values and
writing it again would damage both. A TIFF's own tags, which are spread over its file, are collected into a block; there
too, a maker note keeps its offset if it depends on it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import replace

from imgcuda.images.exif_building import MAKER_NOTE, built, in_four_bytes
from imgcuda.images.exif_cleaning import clean
from imgcuda.images.exif_directories import (
    ASCII,
    EXIF,
    INTEROP,
    LONG,
    SHORT,
    SUB_DIRECTORIES,
    ExifEntry,
    ExifError,
    Read,
    Reader,
    swapped,
)
from imgcuda.images.exif_patching import PREFIX, Directories

ORIENTATION, SOFTWARE, PROCESSING_SOFTWARE = 0x0112, 0x0131, 0x000B
MOVED = "its maker note is left out, as it could not be read in another place"
_POSITIONS = (0x9214, 0xA214)
"""The tags with the position of the subject in the picture."""


class ExifBlock(Directories):
    """A block of EXIF that can be changed in place. Damaged values and thumbnails are removed."""

    def __init__(self, data: bytes) -> None:
        """Copy a block, with or without "Exif" before it. Raises ExifError if it is not EXIF."""
        super().__init__(data)
        clean(self)

    def __bytes__(self) -> bytes:
        """Return the block with "Exif" before it; an empty one if it has no tags."""
        return PREFIX + bytes(self.data) if self.directory() else b""

    @property
    def orientation(self) -> int:
        """The orientation, from 1 (upright) to 8; 0 if there is none."""
        found = self.find(ORIENTATION)
        value = found.number(self.order) if found else None
        return value if value and value <= 8 else 0

    def set_number(self, tag: int, value: int, sub: int = 0) -> None:
        """Set an existing tag to another integer."""
        place = self.place(tag, sub)
        if place:
            kind = SHORT if value < 1 << 16 and self.kind(place) == SHORT else LONG
            packed = struct.pack(self.order + ("H" if kind == SHORT else "I"), value).ljust(4, b"\0")
            self.data[place + 2 : place + 12] = struct.pack(self.order + "HI", kind, 1) + packed

    def swap(self, one: int, other: int, sub: int = 0) -> None:
        """Exchange the values of two tags."""
        a, b = self.place(one, sub), self.place(other, sub)
        if a and b:
            self.data[a + 2 : a + 12], self.data[b + 2 : b + 12] = self.data[b + 2 : b + 12], self.data[a + 2 : a + 12]

    def resize(self, width: int, height: int) -> None:
        """Set the tags with the size of the picture."""
        across = self.find(0xA002, EXIF)
        if across and across.number(self.order) not in (None, width):
            self.remove(_POSITIONS, EXIF)
        for sub, first in ((0, 0x0100), (EXIF, 0xA002), (INTEROP, 0x1001)):
            for tag, value in ((first, width), (first + 1, height)):
                self.set_number(tag, value, sub)

    def turn(self, orientation: int) -> None:
        """Set the tags of a picture that was turned upright."""
        self.set_number(ORIENTATION, 1)
        if orientation != 1:
            self.remove(_POSITIONS, EXIF)
        if orientation > 4:
            for sub, across in ((0, 282), (0, 0x0100), (EXIF, 0xA002), (INTEROP, 0x1001)):
                self.swap(across, across + 1, sub)

    def name_software(self, name: bytes) -> None:
        """Set the program that wrote the file. The previous one moves to ProcessingSoftware, unless that is set."""
        old = self.find(SOFTWARE)
        value = name + b"\0"
        if old and len(old.value) == len(value) and old.value[:8] == value[:8]:
            self.data[old.place : old.place + len(value)] = value
            return
        earlier = [replace(old, tag=PROCESSING_SOFTWARE)] if old and not self.find(PROCESSING_SOFTWARE) else []
        self.add(*earlier, ExifEntry(SOFTWARE, ASCII, len(value), value, 0))

    def add(self, *added: ExifEntry) -> None:
        """Add tags to the first directory, which moves to the end of the block; no value moves."""
        entries = self.raw_entries()
        for entry in added:
            value = entry.value.ljust(4, b"\0")
            if len(value) > 4:
                self.align()
                value = struct.pack(self.order + "I", len(self.data))
                self.data += entry.value
            entries[entry.tag] = struct.pack(self.order + "HHI", entry.tag, entry.kind, entry.count) + value
        self.align()
        self.move_to_the_end([entries[tag] for tag in sorted(entries)])


def collected(read: Read, order: str, offset: int, big: bool, without: Iterable[int]) -> tuple[bytes, list[str]]:
    """Return a TIFF's own tags and the tags of its EXIF as a block, except `without`, and a sentence for each loss."""
    reader, losses = Reader(read, order, big), []
    top, damaged, _ = reader.directory(offset)
    wanted = {entry.tag: entry for entry in reversed(top) if entry.tag not in set(without)}  # of two, the first
    tables, seen = {0: list(wanted.values())}, {offset}
    for sub, parents in SUB_DIRECTORIES.items():
        table = tables.get(parents[0] if parents else 0, [])
        entry = next((entry for entry in table if entry.tag == sub), None)
        if entry is None:
            continue
        try:
            place = entry.number(order) or 0
            if place in seen:
                raise ExifError("a directory leads to itself")
            seen.add(place)
            tables[sub], more, _ = reader.directory(place)
            damaged += more
        except ExifError:
            table.remove(entry)
            damaged += 1
    if damaged:
        losses.append("its EXIF is damaged; what can be read of it is kept")
    tables = {sub: [in_four_bytes(entry, order) for entry in table] for sub, table in tables.items()}
    block, moved = built(tables, order)
    if not block:
        return b"", [*losses, *[MOVED] * moved]
    return bytes(ExifBlock(block)), [*losses, *[MOVED] * moved]


def with_tag(data: bytes, tag: int, kind: int, count: int, value: bytes) -> bytes:
    """Return a block, or a new one, with one more tag; `value` is little-endian, of at most 4 bytes unless a text."""
    entry = ExifEntry(tag, kind, count, value, 0)
    if not data:
        return PREFIX + built({0: [entry]}, "<")[0]
    block = ExifBlock(data)
    block.add(entry if block.order == "<" else replace(entry, value=swapped(value, kind)))
    return bytes(block)


def tables_of(block: ExifBlock) -> dict[int, list[ExifEntry]]:
    """Return the entries of all directories of a block."""
    return {sub: block.directory(sub) for sub in (0, *SUB_DIRECTORIES) if block.offset(sub)}


def shortened(block: ExifBlock, most: int) -> tuple[bytes, list[int]]:
    """Return a block of at most `most` bytes, with its largest values left out, and the tags of these."""
    tables, gone = tables_of(block), []
    data = bytes(block)
    while len(data) > most:
        sub, largest = max(
            ((sub, entry) for sub in tables for entry in tables[sub]), key=lambda pair: len(pair[1].value)
        )
        tables[sub] = [entry for entry in tables[sub] if entry is not largest]
        gone.append(largest.tag)
        made, moved = built(tables, block.order)
        data = PREFIX + made if made else b""
        if moved:
            gone.append(MAKER_NOTE)
    return data, list(dict.fromkeys(gone))
