"""Recognize the files that imgcuda wrote and that nothing has changed since.

Such a file names the program that wrote it, in the standard place of its format, with a checksum of everything else in
the file: "imgcuda 0.1.0 #5d41402a". So a file that the same command wrote before can be told from a photograph that
imgcuda did not write, or that was edited since.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from imgcuda.images import exif
from imgcuda.images.exif import ExifBlock
from imgcuda.images.exif_directories import ASCII
from imgcuda.images.formats import Format
from imgcuda.images.image import Image

if TYPE_CHECKING:
    import mmap

_MARK = rb"imgcuda [\w.+-]{1,40} #[0-9a-f]{8}"
_DIGITS = 8
_BLANK = " #" + "0" * _DIGITS
_AFTER = 4
"""Bytes after the mark that the checksum leaves out, too: in a PNG they are the checksum of the chunk that it is in."""

_IN_EXIF = ("JPEG", "TIFF", "WEBP", "AVIF")


def with_software(image: Image, format: Format, software: str) -> Image:
    """Return an image that says which program wrote it, where its format says this by metadata of the image."""
    name = software + _BLANK
    if format.name in _IN_EXIF:
        return replace(image, exif=_named_exif(image.exif, name.encode()))
    if format.name == "PNG":
        texts = dict(image.text)
        earlier = texts.get("Software")
        if earlier and not is_mark(earlier):
            texts.setdefault("Processing Software", earlier)
        return replace(image, text=tuple({**texts, "Software": name}.items()))
    return image


def _named_exif(data: bytes, name: bytes) -> bytes:
    if not data:
        return exif.with_tag(b"", exif.SOFTWARE, ASCII, len(name) + 1, name + b"\0")
    block = ExifBlock(data)
    block.name_software(name)
    return bytes(block)


def with_checksum(data: bytes, format: Format, software: str) -> bytes:
    """Return a file's bytes with the mark, and the checksum in it."""
    name = (software + _BLANK).encode()
    if format.name == "GIF":
        data = data[:-1] + b"\x21\xfe" + bytes([len(name)]) + name + b"\0" + data[-1:]
    elif format.name == "PPM":
        data = data[:3] + b"# " + name + b"\n" + data[3:]
    elif format.name == "BMP":
        data = data[:2] + struct.pack("<I", len(data) + len(name) + _AFTER) + data[6:] + name + bytes(_AFTER)
    elif format.name == "TGA":
        data = bytes([len(name) + _AFTER]) + data[1:18] + name + bytes(_AFTER) + data[18:]
    elif format.name == "JPEG2000":
        data += struct.pack(">I4s", 8 + len(name) + _AFTER, b"free") + name + bytes(_AFTER)
    place = data.rfind(name)
    if place < 0:
        return data
    end = place + len(name)
    made = data[: end - _DIGITS] + _checksum(data, end) + data[end:]
    if format.name != "PNG":
        return made
    start = made.rindex(b"tEXt", 0, place)
    return made[:end] + struct.pack(">I", zlib.crc32(made[start:end])) + made[end + _AFTER :]


def append(file: IO[bytes], software: str, matroska: bool) -> None:
    """Append the mark to a video that can be read: in an element that players pass over, of Matroska or ISO media."""
    name = (software + _BLANK).encode()
    length = len(name) + _AFTER
    box = b"\xec" + bytes([0x80 | length]) if matroska else struct.pack(">I4s", 8 + length, b"free")
    running = RunningChecksum(file.seek(0, os.SEEK_END) + len(box) + length)
    file.seek(0)
    while data := file.read(1 << 20):
        running.add(data)
    running.add(box + name[:-_DIGITS])
    file.write(box + name[:-_DIGITS] + running.digits + bytes(_AFTER))


class RunningChecksum:
    """The checksum in the mark of a file, whose bytes are added one after the other."""

    def __init__(self, size: int) -> None:
        """Begin with a file's length."""
        self._sum = zlib.crc32(struct.pack("<Q", size))
        self._left_out = 0
        """The bytes that come next and that the checksum leaves out."""

    @classmethod
    def of_head(cls, head: bytes, size: int, software: str) -> tuple[RunningChecksum, int]:
        """Begin with the first bytes of a file, the mark among them; return the place of the digits, too."""
        name = (software + _BLANK).encode()
        place = head.rfind(name) + len(name) - _DIGITS
        made = cls(size)
        made.add(head[:place])
        made.leave_out_digits()
        made.add(head[place:])
        return made, place

    def add(self, data: bytes | memoryview) -> None:
        """Go on with the bytes that follow."""
        self._sum = zlib.crc32(memoryview(data)[self._left_out :], self._sum)
        self._left_out = max(0, self._left_out - len(data))

    def leave_out_digits(self) -> None:
        """Leave out what follows: the digits, and the bytes after them."""
        self._left_out = _DIGITS + _AFTER

    @property
    def digits(self) -> bytes:
        """The digits, once all is added."""
        return f"{self._sum:08x}".encode()


def is_mark(text: str) -> bool:
    """Return whether a text is the mark that imgcuda writes into its files."""
    return re.fullmatch(_MARK, text.encode(errors="replace")) is not None


def is_ours(path: Path) -> bool:
    """Return whether a file is as imgcuda wrote it, or has nothing in it."""
    import mmap  # mostly there is no such file

    with path.open("rb") as file:
        if not path.stat().st_size:
            return True
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return any(_says(data, end) for end in _ends(data))


def _ends(data: mmap.mmap) -> Iterator[int]:
    return (found.end() for found in re.finditer(_MARK, data))


def _says(data: mmap.mmap, end: int) -> bool:
    return bytes(data[end - _DIGITS : end]) == _checksum(data, end)


def _checksum(data: bytes | mmap.mmap, end: int) -> bytes:
    """Return the digits of a file's checksum, which end at `end`."""
    with memoryview(data) as view:
        running = RunningChecksum(len(view))
        running.add(view[: end - _DIGITS])
        running.leave_out_digits()
        running.add(view[end - _DIGITS :])
        return running.digits
