"""Photoshop's image resources, in which a JPEG, a PNG and a TIFF have their IPTC: captions, authors, rights."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator

from imgcuda.images import jpeg

_HEAD = b"Photoshop 3.0\0"
_THUMBNAILS = (1033, 1036)
_IPTC = 1028
_APP13 = 0xED
MOST = 65533 - len(_HEAD)
"""What fits into one of a JPEG's segments."""


def of_jpeg(data: bytes) -> bytes:
    """Return the resources of a JPEG, without the thumbnails of the unfiltered picture."""
    bodies = [segment.body(data) for segment in jpeg.segments(data) if segment.marker == _APP13]
    return without_thumbnails(b"".join(body[len(_HEAD) :] for body in bodies if body.startswith(_HEAD)))


def of_profile(data: bytes) -> bytes:
    """Return the resources of a PNG's profile, which may be IPTC alone."""
    data = data.removeprefix(_HEAD)
    if data.startswith(b"\x1c"):
        data = struct.pack(">4sHHI", b"8BIM", _IPTC, 0, len(data)) + data + bytes(len(data) % 2)
    return without_thumbnails(data)


def without_thumbnails(data: bytes) -> bytes:
    """Return resources without thumbnails, as far as they can be read."""
    return without(data, _THUMBNAILS)


def without(data: bytes, numbers: Collection[int]) -> bytes:
    """Return resources without some of them, as far as they can be read."""
    return b"".join(raw for number, raw, _ in resources(data) if number not in numbers)


def resources(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Return the number of each resource, its bytes as they are in the file, and its contents."""
    place = 0
    while data[place : place + 4] == b"8BIM" and place + 12 <= len(data):
        name = 1 + data[place + 6]
        start = place + 6 + name + name % 2
        if start + 4 > len(data):
            return
        size = struct.unpack_from(">I", data, start)[0]
        end = start + 4 + size
        if end > len(data):
            return
        number = struct.unpack_from(">H", data, place + 4)[0]
        yield number, data[place:end] + bytes(size % 2), data[start + 4 : end]
        place = end + size % 2


def in_jpeg(data: bytes, resources: bytes) -> bytes:
    """Return a JPEG with resources, behind its first segment."""
    first = next(jpeg.segments(data))
    segment = struct.pack(">BBH", 0xFF, _APP13, 2 + len(_HEAD) + len(resources)) + _HEAD + resources
    place = first.end if first.marker == jpeg.APP0 else 2
    return data[:place] + segment + data[place:]
