"""PSD, DDS, PCX and SGI files put together by the byte, as their specifications say, for the tests."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt

Planes = npt.NDArray[Any]
"""The channels of a picture, each a plane: (channels, height, width), in native byte order."""


def resource(number: int, data: bytes) -> bytes:
    """Return one of Photoshop's image resources."""
    return struct.pack(">4sHHI", b"8BIM", number, 0, len(data)) + data + bytes(len(data) % 2)


def layers(count: int, *, large: bool = False, deep: bytes = b"") -> bytes:
    """Return what a PSD says of its layers, with no layer in it: their count, in a block of its own if `deep` names it.

    A count below 0 says that the flattened picture has alpha.
    """
    info, length = struct.pack(">h", count), ">Q" if large else ">I"
    if not deep:
        return struct.pack(length, len(info)) + info + bytes(4)
    block = b"8BIM" + deep + struct.pack(length, len(info)) + info + bytes(2)
    return struct.pack(length, 0) + bytes(4) + b"8BIMabcd" + struct.pack(">I", 3) + b"xyz\0" + block


def packed(row: bytes) -> bytes:
    """Return a row as PackBits: a run for its first two bytes if they are the same, all others as they are."""
    made = bytes([255, row[0]]) if row[:1] == row[1:2] else b""
    rest = row[2:] if made else row
    for start in range(0, len(rest), 128):
        part = rest[start : start + 128]
        made += bytes([len(part) - 1]) + part
    return made


def psd(
    planes: Planes,
    mode: int,
    *,
    bits: int = 0,
    resources: bytes = b"",
    section: bytes = b"",
    palette: bytes = b"",
    runs: bool = False,
    large: bool = False,
) -> bytes:
    """Return a PSD; planes of 1 bit are given as 0 and 1."""
    count, height, width = planes.shape
    bits = bits or 8 * planes.dtype.itemsize
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1 + large, count, height, width, bits, mode)
    stored = np.packbits(planes, axis=2) if bits == 1 else planes.astype(planes.dtype.newbyteorder(">"))
    rows = [row.tobytes() for plane in stored for row in plane]
    body = b"".join(rows)
    if runs:
        rows = [packed(row) for row in rows]
        body = struct.pack(f">{len(rows)}{'I' if large else 'H'}", *map(len, rows)) + b"".join(rows)
    parts = [struct.pack(">I", len(palette)), palette, struct.pack(">I", len(resources)), resources]
    parts += [struct.pack(">Q" if large else ">I", len(section)), section, struct.pack(">H", runs), body]
    return head + b"".join(parts)


def sgi(planes: Planes, *, runs: bool = False, kind: int = 0) -> bytes:
    """Return an SGI; with `runs`, each row is a run of its first sample and then the others as they are."""
    count, height, width = planes.shape
    size = planes.dtype.itemsize
    dimensions = 3 if count > 1 else 2 if height > 1 else 1
    head = struct.pack(">HBBHHHHII4x80sI404x", 474, runs, size, dimensions, width, height, count, 0, 255, b"", kind)
    rows = [row.astype(row.dtype.newbyteorder(">")) for plane in planes for row in plane[::-1]]
    if not runs:
        return head + b"".join(row.tobytes() for row in rows)

    def number(value: int) -> bytes:
        return value.to_bytes(size, "big")

    made = [number(1) + row[:1].tobytes() for row in rows]
    for place, row in enumerate(rows):
        for start in range(1, width, 127):
            part = row[start : start + 127]
            made[place] += number(128 | len(part)) + part.tobytes()
        made[place] += number(0)
    starts = [512 + 8 * len(rows) + sum(map(len, made[:place])) for place in range(len(rows))]
    return head + struct.pack(f">{2 * len(rows)}I", *starts, *map(len, made)) + b"".join(made)


def pcx(
    rows: npt.NDArray[np.uint8],
    width: int,
    bits: int,
    *,
    palette: bytes = b"",
    version: int = 5,
    runs: bool = True,
    kind: int = 1,
    dpi: tuple[int, int] = (300, 300),
) -> bytes:
    """Return a PCX of rows of (height, planes, bytes); a palette of 768 bytes is put at the end.

    Runs go on from row to row, and are as long as they may be.
    """
    height, planes, stride = rows.shape
    early, late = (b"", b"\x0c" + palette) if len(palette) == 768 else (palette, b"")
    head = struct.pack("<4B4H2H48s", 10, version, runs, bits, 3, 2, width + 2, height + 1, *dpi, early)
    head += struct.pack("<xBHH58x", planes, stride, kind)
    return head + (_pcx_runs(rows.tobytes()) if runs else rows.tobytes()) + late


def _pcx_runs(data: bytes) -> bytes:
    made, place = bytearray(), 0
    while place < len(data):
        count = 1
        while count < 63 and data[place + count : place + count + 1] == data[place : place + 1]:
            count += 1
        made += bytes([0xC0 | count, data[place]]) if count > 1 or data[place] >= 0xC0 else data[place : place + 1]
        place += count
    return bytes(made)


def dds(
    body: bytes,
    size: tuple[int, int],
    *,
    letters: bytes = b"",
    number: int = 0,
    flags: int = 4,
    bits: int = 0,
    masks: tuple[int, ...] = (),
    levels: int = 0,
    caps: int = 0,
    members: int = 1,
    misc: int = 0,
    alpha: int = 0,
    dimensions: int = 3,
) -> bytes:
    """Return a DDS; with `number` it has a second header."""
    letters = b"DX10" if number else letters
    head = struct.pack("<4s7I44x", b"DDS ", 124, 0x20000 if levels else 0, size[1], size[0], 0, 2, levels)
    head += struct.pack("<II4sI4I", 32, flags, letters, bits, *masks, *[0] * (4 - len(masks)))
    head += struct.pack("<5I", 0x1000, caps, 0, 0, 0)
    return head + (struct.pack("<5I", number, dimensions, misc, members, alpha) if number else b"") + body
