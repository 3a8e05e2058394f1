"""Writes the head of a BigTIFF: its directories, with 64-bit offsets, before the pixels of a page and of its levels."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from imgcuda.images.exif import MOVED, ExifBlock, tables_of
from imgcuda.images.exif_building import MAKER_NOTE, is_movable
from imgcuda.images.exif_directories import EXIF, RATIONAL, SUB_DIRECTORIES, ExifEntry
from imgcuda.images.metadata import TIFF_LAYOUT

_OFFSETS, _LONG8 = 273, 16

Values = dict[int, tuple[int, str, Sequence[int]]]
"""Tags, each with its type, its code in `struct`, and its numbers."""


def head(ours: Values, exif: ExifBlock | None, order: str, left_out: list[str], levels: Sequence[Values] = ()) -> bytes:
    """Return the bytes before the pixels: the tags of EXIF, and ours, which hold the strips' sizes; then the levels'.

    The strips' offsets are set so that the strips follow. A maker note whose offsets would be wrong is left out.
    """
    tables = {sub: list(entries) for sub, entries in tables_of(exif).items()} if exif else {}
    kept = [each for each in tables.get(EXIF, []) if each.tag != MAKER_NOTE or is_movable(each)]
    left_out += [MOVED] * (len(kept) < len(tables.get(EXIF, [])) and MOVED not in left_out)
    if EXIF in tables:
        tables[EXIF] = kept
    first = [each for each in tables.get(0, []) if each.tag not in TIFF_LAYOUT and each.tag not in ours]
    tables[0] = [*first, *(_entry(tag, *ours[tag], order) for tag in ours)]
    pages = [tables, *({0: [_entry(tag, *level[tag], order) for tag in level]} for level in levels)]
    place = len(_built(pages, order))
    for page, values in zip(pages, [ours, *levels], strict=True):
        sizes = values[279][2]
        offsets = [place + sum(sizes[:1]) * number for number in range(len(sizes))]  # all but the last are as large
        entries = [*page[0], _entry(_OFFSETS, _LONG8, "Q", offsets, order)]
        page[0] = list({each.tag: each for each in entries}.values())
        place += sum(sizes)
    return _built(pages, order)


def _entry(tag: int, kind: int, code: str, numbers: Sequence[int], order: str) -> ExifEntry:
    value = struct.pack(f"{order}{len(numbers)}{code}", *numbers)
    return ExifEntry(tag, kind, len(numbers) // (2 if kind == RATIONAL else 1), value, 0)


Tables = dict[int, list[ExifEntry]]
"""The directories (IFDs) of a page: number 0 is the page's own, the others are its sub-IFDs."""


def _built(pages: Sequence[Tables], order: str) -> bytes:
    """Return a head with the directories of pages, each of which refers to the next."""
    made = bytearray(b"II+\0" if order == "<" else b"MM\0+")
    made += struct.pack(order + "HHQ", 8, 0, 0)
    link = len(made) - 8  # the place for the offset of the next page's directory
    for tables in pages:
        struct.pack_into(order + "Q", made, link, len(made))
        link = len(made) + 8 + 20 * len(tables[0])
        made += _directories({0: tables[0], **tables}, order, len(made))
    return bytes(made)


def _directories(tables: Tables, order: str, start: int) -> bytes:
    """Return the directories of a page, to stand at `start`, of which no other page follows yet."""
    places, place = {}, start
    for sub, entries in tables.items():
        places[sub] = place
        place += 8 + 20 * len(entries) + 8
    directories, behind = b"", b""
    for entries in tables.values():
        directories += struct.pack(order + "Q", len(entries))
        for entry in sorted(entries, key=lambda each: each.tag):
            kind, count, value = entry.kind, entry.count, entry.value
            if entry.tag in SUB_DIRECTORIES:
                kind, count, value = _LONG8, 1, struct.pack(order + "Q", places[entry.tag])
            if len(value) > 8:
                value, behind = struct.pack(order + "Q", place + len(behind)), behind + value + bytes(-len(value) % 8)
            directories += struct.pack(order + "HHQ", entry.tag, kind, count) + value.ljust(8, b"\0")
        directories += bytes(8)
    return directories + behind
