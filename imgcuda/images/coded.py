"""JPEGs that another decodes and encodes, as a GPU does: their metadata goes the way of all, their pixels do not."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import PIL.Image

from imgcuda.errors import ImageError
from imgcuda.images import jpeg
from imgcuda.images.image import Image, Pixels, without_memory
from imgcuda.images.reading import read

_BASELINE = 0xC0
_ADOBE = b"Adobe"


class CodedJpeg(NamedTuple):
    """A JPEG whose pixels are not decoded yet."""

    data: bytes
    image: Image
    """All that is known of it, with pixels that take no memory and have no values."""
    channels: int


def coded_jpeg(path: Path, *, several: bool, auto_orient: bool, max_pixels: int) -> CodedJpeg | None:
    """Return a baseline JPEG, gray or color, that lies upright, with its metadata.

    None for any other file, and for one that is cut short or that cannot be read: the usual reader tells why.
    """
    try:
        data = path.read_bytes()
    except OSError:
        return None
    found = _plain_channels(data)
    if found is None:
        return None
    stand_in: list[Pixels] = []

    def decode(picture: PIL.Image.Image, _: bytes) -> tuple[Pixels, list[str]]:
        shape = (picture.height, picture.width) if found == 1 else (picture.height, picture.width, 3)
        stand_in.append(without_memory(shape))
        return stand_in[0], []

    try:
        image = read(
            BytesIO(data),
            several=several,
            auto_orient=auto_orient,
            max_pixels=max_pixels,
            decode_jpeg=decode,
        )
    except ImageError:
        return None
    upright = bool(stand_in) and image.pixels is stand_in[0]
    return CodedJpeg(data, image, found) if upright and not image.later else None


def _plain_channels(data: bytes) -> int | None:
    """Return the channels of a whole baseline JPEG, gray or YCbCr; None for anything else."""
    found = list(jpeg.segments(data)) if data[:3] == b"\xff\xd8\xff" else []
    if not found or found[-1].marker != jpeg.END:
        return None
    frames = [segment for segment in found if segment.marker in jpeg.FRAMES]
    if len(frames) != 1 or frames[0].marker != _BASELINE:
        return None
    head = frames[0].body(data)
    if any(segment.marker == jpeg.APP0 + 14 and _is_rgb(segment.body(data)) for segment in found):
        return None
    identities = {head[6 + 3 * number] for number in range(head[5])} if len(head) == 6 + 3 * head[5] else set()
    return head[5] if head[0] == 8 and head[5] in (1, 3) and identities <= {0, 1, 2, 3} else None


def _is_rgb(adobe: bytes) -> bool:
    """Return whether Adobe's segment says that the colors are stored as RGB."""
    return adobe.startswith(_ADOBE) and adobe[11:12] != b"\1"
