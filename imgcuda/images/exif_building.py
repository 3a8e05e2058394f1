"""Builds a block of EXIF from the entries of a TIFF, or from some of the entries of another block.

A maker note whose offsets may count from the beginning of the block keeps its own offset.
"""

from __future__ import annotations

import struct
from dataclasses import replace

from imgcuda.images.exif_directories import EXIF, LONG, SUB_DIRECTORIES, ExifEntry

MAKER_NOTE = 0x927C
_MOST_PADDING = 60_000
_MOVABLE = (b"Nikon\0\2", b"OLYMPUS\0", b"OM SYSTEM\0", b"FUJIFILM", b"Apple iOS\0", b"PENTAX \0")
"""The beginnings of maker notes whose offsets count from their own start."""


def built(tables: dict[int, list[ExifEntry]], order: str, base: int = 0) -> tuple[bytes, bool]:
    """Return a block of directories, to stand at offset `base` of a file, and whether a maker note was left out."""
    note = next((entry for entry in tables.get(EXIF, []) if entry.tag == MAKER_NOTE), None)
    moved = False
    if note and is_movable(note):
        note = None
    elif note and (base or not 8 <= note.place <= _MOST_PADDING):
        tables = {**tables, EXIF: [entry for entry in tables[EXIF] if entry is not note]}
        note, moved = None, True
    tables = _without_empty(tables)
    if not tables.get(0):
        return b"", moved
    room = _Room(order, base, note)
    places = {sub: room.take(2 + 12 * len(tables[sub]) + 4) for sub in tables}
    for sub, place in places.items():
        entries = sorted(tables[sub], key=lambda entry: entry.tag)
        raws = [room.entry(entry, places) for entry in entries]
        room.put(place, struct.pack(order + "H", len(raws)) + b"".join(raws))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", places[0])
    if not base:
        room.put(0, head)
    return bytes(room.data), moved


def is_movable(note: ExifEntry) -> bool:
    """Return whether a maker note means the same at any offset."""
    return note.value.startswith(_MOVABLE) or len(note.value) <= 4


def _without_empty(tables: dict[int, list[ExifEntry]]) -> dict[int, list[ExifEntry]]:
    """Return directories without empty ones, and without tags that lead to no directory."""
    kept = {sub: table for sub, table in tables.items() if table}
    gone = set(SUB_DIRECTORIES) - set(kept)
    kept = {sub: [entry for entry in table if entry.tag not in gone] for sub, table in kept.items()}
    return kept if all(kept.values()) else _without_empty(kept)


class _Room:
    """A block that is being filled, around a maker note that keeps its offset."""

    def __init__(self, order: str, base: int, note: ExifEntry | None) -> None:
        self.order, self.base, self.note = order, base, note
        self.data = bytearray(0 if base else 8)
        self.next = base or 8
        if note:
            self.put(note.place, note.value)

    def take(self, size: int) -> int:
        place = self.next
        if self.note and place < self.note.place + len(self.note.value) and place + size > self.note.place:
            place = self.note.place + len(self.note.value)
            place += place % 2
        self.next = place + size + size % 2
        self.data += bytes(max(0, self.next - self.base - len(self.data)))
        return place

    def put(self, place: int, data: bytes) -> None:
        self.data += bytes(max(0, place - self.base + len(data) - len(self.data)))
        self.data[place - self.base : place - self.base + len(data)] = data

    def entry(self, entry: ExifEntry, places: dict[int, int]) -> bytes:
        head = struct.pack(self.order + "HHI", entry.tag, entry.kind, entry.count)
        if entry.tag in places and entry.tag:
            return struct.pack(self.order + "HHII", entry.tag, LONG, 1, places[entry.tag])
        if len(entry.value) <= 4:
            return head + entry.value.ljust(4, b"\0")
        if entry is self.note:
            return head + struct.pack(self.order + "I", entry.place)
        place = self.take(len(entry.value))
        self.put(place, entry.value)
        return head + struct.pack(self.order + "I", place)


def entries_at(data: bytes, order: str) -> dict[int, bytes]:
    """Return the entries of the first directory of a block that `built` made for an offset in a file."""
    count = struct.unpack_from(order + "H", data)[0] if data else 0
    raws = [data[2 + 12 * k : 14 + 12 * k] for k in range(count)]
    return {struct.unpack_from(order + "H", raw)[0]: raw for raw in raws}


def in_four_bytes(entry: ExifEntry, order: str) -> ExifEntry:
    """Return an entry of a BigTIFF with 32-bit numbers, as a block of EXIF needs them."""
    kind = {16: LONG, 17: 9, 18: 13}.get(entry.kind)
    if kind is None:
        return entry
    numbers = struct.unpack(f"{order}{entry.count}{'q' if kind == 9 else 'Q'}", entry.value)
    low, high = (-(1 << 31), 1 << 31) if kind == 9 else (0, 1 << 32)
    cut = [min(max(number, low), high - 1) for number in numbers]
    value = struct.pack(f"{order}{entry.count}{'i' if kind == 9 else 'I'}", *cut)
    return replace(entry, kind=kind, value=value)
