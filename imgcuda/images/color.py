"""Colors that a file describes without a profile: in chunks of a PNG, or in the numbers of an AVIF ("nclx")."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

Color = tuple[tuple[str, bytes], ...]
"""Chunks of a PNG: the kind and the contents of each."""

KINDS = ("cICP", "mDCV", "cLLI", "cHRM", "gAMA", "sRGB")

_SRGB = {
    "cHRM": (struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000),),
    "gAMA": (struct.pack(">I", 45455), struct.pack(">I", 45454)),
}
_PRIMARIES = {1: "BT.709", 5: "BT.601", 6: "BT.601", 9: "BT.2020", 11: "DCI P3", 12: "Display P3"}
_TRANSFERS = {8: "linear", 16: "PQ", 18: "HLG"}
_PLAIN = (1, 2, 6, 13, 14, 15)
"""The transfer curves that are treated as sRGB's, including unspecified ones."""


def of_png(stream: IO[bytes]) -> Color:
    """Return how a PNG describes its colors."""
    stream.seek(8)
    return tuple((kind, data) for kind, data in _chunks(stream) if kind in KINDS)


def _chunks(stream: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """Return the small chunks before the pixels."""
    while len(head := stream.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        if kind in (b"IDAT", b"IEND"):
            return
        if size <= 64:
            yield kind.decode("latin-1"), stream.read(size)
            size = 0
        stream.seek(size + 4, 1)


def of_avif(stream: IO[bytes]) -> Color:
    """Return how an AVIF describes its colors, in the form of a PNG."""
    head = stream.read(1 << 16)
    place = head.find(b"colrnclx")
    if place < 0 or len(head) < place + 14:
        return ()
    primaries, transfer = struct.unpack_from(">HH", head, place + 8)
    if max(primaries, transfer) > 255 or (primaries in (1, 2) and transfer in _PLAIN):
        return ()
    return (("cICP", bytes([primaries, transfer, 0, 1])),)


def chunks(color: Color, has_profile: bool) -> Iterator[tuple[bytes, bytes]]:
    """Return the chunks of a PNG; with a profile, the chunk that stands for one is left out."""
    for kind, data in color:
        if not (has_profile and kind == "sRGB"):
            yield kind.encode(), data


def other_than_srgb(color: Color) -> str:
    """Return a name for colors that look different if they are taken for sRGB, or nothing."""
    said = dict(color)
    if len(told := said.get("cICP", b"")) == 4:
        if told[0] in (1, 2) and told[1] in _PLAIN:
            return ""
        words = [_PRIMARIES.get(told[0], f"primaries {told[0]}"), _TRANSFERS.get(told[1], "")]
        return " ".join(word for word in words if word)
    if "sRGB" in said:
        return ""
    words = []
    if len(gamma := said.get("gAMA", b"")) == 4 and gamma not in _SRGB["gAMA"]:
        words.append(f"a gamma of {struct.unpack('>I', gamma)[0] / 100000:g}")
    if "cHRM" in said and said["cHRM"] not in _SRGB["cHRM"]:
        words.append("primaries other than sRGB's")
    return " and ".join(words)
