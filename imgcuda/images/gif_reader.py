"""Read GIF: Pillow decodes the indices of each frame; color tables and disposal are applied here.

Pillow fills the parts of the picture that no frame covers with the first color of a table; here they are transparent.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import PIL.Image

from imgcuda.errors import ImageError
from imgcuda.images import metadata
from imgcuda.images.compositing import Canvas, Disposal, FrameRegion
from imgcuda.images.gif_blocks import Frame, GifSurvey, survey
from imgcuda.images.image import Image, Pixels
from imgcuda.images.request import ReadRequest
from imgcuda.images.sources import Open

Decode = Callable[[Open], Image]
"""Decodes a GIF of one frame that is the whole picture."""

DISPOSALS: dict[int, Disposal] = {2: "background", 3: "previous", 4: "previous"}
"""What the numbers mean; old programs write 4 for 3, and browsers take it so. Any other number leaves the frame."""

INTERLACED = 0x40


def frames(reopen: Open, request: ReadRequest, decode: Decode) -> Iterator[Image]:
    """Return the frames of a GIF that are asked for."""
    data = reopen().read()
    found = survey(data)
    _drop_what_is_cut_off(data, found, request)
    width, height = _size(found)
    numbers = request.numbers(len(found.frames))
    needed = found.frames[: numbers.stop]
    beyond = sum(max(0, frame.pixels - width * height) for frame in needed if frame.is_seen(width, height))
    request.check_pixels(width * height * len(numbers) + beyond)
    about = _about(found, [*request.losses(len(found.frames)), *found.losses])
    first = found.frames[0]
    if len(found.frames) == 1 and first[:4] == (0, 0, width, height) and (first.table or found.table):
        made = _alone(data, first, first.table or found.table)
        yield replace(about, pixels=decode(lambda: BytesIO(made)).pixels)
        return
    canvas = Canvas(width, height)
    for number, frame in enumerate(needed):
        canvas.lay(_part(data, frame, found.table, (width, height)))
        if number in numbers:
            duration = frame.duration if len(found.frames) > 1 else None
            yield replace(about, pixels=canvas.seen(alpha=False), duration=duration)


def _drop_what_is_cut_off(data: bytes, found: GifSurvey, request: ReadRequest) -> None:
    """Drop the last frame of an animation if the file ends within it, and it cannot be decoded."""
    last = found.frames[-1]
    if last.whole or len(found.frames) == 1:
        return
    request.check_pixels(last.pixels)
    try:
        _indices(data, last)
    except (OSError, EOFError, SyntaxError, ValueError, IndexError):
        found.frames.pop()


def _size(found: GifSurvey) -> tuple[int, int]:
    """Return the size of the picture: the logical screen's, or as far as the first frame goes beyond it."""
    first = found.frames[0]
    width, height = max(found.width, first.left + first.width), max(found.height, first.top + first.height)
    if not width or not height:
        raise ImageError(f"it is damaged: its header says that it has {width} x {height} pixels")
    return width, height


def _about(found: GifSurvey, losses: list[str]) -> Image:
    """Return an image with the metadata of the file, and no pixels yet."""
    text = (("Comment", "\n".join(found.comments)),) if found.comments else ()
    plays = found.plays if len(found.frames) > 1 else 0
    xmp = metadata.xmp(found.xmp, keep_orientation=False)
    return Image(np.zeros((0, 0), np.uint8), icc=found.icc, losses=tuple(losses), xmp=xmp, text=text, plays=plays)


def _part(data: bytes, frame: Frame, table: bytes, size: tuple[int, int]) -> FrameRegion:
    """Return the region that a frame draws; it is empty if it lies outside of the canvas."""
    pixels = np.zeros((0, 0, 4), np.uint8)
    if frame.is_seen(*size):
        colors = _colors(frame.table or table, frame.clear).view(np.uint32)[:, 0]  # four bytes at once are faster
        pixels = colors[_indices(data, frame)][:, :, None].view(np.uint8)
    return FrameRegion(pixels, frame.left, frame.top, frame.clear is not None, DISPOSALS.get(frame.disposal, "none"))


def _colors(table: bytes, clear: int | None) -> Pixels:
    """Return the RGBA of each index: black beyond the end of a table, a gray without any table."""
    made: Pixels = np.zeros((256, 4), np.uint8)
    made[:, 3] = 255
    if table:
        made[: len(table) // 3, :3] = np.frombuffer(table, np.uint8).reshape(-1, 3)
    else:
        made[:, :3] = np.arange(256)[:, None]
    if clear is not None:
        made[clear] = 0
    return made


def _indices(data: bytes, frame: Frame) -> Pixels:
    """Return a frame's indices, which Pillow gives for a frame without a color table."""
    picture: Any = PIL.Image.open(BytesIO(_alone(data, frame, b"")), formats=["GIF"])
    return np.asarray(picture)


def _alone(data: bytes, frame: Frame, table: bytes) -> bytes:
    """Return a GIF of one frame, and nothing else."""
    bits = (len(table) // 3).bit_length() - 2
    screen = struct.pack("<HHBBB", frame.width, frame.height, 0x80 | bits if table else 0, 0, 0)
    control = b"" if frame.clear is None else b"!\xf9\x04\1\0\0" + bytes([frame.clear]) + b"\0"
    place = struct.pack("<HHHHB", 0, 0, frame.width, frame.height, frame.flags & INTERLACED)
    made = [b"GIF89a", screen, table, control if table else b"", b",", place, data[frame.start : frame.end], b"\0;"]
    return b"".join(made)
