"""Converts big-endian EXIF to little-endian, for a TIFF, if no meaning can be lost.

The byte order of some values is not known (maker notes, comments in Unicode), and some values may be offsets to
directories that are not known here. EXIF with any of these is not converted.
"""

from __future__ import annotations

from imgcuda.images.exif import ExifBlock, tables_of
from imgcuda.images.exif_building import built
from imgcuda.images.exif_directories import GPS, INTEROP, LONG, SUB_DIRECTORIES, ExifEntry, in_order

_UNDEFINED, _DIRECTORY = 7, 13
"""The types of values that are bytes, and of one that is an offset."""

_SINGLE_BYTES = {0x9000, 0xA000, 0x9101, 0xA300, 0xA301}
"""Tags whose values are single bytes: versions, and the order of components."""

_COMMENTS = {0x9286, 0x001B, 0x001C}
"""Tags whose values begin with the encoding of their text."""

_NUMBERS = {0x0100, 0x0101, 0x1001, 0x1002, 0x8831, 0x8832, 0x8833, 0x8834, 0x8835, 0xA002, 0xA003, *SUB_DIRECTORIES}
"""Tags with 32-bit numbers that are not offsets, or are known offsets."""


def little_endian(block: ExifBlock) -> ExifBlock:
    """Return EXIF in little-endian order; return it unchanged if it is so already, or cannot be converted."""
    tables = tables_of(block)
    if block.order == "<" or not all(_can_turn(entry, sub) for sub, table in tables.items() for entry in table):
        return block
    turned, _ = built({sub: in_order(table, block.order, "<") for sub, table in tables.items()}, "<")
    return ExifBlock(turned) if turned else block


def _can_turn(entry: ExifEntry, sub: int) -> bool:
    """Return whether the format of a value is known, so that its byte order can be converted."""
    if entry.kind == _UNDEFINED:
        is_text = entry.tag in _COMMENTS and entry.value[:8] in (b"ASCII\0\0\0", bytes(8))
        return entry.tag in _SINGLE_BYTES or is_text or (sub in (GPS, INTEROP) and entry.tag == 2)
    return entry.kind != _DIRECTORY and (entry.kind != LONG or entry.tag in _NUMBERS)
