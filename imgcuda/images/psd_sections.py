"""Find the sections of a Photoshop file: palette, image resources, layers, flattened picture."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from imgcuda.errors import ImageError

HEADER = 26
DEEP_LAYERS = (b"Lr16", b"Lr32")
MERGED_ALPHA = (b"Mtrn", b"Mt16", b"Mt32")
LONG = (b"LMsk", b"Lr16", b"Lr32", b"Layr", b"Mt16", b"Mt32", b"Mtrn", b"Alph", b"FMsk", b"lnk2", b"FEid", b"FXid",
        b"PxSD", b"cinf")  # fmt: skip
"""The blocks whose length has eight bytes in a large file."""


class Sections(NamedTuple):
    """The parts of a file."""

    palette: bytes
    resources: bytes
    layers: int
    """How many there are."""
    has_alpha: bool
    """Whether the first channel behind the colors of the flattened picture is its transparency."""
    start: int
    """Where the flattened picture begins."""


def split(data: bytes, *, large: bool) -> Sections:
    """Return the parts of a file; ImageError if it ends within one that is before its picture."""
    palette, place = _section(data, HEADER, 4)
    resources, place = _section(data, place, 4)
    layers, place = _section(data, place, 8 if large else 4)
    count, has_alpha = _layers(layers, large)
    return Sections(palette, resources, count, has_alpha, place)


def _section(data: bytes, place: int, size: int) -> tuple[bytes, int]:
    start = place + size
    end = start + int.from_bytes(data[place:start], "big")
    if len(data) < max(start, end):
        raise ImageError("it is damaged or cut short: it ends before its flattened picture")
    return data[start:end], end


def _layers(section: bytes, large: bool) -> tuple[int, bool]:
    """Return how many layers there are, and whether the flattened picture has alpha.

    A count below 0 says both. Files of 16 and 32 bits have it in a block behind the place where others have it.
    """
    size = 8 if large else 4
    length = int.from_bytes(section[:size], "big")
    count = _count(section[size : size + length])
    mask = size + length
    masked = int.from_bytes(section[mask : mask + 4], "big")
    has_alpha = count < 0
    for kind, block in _blocks(section, mask + 4 + masked, large):
        if kind in DEEP_LAYERS and not count:
            count = _count(block)
            has_alpha |= count < 0
        has_alpha |= kind in MERGED_ALPHA
    return abs(count), has_alpha


def _count(layers: bytes) -> int:
    return int(struct.unpack_from(">h", layers)[0]) if len(layers) >= 2 else 0


def _blocks(section: bytes, place: int, large: bool) -> Iterator[tuple[bytes, bytes]]:
    """Return the kinds and contents of blocks, as far as they can be read."""
    while section[place : place + 4] in (b"8BIM", b"8B64"):
        kind = section[place + 4 : place + 8]
        size = 8 if large and kind in LONG else 4
        start = place + 8 + size
        end = start + int.from_bytes(section[place + 8 : start], "big")
        yield kind, section[start:end]
        place = end + -(end - start) % 4
