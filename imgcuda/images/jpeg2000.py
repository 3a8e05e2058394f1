"""Reads the facts in a JPEG 2000's header that Pillow does not report: depth, size, color profile and other boxes."""

from __future__ import annotations

import struct
from typing import NamedTuple

from imgcuda.errors import ImageError
from imgcuda.images.iso_boxes import boxes

CODESTREAM = b"\xff\x4f\xff\x51"
SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
END = b"\xff\xd9"
"""The last two bytes of a codestream, which are nowhere else in it."""
_BY_PILLOW = {b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"free"}


class Jpeg2000Header(NamedTuple):
    """What is known before anything is decoded."""

    width: int
    height: int
    bits: int
    """Of the deepest channel."""
    icc: bytes
    boxes: tuple[str, ...]
    """Boxes that are not read: metadata, mostly."""


def look(data: bytes) -> Jpeg2000Header:
    """Return the facts of a JPEG 2000; ImageError for one whose header is not whole, or whose two headers differ."""
    until = len(data)
    start = 0 if data.startswith(CODESTREAM) else -1
    icc, names, said = b"", list[str](), None
    for kind, place, end in [] if start == 0 else boxes(data, 0, len(data)):
        if kind == b"jp2c" and start < 0:
            start, until = place, end
        elif kind == b"jp2h":
            for inner, inside, last in boxes(data, place, end):
                if inner == b"ihdr" and last - inside >= 8:
                    said = struct.unpack_from(">II", data, inside)[::-1]
                if inner == b"colr" and data[inside : inside + 1] == b"\2":
                    icc = data[inside + 3 : last]
        if kind not in _BY_PILLOW:
            names.append(kind.decode("latin-1").strip())
    if start < 0 or not data.startswith(CODESTREAM, start) or len(data) < start + 42:
        raise ImageError("it is damaged or cut short: it has no codestream")
    if data.find(END, start, until) < 0:
        raise ImageError("it is damaged or cut short: its codestream has no end")
    right, bottom, left, top = struct.unpack_from(">4I", data, start + 8)
    (count,) = struct.unpack_from(">H", data, start + 40)
    depths = data[start + 42 : start + 42 + 3 * count : 3]
    size = right - left, bottom - top
    if min(size) <= 0 or (said is not None and said != size) or len(depths) < count or not count:
        raise ImageError("it is damaged: its header does not agree with itself")
    return Jpeg2000Header(*size, max((depth & 127) + 1 for depth in depths), icc, tuple(dict.fromkeys(names)))
