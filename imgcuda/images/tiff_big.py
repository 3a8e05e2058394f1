"""Writes the head of a BigTIFF: its directories, with 64-bit offsets, before the pixels of one page."""

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


def head(ours: Values, exif: ExifBlock | None, order: str, left_out: list[str]) -> bytes:
    """Return the bytes before the pixels: the tags of EXIF, and ours, which hold the strips' sizes.

    The strips' offsets are set so that the strips follow. A maker note whose offsets would be wrong is left out.
    """
    tables = {sub: list(entries) for sub, entries in tables_of(exif).items()} if exif else {}
    kept = [each for each in tables.get(EXIF, []) if each.tag != MAKER_NOTE or is_movable(each)]
    left_out += [MOVED] * (len(kept) < len(tables.get(EXIF, [])) and MOVED not in left_out)
    if EXIF in tables:
        tables[EXIF] = kept
    first = [each for each in tables.get(0, []) if each.tag not in TIFF_LAYOUT and each.tag not in ours]
    tables[0] = [*first, *(_entry(tag, *ours[tag], order) for tag in ours)]
    size = len(_built(tables, order))
    sizes = ours[279][2]
    offsets = [size + sum(sizes[:1]) * number for number in range(len(sizes))]  # all strips but the last are as large
    tables[0] = [*tables[0], _entry(_OFFSETS, _LONG8, "Q", offsets, order)]
    tables[0] = list({each.tag: each for each in tables[0]}.values())
    return _built(tables, order)


def _entry(tag: int, kind: int, code: str, numbers: Sequence[int], order: str) -> ExifEntry:
    value = struct.pack(f"{order}{len(numbers)}{code}", *numbers)
    return ExifEntry(tag, kind, len(numbers) // (2 if kind == RATIONAL else 1), value, 0)


def _built(tables: dict[int, list[ExifEntry]], order: str) -> bytes:
    """Return a head of the given directories, of which that numbered 0 is the page's."""
    places, place = {}, 16
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
    magic = b"II+\0" if order == "<" else b"MM\0+"
    return magic + struct.pack(order + "HHQ", 8, 0, places[0]) + directories + behind
