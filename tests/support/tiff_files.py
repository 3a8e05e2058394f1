"""TIFFs of every layout, written by a few lines that know nothing of how they are read."""

from __future__ import annotations

import lzma
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[Any]

NONE, LZW, DEFLATE, PACKBITS, OLD_DEFLATE, LZMA = 1, 5, 8, 32773, 32946, 34925


@dataclass(frozen=True)
class Kind:
    """How a TIFF stores its samples."""

    number: str = "u"
    bits: int = 8
    photometric: int = 1
    extra: tuple[int, ...] = ()
    planes: bool = False
    compression: int = NONE
    predictor: int = 1
    order: str = "<"
    big: bool = False
    tile: tuple[int, int] | None = None
    """Down and across."""
    rows: int = 1 << 20
    reversed_bits: bool = False


def tiff(stored: Samples, kind: Kind, more: dict[int, tuple[int, ...]] | None = None) -> bytes:
    """Return a TIFF of (height, width, samples)."""
    height, width, count = stored.shape
    parts = [stored[:, :, plane : plane + 1] for plane in range(count)] if kind.planes else [stored]
    segments = [_compressed(piece, kind) for part in parts for piece in _pieces(part, kind)]
    at, counts = (324, 325) if kind.tile else (273, 279)
    tags: dict[int, tuple[int, ...]] = {
        256: (width,), 257: (height,), 258: (kind.bits,) * count, 259: (kind.compression,),
        262: (kind.photometric,), 277: (count,), 284: (1 + kind.planes,), 317: (kind.predictor,),
        339: ({"u": 1, "i": 2, "f": 3}[kind.number],) * count, counts: tuple(map(len, segments)), **(more or {}),
    }  # fmt: skip
    if kind.extra:
        tags[338] = kind.extra
    tags |= {322: (kind.tile[1],), 323: (kind.tile[0],)} if kind.tile else {278: (min(kind.rows, height),)}
    if kind.reversed_bits:
        tags[266] = (2,)
    return _file(tags, at, segments, kind)


def _file(tags: dict[int, tuple[int, ...]], at: int, segments: list[bytes], kind: Kind) -> bytes:
    """Return header, directory, long values, segments."""
    head, word, letter = (16, "Q", "Q") if kind.big else (8, "I", "H")
    size, count = struct.calcsize("<" + word), len(tags) + 1
    behind = head + struct.calcsize("<" + letter) + count * (4 + 2 * size) + size
    tags[at] = (0,) * len(segments)
    place = behind + sum(4 * len(values) for values in tags.values() if 4 * len(values) > size)
    offsets = []
    for segment in segments:
        offsets.append(place)
        place += len(segment)
    tags[at] = tuple(offsets)
    directory, values_ = struct.pack(kind.order + letter, count), b""
    for tag, numbers in sorted(tags.items()):
        data = struct.pack(f"{kind.order}{len(numbers)}I", *numbers)
        if len(data) > size:
            there = struct.pack(kind.order + word, behind + len(values_))
            values_ += data
        else:
            there = data.ljust(size, b"\0")
        directory += struct.pack(kind.order + "HH" + word, tag, 4, len(numbers)) + there
    magic = b"II" if kind.order == "<" else b"MM"
    start = struct.pack(kind.order + "HHHQ", 43, 8, 0, 16) if kind.big else struct.pack(kind.order + "HI", 42, 8)
    return magic + start + directory + bytes(size) + values_ + b"".join(segments)


def _pieces(part: Samples, kind: Kind) -> list[Samples]:
    height, width, count = part.shape
    if not kind.tile:
        return [part[y : y + kind.rows] for y in range(0, height, kind.rows)]
    down, across = kind.tile
    made = []
    for y in range(0, height, down):
        for x in range(0, width, across):
            tile = np.zeros((down, across, count), part.dtype)
            piece = part[y : y + down, x : x + across]
            tile[: piece.shape[0], : piece.shape[1]] = piece
            made.append(tile)
    return made


def _compressed(piece: Samples, kind: Kind) -> bytes:
    data = _plain(piece, kind)
    if kind.compression in (DEFLATE, OLD_DEFLATE):
        data = zlib.compress(data)
    elif kind.compression == LZMA:
        data = lzma.compress(data, preset=0)
    elif kind.compression == LZW:
        data = lzw(data)
    elif kind.compression == PACKBITS:
        row = len(data) // len(piece)
        data = b"".join(packbits(data[start : start + row]) for start in range(0, len(data), row))
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data) if kind.reversed_bits else data


def _plain(piece: Samples, kind: Kind) -> bytes:
    rows, across, count = piece.shape
    if kind.bits not in (8, 16, 32, 64):
        made = b""
        for row in piece.reshape(rows, -1):
            digits = "".join(f"{int(value):0{kind.bits}b}" for value in row)
            digits += "0" * (-len(digits) % 8)
            made += int(digits, 2).to_bytes(len(digits) // 8, "big")
        return made
    size = kind.bits // 8
    if kind.predictor == 3:
        planes = piece.astype(f">f{size}").reshape(rows, -1).view(np.uint8).reshape(rows, across * count, size)
        flat = planes.swapaxes(1, 2).reshape(rows, -1, count)
        return np.concatenate([flat[:, :1], flat[:, 1:] - flat[:, :-1]], axis=1).tobytes()
    stored = piece.astype(f"{kind.order}{kind.number}{size}")
    if kind.predictor == 2:
        whole = np.ascontiguousarray(piece.astype(f"{kind.number}{size}")).view(f"u{size}")
        stored = np.concatenate([whole[:, :1], whole[:, 1:] - whole[:, :-1]], axis=1).astype(f"{kind.order}u{size}")
    return stored.tobytes()


def packbits(data: bytes) -> bytes:
    """Return a row as runs and literal bytes."""
    made, place = b"", 0
    while place < len(data):
        run = 1
        while run < 128 and data[place : place + run + 1] == data[place : place + 1] * (run + 1):
            run += 1
        if run > 1:
            made += bytes([257 - run, data[place]])
        else:
            made += bytes([0, data[place]])
        place += run
    return made


def lzw(data: bytes) -> bytes:
    """Return bytes as TIFF's LZW: the upper bit first, a code longer one entry early."""
    made: list[str] = []

    def put(code: int, size: int) -> None:
        made.append(f"{code:0{size}b}")

    table: dict[bytes, int] = {}

    def clear() -> None:
        table.clear()
        table.update({bytes([byte]): byte for byte in range(256)})

    put(256, 9)
    clear()
    known, size = b"", 9
    for place in range(len(data)):
        longer = known + data[place : place + 1]
        if longer in table:
            known = longer
            continue
        put(table[known], size)
        table[longer] = len(table) + 2
        size = 9 + (len(table) + 2 > 511) + (len(table) + 2 > 1023) + (len(table) + 2 > 2047)
        if len(table) + 2 > 4093:
            put(256, size)
            clear()
            size = 9
        known = data[place : place + 1]
    put(table[known], size)
    size = 9 + (len(table) + 3 > 511) + (len(table) + 3 > 1023) + (len(table) + 3 > 2047)
    put(257, size)
    digits = "".join(made)
    digits += "0" * (-len(digits) % 8)
    return int(digits, 2).to_bytes(len(digits) // 8, "big")
