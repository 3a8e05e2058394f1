"""What ISA-L inflates ahead of Pillow: each file, whole or damaged, is read or refused as by Pillow and zlib alone."""

from __future__ import annotations

import io
import re
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import PIL.Image
import pytest

from imgcuda import images
from imgcuda.errors import ImageError
from imgcuda.images import fast_deflate, png_inflate
from imgcuda.images.png_chunks import assembled
from support.matrix import exhaustive

SUITE = ZipFile(Path(__file__).parent / "pngsuite.zip")
NAMES = [name for name in SUITE.namelist() if re.fullmatch(r"\w{8}\.png", name)]


@pytest.fixture(autouse=True)
def no_picture_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png_inflate, "SMALL", 0)


def outcome(data: bytes) -> tuple[object, ...]:
    """Return all that comes of a file: pixels and losses, or a message."""
    try:
        image = images.read(io.BytesIO(data))
    except ImageError as error:
        return (str(error),)
    return tuple(
        (frame.pixels.shape, frame.pixels.dtype, frame.pixels.tobytes()) for frame in image.frames
    ), image.losses


def alone(data: bytes) -> tuple[object, ...]:
    """Return what comes of a file without ISA-L."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "isal", None)
        return outcome(data)


def png(stream: bytes, size: int = 60, *, pieces: int = 1, interlace: int = 0) -> bytes:
    """Return an RGB PNG with any zlib stream in so many chunks."""
    step = max(1, -(-len(stream) // pieces))
    parts = [(b"IDAT", stream[start : start + step]) for start in range(0, len(stream), step)] or [(b"IDAT", b"")]
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, interlace)
    return assembled([(b"IHDR", header), *parts, (b"tEXt", b"Comment\0behind"), (b"IEND", b"")])


def rows(size: int = 60) -> bytes:
    """Return rows of half noise with all filters."""
    made = np.random.default_rng(0).integers(0, 256, (size, 1 + 3 * size), np.uint8)
    made[:, size:] = 7
    made[:, 0] = np.arange(size) % 5
    return made.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_is_read_or_refused_as_by_pillow_alone(name: str) -> None:
    assert outcome(SUITE.read(name)) == alone(SUITE.read(name))


@pytest.mark.parametrize("size", [200, exhaustive(600)])
def test_many_pieces_and_large_blocks_come_whole(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = png(zlib.compress(rows(size), 6), size, pieces=50)
    expected = alone(data)
    assert outcome(data) == expected
    for taken, most in ((2, 1 << 22), (1000, 999), (1 << 18, 70_000)):
        monkeypatch.setattr(png_inflate, "TAKEN", taken)
        monkeypatch.setattr(png_inflate, "MOST", most)
        assert outcome(data) == expected


def test_isal_takes_part_in_large_pictures_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    asked: list[bool] = []

    def inflater() -> None:
        asked.append(True)

    monkeypatch.setattr(fast_deflate, "inflater", inflater)
    outcome(png(zlib.compress(rows(60)), 60))
    assert not asked
    outcome(png(zlib.compress(rows(600)), 600))
    assert asked


def odd_streams() -> Iterator[bytes]:
    """Yield zlib streams with something wrong, or unusual."""
    whole = rows()
    good = zlib.compress(whole)
    yield from (good[:end] for end in range(0, len(good), 97))
    for place in range(0, len(good), 61):
        yield good[:place] + bytes([good[place] ^ 0x10]) + good[place + 1 :]
    yield from (good[:-4] + b"\0\0\0\0", good + b"more", good[:-4], good[:-1], zlib.compress(whole[:-500]))
    yield from (zlib.compress(whole + b"more rows" * 900), zlib.compress(whole, 0), zlib.compress(b""), b"", b"\x78")
    yield from (b"\x78\x02" + good[2:], b"\x79\x9c" + good[2:], b"\x08\x1d" + good[2:], b"\x78\xbb" + good[2:])
    yield zlib.compress(bytes(50_000_000))


@pytest.mark.parametrize("pieces", [7, exhaustive(1)])
def test_a_damaged_stream_is_read_or_refused_as_by_pillow_alone(pieces: int) -> None:
    for stream in odd_streams():
        data = png(stream, pieces=pieces)
        assert outcome(data) == alone(data)


def test_a_file_that_ends_with_its_pixels_is_read() -> None:
    data = png(zlib.compress(rows()), pieces=3)
    bare = data[: data.index(b"tEXt") - 4]
    assert outcome(bare) == alone(bare) and len(outcome(bare)) == 2


def test_nothing_of_it_stays_with_the_picture() -> None:
    with PIL.Image.open(io.BytesIO(png(zlib.compress(rows())))) as picture:
        png_inflate.load(picture)
        assert "load_read" not in vars(picture) and picture.info["Comment"] == "behind"
