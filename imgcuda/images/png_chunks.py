"""Check the chunks of a PNG against their checksums: damage to a chunk that its pixels need is refused.

Pillow does not check the checksums of pixels, and takes a PNG with any other wrong checksum for no PNG at all.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, TYPE_CHECKING, NamedTuple

from imgcuda.errors import ImageError

if TYPE_CHECKING:
    from PIL.PngImagePlugin import PngStream

SIGNATURE = b"\x89PNG\r\n\x1a\n"
NEEDED = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT"}
"""The chunks that a picture or an animation is made of; without any other it looks the same, or nearly."""

DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""The bits that a sample may have, for each type of color: gray, RGB, palette, and gray and RGB with alpha."""
PALETTE = 3


class Chunk(NamedTuple):
    """A piece of a PNG."""

    kind: bytes
    place: int
    """Where it begins in the file: its size, of four bytes."""
    size: int

    @property
    def name(self) -> str:
        return f"its chunk {self.kind.decode()} at byte {self.place}"

    def data(self, stream: IO[bytes]) -> bytes:
        """Return its contents."""
        stream.seek(self.place + 8)
        return stream.read(self.size)


@dataclass
class PngSurvey:
    """What a PNG consists of."""

    chunks: list[Chunk] = field(default_factory=list)
    """Those that are intact."""
    losses: list[str] = field(default_factory=list)

    def named(self, *kinds: bytes) -> list[Chunk]:
        return [chunk for chunk in self.chunks if chunk.kind in kinds]

    def rest(self) -> list[Chunk]:
        """Return the chunks that no pixels need: the metadata."""
        return [chunk for chunk in self.chunks if chunk.kind not in NEEDED]


def survey(stream: IO[bytes]) -> PngSurvey:
    """Return the chunks of a PNG. Damaged metadata is left out, and is a loss.

    Raises ImageError, with the chunk and its place, for damage to what the pixels need.
    """
    found = PngSurvey()
    from PIL.PngImagePlugin import PngStream  # Pillow's formats are imported when a file is of them

    texts = PngStream(BytesIO())
    place: int | None = len(SIGNATURE)
    while place is not None and (not found.chunks or found.chunks[-1].kind != b"IEND"):
        place = _next(stream, place, found, texts)
    _check(found, stream)
    return found


def assembled(pieces: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a PNG made of chunks, given by kind and contents."""
    made = [SIGNATURE]
    for kind, data in pieces:
        made += [struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))]
    return b"".join(made)


def _next(stream: IO[bytes], place: int, found: PngSurvey, texts: PngStream) -> int | None:
    """Add the chunk at a place, if it is intact; return the next place, or None where the file ends."""
    stream.seek(place)
    head = stream.read(8)
    if len(head) < 8:
        return None  # without a chunk IEND, which is no harm if the pixels are whole
    size, kind = struct.unpack(">I4s", head)
    if not kind.isalpha():
        if not found.named(b"IDAT") or found.named(b"acTL"):
            raise ImageError(f"it is damaged: at byte {place} there is no chunk")
        found.losses.append(f"it is damaged after its pixels, at byte {place}; what follows is left out")
        return None
    chunk = Chunk(kind, place, size)
    checksum, there = _checksum(stream, kind, size)
    intact = stream.read(4) == checksum
    if kind == b"CgBI":
        raise ImageError(
            "it is a PNG for iPhones, which is not read; `pngcrush -revert-iphone-optimizations` converts it"
        )
    if there < size and (kind in NEEDED or not found.named(b"IDAT")):
        raise ImageError(f"it is cut short: {chunk.name} has {there:,} of {size:,} bytes")
    if not intact and kind in NEEDED - {b"IEND"}:
        raise ImageError(f"it is damaged: the checksum of {chunk.name} is wrong")
    if kind[:1].isupper() and kind not in NEEDED:
        raise ImageError(f"{chunk.name} is of an unknown kind, without which its pixels cannot be read")
    if kind in NEEDED or (intact and _makes_sense(chunk, stream, texts)):
        found.chunks.append(chunk)
    else:
        found.losses.append(f"{chunk.name} is damaged and is left out")
    return place + 12 + int(size)


def _checksum(stream: IO[bytes], kind: bytes, size: int) -> tuple[bytes, int]:
    """Return the checksum of so many bytes, and how many there are."""
    checksum, left = zlib.crc32(kind), size
    while left > 0 and (piece := stream.read(min(left, 1 << 20))):
        checksum, left = zlib.crc32(piece, checksum), left - len(piece)
    return struct.pack(">I", checksum), size - left


def _makes_sense(chunk: Chunk, stream: IO[bytes], texts: PngStream) -> bool:
    """Return whether Pillow can read a chunk; if it cannot, it refuses the whole file."""
    if not hasattr(texts, f"chunk_{chunk.kind.decode()}"):
        return True
    texts.fp = BytesIO(chunk.data(stream))
    texts.im_info.pop("icc_profile", None)
    try:
        texts.call(chunk.kind, 0, chunk.size)
    except Exception:  # whatever a parser of other people's bytes may raise
        return False
    return chunk.kind != b"iCCP" or texts.im_info.get("icc_profile") is not None


# What the chunks say together


def _check(found: PngSurvey, stream: IO[bytes]) -> None:
    """Raise ImageError if the chunks make no picture."""
    if not found.chunks or found.chunks[0].kind != b"IHDR" or found.chunks[0].size != 13:
        raise ImageError("it is damaged: it does not begin with its header, a chunk IHDR")
    for kind in (b"IHDR", b"PLTE", b"tRNS"):
        if len(twice := found.named(kind)) > 1:
            raise ImageError(f"it is damaged: {twice[1].name} is the second of its kind; there may be one")
    width, height, bits, color, method, filtering, interlace = struct.unpack(">IIBBBBB", found.chunks[0].data(stream))
    if bits not in DEPTHS.get(color, ()) or method or filtering or interlace > 1 or not width or not height:
        said = f"{width} x {height} pixels, {bits} bits, color type {color}, methods {method} {filtering} {interlace}"
        raise ImageError(f"it is damaged: its header says {said}, which no PNG can have")
    if not found.named(b"IDAT"):
        raise ImageError("it is cut short: it has no pixels, a chunk IDAT")
    _check_colors(found, color)


def _check_colors(found: PngSurvey, color: int) -> None:
    before = found.chunks[: found.chunks.index(found.named(b"IDAT")[0])]
    sizes = {chunk.kind: chunk.size for chunk in before}
    palette, clear = sizes.get(b"PLTE", 0), sizes.get(b"tRNS")
    if (color == PALETTE and not palette) or palette % 3 or palette > 768:
        raise ImageError(f"it is damaged: its palette, a chunk PLTE, has {palette} bytes")
    if clear is not None and clear < {0: 2, 2: 6}.get(color, 0):
        raise ImageError(f"it is damaged: its transparency, a chunk tRNS, has {clear} bytes")


def pieces(chunks: Sequence[Chunk], stream: IO[bytes]) -> Iterable[tuple[bytes, bytes]]:
    """Return the kinds and the contents of chunks."""
    return ((chunk.kind, chunk.data(stream)) for chunk in chunks)
