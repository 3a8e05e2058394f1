"""Read PNG: one picture as Pillow decodes it, an animation with each of its parts decoded as a PNG of its own.

So a part keeps its 16 bits, its palette and its transparent color, and is laid over the others by `composing`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import IO

import PIL.Image

from imgcuda.errors import ImageError
from imgcuda.images import assemble
from imgcuda.images.compositing import Canvas, Disposal, FrameRegion
from imgcuda.images.image import Image, Pixels, channels
from imgcuda.images.png_chunks import Chunk, PngSurvey, assembled, pieces, survey
from imgcuda.images.request import ReadRequest
from imgcuda.images.sources import Open

Decode = Callable[[Open], Image]
"""Decodes the picture in a PNG that is not animated."""

DISPOSALS: tuple[Disposal, ...] = ("none", "background", "previous")


@dataclass
class _FrameControl:
    """What an animation says about a frame, and where its pixels are."""

    width: int
    height: int
    left: int = 0
    top: int = 0
    duration: float = 0
    disposal: int = 0
    blend: int = 0
    data: list[Chunk] = field(default_factory=list)


def frames(reopen: Open, request: ReadRequest, decode: Decode) -> Iterator[Image]:
    """Return the frames of a PNG that are asked for."""
    stream = reopen()
    found = survey(stream)
    controls = list(_controls(found, stream))
    has_default_image, count = found.named(b"IDAT") != controls[0].data, len(controls)
    if has_default_image:
        controls.insert(0, _FrameControl(*_size(found, stream), data=found.named(b"IDAT")))
    if len(controls) == 1:
        request.numbers(1)
        repaired: Open = reopen
        if found.losses:
            repaired = _opener(assembled(pieces(found.chunks, stream)))
        image = decode(repaired)
        yield replace(image, losses=(*found.losses, *image.losses))
        return
    said = struct.unpack(">I", found.named(b"acTL")[0].data(stream)[:4])[0]
    if said != count:
        found.losses.append(f"it says that it holds {said} pictures; it holds {count}")
    yield from _animation(found, controls, has_default_image, stream, request, decode)


def _opener(data: bytes) -> Open:
    return lambda: BytesIO(data)


def _size(found: PngSurvey, stream: IO[bytes]) -> tuple[int, int]:
    width, height = struct.unpack(">II", found.chunks[0].data(stream)[:8])
    return width, height


# An animation's chunks


def _controls(found: PngSurvey, stream: IO[bytes]) -> Iterator[_FrameControl]:
    """Return the control of each frame; of a PNG that is no animation, one for its pixels."""
    size = _size(found, stream)
    start = found.chunks.index(found.named(b"IDAT")[0])
    heads = [chunk for chunk in found.chunks[:start] if chunk.kind == b"acTL" and chunk.size >= 8]
    if not heads or not any(heads[0].data(stream)[:4]) or not found.named(b"fcTL"):
        yield _FrameControl(*size, data=found.named(b"IDAT"))
        return
    made: list[_FrameControl] = []
    number = 0
    for chunk in found.named(b"fcTL", b"fdAT", b"IDAT"):
        if chunk.kind != b"IDAT":
            if chunk.size < 4 or chunk.data(stream)[:4] != struct.pack(">I", number):
                raise ImageError(f"it is damaged: {chunk.name} is out of order; there should be number {number}")
            number += 1
        if chunk.kind == b"fcTL":
            made.append(_control(chunk, stream, size))
        elif made:
            made[-1].data.append(chunk)
        elif chunk.kind == b"fdAT":
            raise ImageError(f"it is damaged: {chunk.name} comes before the first frame")
    for place, control in enumerate(made):
        if not control.data:
            raise ImageError(f"it is damaged: its frame {place + 1} has no pixels")
    yield from made


def _control(chunk: Chunk, stream: IO[bytes], size: tuple[int, int]) -> _FrameControl:
    if chunk.size < 26:
        raise ImageError(f"it is damaged: {chunk.name} has {chunk.size} of 26 bytes")
    width, height, left, top, delay, unit, disposal, blend = struct.unpack(">IIIIHHBB", chunk.data(stream)[4:26])
    if not width or not height or left + width > size[0] or top + height > size[1] or disposal > 2 or blend > 1:
        where = f"{width} x {height} pixels at {left}, {top}, disposal {disposal}, blend {blend}"
        raise ImageError(f"it is damaged: {chunk.name} says {where}, in a picture of {size[0]} x {size[1]}")
    return _FrameControl(width, height, left, top, 1000 * delay / (unit or 100), disposal, blend)


# Its frames


def _animation(
    found: PngSurvey,
    controls: list[_FrameControl],
    has_default_image: bool,
    stream: IO[bytes],
    request: ReadRequest,
    decode: Decode,
) -> Iterator[Image]:
    width, height = _size(found, stream)
    numbers = request.numbers(len(controls))
    request.check_pixels(width * height * len(numbers))
    canvas, about = Canvas(width, height), _about(found, stream)
    picture = PIL.Image.open(about(), formats=["PNG"])
    picture.load()
    plays = struct.unpack(">I", found.named(b"acTL")[0].data(stream)[4:8])[0]
    losses = [*request.losses(len(controls)), *found.losses]
    for number, control in enumerate(controls[: numbers.stop]):
        hidden = has_default_image and number == 0
        if hidden and number not in numbers:
            continue
        part = _part(found, control, stream, decode)
        if not hidden:
            disposal = DISPOSALS[control.disposal]
            if number == has_default_image and disposal == "previous":
                disposal = "background"  # before the first frame there is nothing
            canvas.lay(FrameRegion(part, control.left, control.top, control.blend == 1, disposal))
        if number in numbers:
            seen = part if hidden else canvas.seen(alpha=channels(part) % 2 == 0)
            image = assemble.by_pillow(picture, seen, losses, request.auto_orient, about)
            yield replace(image, duration=control.duration, plays=plays, has_default_image=hidden)


def _part(found: PngSurvey, control: _FrameControl, stream: IO[bytes], decode: Decode) -> Pixels:
    """Return the pixels that the file holds of a frame."""
    header = struct.pack(">II", control.width, control.height) + found.chunks[0].data(stream)[8:]
    start = found.chunks.index(found.named(b"IDAT")[0])
    colors = [chunk for chunk in found.chunks[:start] if chunk.kind in (b"PLTE", b"tRNS")]
    data = b"".join(chunk.data(stream)[4 * (chunk.kind == b"fdAT") :] for chunk in control.data)
    made = [(b"IHDR", header), *pieces(colors, stream), (b"IDAT", data), (b"IEND", b"")]
    return decode(_opener(assembled(made))).pixels


def _about(found: PngSurvey, stream: IO[bytes]) -> Open:
    """Return a PNG of one pixel with all the metadata of the file."""
    header, pixel = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0), zlib.compress(b"\0\0")
    made = [(b"IHDR", header), *pieces(found.rest(), stream), (b"IDAT", pixel), (b"IEND", b"")]
    return _opener(assembled(made))
