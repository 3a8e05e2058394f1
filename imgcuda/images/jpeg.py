"""The structure of a JPEG: its segments, and where the picture ends. Nothing is decoded here."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""What ends coded data: a marker that is neither a stuffed byte nor a restart."""

START_OF_SCAN, END, APP0, COMMENT = 0xDA, 0xD9, 0xE0, 0xFE
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD9)}
"""Markers without a length."""


class JpegSegment(NamedTuple):
    marker: int
    start: int
    """Where its marker is."""
    end: int

    def body(self, data: bytes) -> bytes:
        """Return its contents, without marker and length."""
        return data[self.start + 4 : self.end]


def segments(data: bytes, start: int = 0) -> Iterator[JpegSegment]:
    """Return a JPEG's segments, the end of the image as the last; fewer of one that is damaged."""
    place = start + 2
    while place + 2 <= len(data):
        if data[place] != 0xFF:
            found = _NEXT_MARKER.search(data, place)
            if found is None:
                return
            place = found.start()
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _ALONE:
            place += 2
        elif marker == END:
            yield JpegSegment(marker, place, place + 2)
            return
        else:
            if place + 4 > len(data):
                return
            end = place + 2 + max(2, struct.unpack_from(">H", data, place + 2)[0])
            yield JpegSegment(marker, place, end)
            place = end
            if marker == START_OF_SCAN:
                found = _NEXT_MARKER.search(data, place)
                if found is None:
                    return
                place = found.start()


def with_picture(data: bytes, coded: bytes) -> bytes:
    """Return a JPEG with the metadata of `data` and the coded picture of another."""
    return data[: _first_of_picture(data)] + coded[_first_of_picture(coded) :]


def _first_of_picture(data: bytes) -> int:
    """Return where a JPEG's tables and its picture begin, behind its metadata."""
    of_metadata = {COMMENT, *range(APP0, APP0 + 16)}
    return next(segment.start for segment in segments(data) if segment.marker not in of_metadata)


def with_density(data: bytes, unit: int, across: int, down: int) -> bytes:
    """Return a JPEG whose JFIF segment, which is its first, says another density; in unit 0 it is a ratio."""
    if data[6:11] != b"JFIF\0":
        return data
    return data[:13] + struct.pack(">BHH", unit, across, down) + data[18:]


def density(dpi: tuple[float, float]) -> tuple[int, int, int] | None:
    """Return a resolution as JFIF stores it: a unit (1 inch, 2 cm) and whole numbers up to 65535; None if it cannot."""
    ways: list[tuple[float, tuple[int, int, int]]] = []
    for unit, inches in ((1, 1.0), (2, 2.54)):
        numbers = [round(value / inches) for value in dpi]
        error = max(abs(number * inches / value - 1) for number, value in zip(numbers, dpi, strict=True))
        if all(0 < number < 1 << 16 for number in numbers):
            ways.append((0.0 if error < 1e-6 else error, (unit, numbers[0], numbers[1])))
    return min(ways)[1] if ways else None


def embedded(data: bytes, start: int = 0) -> Iterator[tuple[int, int]]:
    """Return where JPEGs are inside other data, from and to; one that is cut short goes to the end."""
    while (start := data.find(b"\xff\xd8\xff", start)) >= 0:
        found = list(segments(data, start))
        markers = {segment.marker for segment in found}
        if START_OF_SCAN in markers and markers & FRAMES:
            end = found[-1].end if found[-1].marker == END else len(data)
            yield start, end
            start = end
        else:
            start += 2
