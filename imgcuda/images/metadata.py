"""What a file says beside its pixels: EXIF, XMP, colour profile, resolution and text, made fit to be written again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import PIL.Image

from imgcuda.images.image import Pixels

ORIENTATION = 0x0112

SRGB_GAMMA = 0.45455
"""What a PNG says that is in sRGB."""

# How a TIFF lays out its own pixels, and the profile and XMP, which go their own way: true of the file that was read,
# not of the one that is written.
TIFF_LAYOUT = (
    *(*range(254, 260), 262, 266, 273, *range(277, 282), 284, 292, 293, 317, 320, *range(322, 326), 330),
    *(*range(338, 342), 347, *range(512, 522), *range(529, 533), 700, 34675),
)

_TURNED_WITH_THE_PICTURE = ((0, (282, 283)), (0x8769, (40962, 40963)))
"""Pairs of tags, across and down, and the directory they are in: the resolution, and the size."""

UPRIGHT = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}
"""What puts an image with an EXIF orientation upright."""

_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:=["']|>))[2-8](?=["']|<)""")


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Return an image as it is to be looked at; an orientation that is none is taken as upright, as viewers do."""
    return pixels if orientation not in UPRIGHT else np.ascontiguousarray(UPRIGHT[orientation](pixels))


def turned_back(pixels: Pixels, orientation: int) -> Pixels:
    """Return an upright image as its file has it."""
    return upright(pixels, {6: 8, 8: 6}.get(orientation, orientation))  # the others undo themselves


def orientation(found: PIL.Image.Exif) -> int:
    """Return an EXIF's orientation, from 1 (upright) to 8."""
    value = found.get(ORIENTATION)
    return value if isinstance(value, int) and value in UPRIGHT else 1


def exif(found: PIL.Image.Exif, *, keep_orientation: bool) -> tuple[bytes, int]:
    """Return EXIF without what only the file it came from is described by, and the orientation."""
    turn = orientation(found)
    for tag in TIFF_LAYOUT:
        found.pop(tag, None)
    if not keep_orientation:
        found.pop(ORIENTATION, None)
        if turn > 4:
            _turn(found)
    return (found.tobytes() if found else b""), turn


def _turn(found: PIL.Image.Exif) -> None:
    for directory, (across, down) in _TURNED_WITH_THE_PICTURE:
        tags: Any = found.get_ifd(directory) if directory else found
        if across in tags and down in tags:
            tags[across], tags[down] = tags[down], tags[across]


def xmp(found: Any, *, keep_orientation: bool) -> bytes:
    """Return XMP as bytes, with the orientation set to upright as the pixels are."""
    if isinstance(found, tuple):
        found = bytes(found)
    packet = found.encode() if isinstance(found, str) else found if isinstance(found, bytes) else b""
    return packet if keep_orientation else _XMP_ORIENTATION.sub(rb"\g<1>1", packet)


def text(picture: PIL.Image.Image) -> tuple[tuple[str, str], ...]:
    """Return the keywords and texts of a PNG, or the comment of a JPEG or GIF."""
    texts = getattr(picture, "text", None) or {}
    found = {key: str(value) for key, value in texts.items() if key != "XML:com.adobe.xmp"}
    found = {key: value for key, value in found.items() if not key.startswith("Raw profile type")}
    comment = picture.info.get("comment")
    if isinstance(comment, bytes) and "Comment" not in found:
        found["Comment"] = _decoded(comment)
    return tuple((key, value) for key, value in found.items() if value)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def dpi(found: Any, *, swapped: bool = False) -> tuple[float, float] | None:
    """Return the resolution if it is one: files also hold zeros, fractions over zero and words."""
    try:
        x, y = float(found[0]), float(found[1])
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    if not (0 < x < 1e6 and 0 < y < 1e6):
        return None
    return (y, x) if swapped else (x, y)


def not_carried(picture: PIL.Image.Image) -> Iterator[str]:
    """Tell what a file says beside its pixels that is not carried anywhere."""
    if "photoshop" in picture.info:
        yield "its IPTC is left out"
    if picture.info.get("gamma", SRGB_GAMMA) != SRGB_GAMMA and "icc_profile" not in picture.info:
        yield f"its gamma of {picture.info['gamma']:g} is left out"


def profile(icc: bytes, channels: int) -> bytes:
    """Return a colour profile if it is one for so many channels: one of others makes a broken file."""
    return icc if icc[16:20] == (b"RGB " if channels > 2 else b"GRAY") else b""


def profile_name(icc: bytes) -> str:
    """Return what a profile calls itself, "Display P3"."""
    from io import BytesIO

    from PIL import ImageCms

    try:
        return ImageCms.getProfileDescription(ImageCms.getOpenProfile(BytesIO(icc))).strip()
    except Exception:  # whatever a parser of other people's bytes may raise
        return "not readable"
