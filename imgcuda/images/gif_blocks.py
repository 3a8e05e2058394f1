"""Find the frames of a GIF, and its metadata, in the blocks of its file."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from imgcuda.errors import ImageError
from imgcuda.images import mark

HEADER = 13
EXTENSION, IMAGE, TRAILER = b"!,;"
CONTROL, COMMENT, APPLICATION = 0xF9, 0xFE, 0xFF
XMP_TRAILER = b"\1\xff\xfe\xfd"
"""How the bytes after XMP begin. XMP is not in sub-blocks; read as if it were, it ends after these bytes."""

_CUT_SHORT = "it is cut short; pictures may be missing"
_SOMETHING = re.compile(rb"[^\0]")


class GraphicControl(NamedTuple):
    """What a GIF says about the frame that follows."""

    disposal: int = 0
    clear: int | None = None
    """The index that is transparent."""
    duration: float = 0
    """In milliseconds."""


class Frame(NamedTuple):
    """A frame: its place in the picture, and where in the file its pixels are."""

    left: int
    top: int
    width: int
    height: int
    flags: int
    table: bytes
    """Its own color table, three bytes a color; empty if it has none."""
    start: int
    """Where the compressed indices begin, with the size of their codes."""
    end: int
    whole: bool
    """Whether the file goes on after them."""
    disposal: int
    clear: int | None
    duration: float

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def is_seen(self, width: int, height: int) -> bool:
        """Return whether any of its pixels are within a picture of this size."""
        return self.pixels > 0 and self.left < width and self.top < height


@dataclass
class GifSurvey:
    """What a GIF consists of."""

    width: int
    height: int
    table: bytes
    """The color table of the frames that have none of their own; empty if there is none."""
    frames: list[Frame] = field(default_factory=list)
    plays: int = 1
    """How often an animation is shown; 0 is for ever."""
    comments: list[str] = field(default_factory=list)
    xmp: bytes = b""
    icc: bytes = b""
    losses: list[str] = field(default_factory=list)


def survey(data: bytes) -> GifSurvey:
    """Return the frames and the metadata of a GIF; of a damaged one, those before the damage.

    Raises ImageError if there is no frame.
    """
    if len(data) < HEADER:
        raise ImageError("it is cut short: it ends within its header")
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    found = GifSurvey(width, height, _table(data, HEADER, flags))
    end = _follow(data, HEADER + len(found.table), found)
    if not found.frames:
        cut = end >= len(data)
        raise ImageError(
            "it is cut short: it ends before its first picture" if cut else "it is damaged: it holds no picture"
        )
    if end >= len(data):
        found.losses.append(_CUT_SHORT)
    elif data[end] != TRAILER:
        found.losses.append(f"it is damaged at byte {end}; pictures may be missing")
    return found


def _follow(data: bytes, place: int, found: GifSurvey) -> int:
    """Note each block; return where the last one ends, which is the file's end if the file ends within one."""
    control = GraphicControl()
    while (start := _SOMETHING.search(data, place)) is not None:
        place = start.start()
        if data[place] == EXTENSION:
            end = _end(data, place + 2)
            if end is None:
                return len(data)
            control = _read_extension(data, place, end, found, control)
            place = end
        elif data[place] == IMAGE:
            frame = _frame(data, place, control)
            if frame is None:
                return len(data)
            found.frames.append(frame)
            place, control = frame.end, GraphicControl()
            if not frame.whole:
                return len(data)
        else:
            return place
    return len(data)


def _table(data: bytes, place: int, flags: int) -> bytes:
    return data[place : place + (3 << (flags & 7) + 1)] if flags & 0x80 else b""


def _frame(data: bytes, place: int, control: GraphicControl) -> Frame | None:
    """Return the frame at a place; None if the file ends before its pixels."""
    if len(data) < place + 10:
        return None
    left, top, width, height, flags = struct.unpack_from("<HHHHB", data, place + 1)
    table = _table(data, place + 10, flags)
    start = place + 10 + len(table)
    if start + 1 >= len(data):
        return None
    end = _end(data, start + 1)
    return Frame(left, top, width, height, flags, table, start, end or len(data), end is not None, *control)


# Extensions


def _end(data: bytes, place: int) -> int | None:
    """Return where sub-blocks end, the empty one that ends them included; None if the file ends before."""
    while place < len(data):
        if not data[place]:
            return place + 1
        place += 1 + data[place]
    return None


def _sub_blocks(data: bytes, place: int) -> Iterator[bytes]:
    while data[place]:
        yield data[place + 1 : place + 1 + data[place]]
        place += 1 + data[place]


def _read_extension(data: bytes, place: int, end: int, found: GifSurvey, control: GraphicControl) -> GraphicControl:
    """Read an extension: store its metadata, and return its settings for the next frame."""
    first, *rest = [*_sub_blocks(data, place + 2), b""]
    if data[place + 1] == CONTROL and len(first) >= 4:
        flags, delay, clear = struct.unpack_from("<BHB", first)
        return GraphicControl(flags >> 2 & 7, clear if flags & 1 else None, 10.0 * delay)
    if data[place + 1] == COMMENT:
        comment = _text(first + b"".join(rest))
        found.comments += [comment] * (bool(comment) and not mark.is_mark(comment))
    elif data[place + 1] == APPLICATION and first in (b"NETSCAPE2.0", b"ANIMEXTS1.0"):
        said = [block for block in rest if len(block) >= 3 and block[0] == 1]
        repeated = struct.unpack_from("<H", said[0], 1)[0] if said else None
        if repeated is not None:
            found.plays = 0 if repeated == 0 else repeated + 1
    elif data[place + 1] == APPLICATION and first == b"ICCRGBG1012":
        found.icc = b"".join(rest)
    elif data[place + 1] == APPLICATION and first == b"XMP DataXMP":
        found.xmp = data[place + 14 : max(place + 14, data.find(XMP_TRAILER, place, end))]
    return control


def _text(comment: bytes) -> str:
    try:
        return comment.decode()
    except UnicodeDecodeError:
        return comment.decode("latin-1")
