"""The boxes that files of ISO's base format consist of: JPEG 2000, AVIF."""

from __future__ import annotations

import struct
from collections.abc import Iterator


def boxes(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Return the boxes in a part of a file: the kind of each, and where its contents begin and end."""
    while place + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, place)
        inside = place + 8
        if size == 1 and place + 16 <= end:
            (size,), inside = struct.unpack_from(">Q", data, inside), place + 16
        until = end if size == 0 else min(place + size, end)
        if until < inside:
            return
        yield kind, inside, until
        place = until
