"""Removes damaged values and embedded pictures from a block of EXIF; the rest keeps its offset."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from imgcuda.images import jpeg
from imgcuda.images.exif_directories import SUB_DIRECTORIES, ExifEntry, ExifError
from imgcuda.images.exif_patching import Directories

_THUMBNAIL_DATA = ((0x0201, 0x0202), (0x0111, 0x0117))
"""The tags with the offset and the size of a thumbnail."""


def clean(block: Directories) -> None:
    """Remove damaged values and pictures. Raises ExifError if the first directory is damaged."""
    following = block.reader.directory(block.offset())[2]
    tables = [(0, 8), block.table(block.offset())]
    for sub, parents in SUB_DIRECTORIES.items():
        entry = block.find(sub, *parents)
        if entry and not _is_sound(block, entry, tables):
            block.is_damaged = True
            block.keep(parents[0] if parents else 0, lambda raw, sub=sub: block.tag_of(raw) != sub)  # type: ignore[misc]
    for sub in (0, *SUB_DIRECTORIES):
        if block.offset(sub):
            _drop_damaged(block, sub, tables)
    thumbnails = _unlink(block, following)
    pictures = list(jpeg.embedded(bytes(block.data)))
    block.wipe(thumbnails)
    for start, end in pictures:  # in maker notes, whose format only their makers know
        block.data[start : _end_of_value(block, start, end)] = bytes(_end_of_value(block, start, end) - start)
    if any(end >= len(block.data) for _, end in thumbnails):
        del block.data[max(end for _, end in block.used()) :]


def _is_sound(block: Directories, entry: ExifEntry, tables: list[tuple[int, int]]) -> bool:
    """Return whether a tag leads to a directory that overlaps no other; if so, add it to the known ones."""
    offset = entry.number(block.order) or 0
    try:
        block.reader.directory(offset)
    except ExifError:
        return False
    table = block.table(offset)
    apart = not _overlaps(table, tables)
    tables += [table] * apart
    return apart


def _drop_damaged(block: Directories, sub: int, tables: Sequence[tuple[int, int]]) -> None:
    """Remove tags whose values are outside the block, or overlap directories."""
    reader = block.reader

    def is_sound(raw: bytes) -> bool:
        entry = reader.entry(raw, 0)
        return entry is not None and (
            len(entry.value) <= 4 or not _overlaps((entry.place, entry.place + len(entry.value)), tables)
        )

    sound = [is_sound(raw) for raw in block.raws(sub)]
    if not all(sound):
        block.is_damaged = True
        block.keep(sub, is_sound)
    if not any(sound) and not sub:
        raise ExifError("all of its tags are damaged")


def _unlink(block: Directories, following: int) -> list[tuple[int, int]]:
    """Remove all directories after the first; return the ranges of their bytes and their pictures."""
    first, seen = block.offset(), {block.offset()}
    struct.pack_into(block.order + "I", _room(block, first), first + 2 + 12 * len(block.raws()), 0)
    found = []
    while following and following not in seen:
        seen.add(following)
        try:
            entries, _, after = block.reader.directory(following)
        except ExifError:
            break
        found.append((following, following + 2 + 12 * len(entries) + 4))
        values = {entry.tag: entry.number(block.order) or 0 for entry in entries}
        found += [(values[at], values[at] + values[size]) for at, size in _THUMBNAIL_DATA if {at, size} <= {*values}]
        following = after
    return [(start, min(end, len(block.data))) for start, end in found]


def _room(block: Directories, first: int) -> bytearray:
    """Return the data, padded so that it holds the link behind the first directory's entries."""
    block.data += bytes(max(0, first + 2 + 12 * len(block.raws()) + 4 - len(block.data)))
    return block.data


def _end_of_value(block: Directories, start: int, end: int) -> int:
    """Return the end of an embedded picture, which lies within the value that contains it."""
    return min([end, *(stop for begin, stop in block.used() if begin <= start < stop)])


def _overlaps(part: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(part[0] < end and start < part[1] for start, end in others)
