"""Read metadata (EXIF, XMP, color profile, resolution, text) from a file, and prepare it to be written again."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from typing import IO, Any

import numpy as np
import PIL.Image

from imgcuda.images import exif, mark, raw_profiles
from imgcuda.images.exif import ExifBlock
from imgcuda.images.exif_directories import SHORT, ExifError
from imgcuda.images.exif_patching import PREFIX
from imgcuda.images.image import Image, Pixels

ORIENTATION = exif.ORIENTATION

LARGEST_DPI = 5e7
"""The largest resolution that is believed: a pixel of half a nanometer, the most that a BMP can store."""

# Tags on the layout of a TIFF's own pixels, which are true only of the file that was read; and the profile and XMP,
# which are carried separately.
TIFF_LAYOUT = (
    *(*range(254, 260), 262, 266, 273, *range(277, 282), 284, 292, 293, 317, 320, *range(322, 326), 330),
    *(*range(338, 342), 347, *range(512, 522), *range(529, 533), *range(32995, 32999), 700, 0x501B, 34377, 34675),
    *(37724, 50828, *range(50706, 51200)),  # the last are of a DNG
)

PICTURES = (273, 279, 324, 325, 330, 347, *range(512, 522), 700, 0x501B, 34377, 34675, 37724, 50828)
"""Tags that are not copied into EXIF: previews and layers of the unfiltered picture, and parts carried separately."""

UPRIGHT = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}
"""The transposition that puts an image upright, by its EXIF orientation."""

_XMP_ORIENTATION = rb"""(tiff:Orientation(?:=["']|>))[2-8](?=["']|<)"""

_NAME = rb"(?:xmp:Thumbnails|xap:Thumbnails|xmpGImg:\w+|hdrgm:\w+|Container:Directory"
_NAME += rb"|GCamera:Micro\w+|GCamera:Motion\w+|GImage:\w+|GDepth:\w+|xmpNote:HasExtendedXMP)"
_XMP_PICTURES = rb"(?s)<(" + _NAME + rb")(?:\s[^>]*)?(?:/>|>.*?</\1\s*>)|\s" + _NAME
_XMP_PICTURES += rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')"
"""Previews in XMP, and descriptions of pictures behind the first one (a gain map, a film), which are not carried."""


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Return an image turned upright; an invalid orientation is taken as upright, as viewers do."""
    return pixels if orientation not in UPRIGHT else np.ascontiguousarray(UPRIGHT[orientation](pixels))


def orientation(found: PIL.Image.Exif) -> int:
    """Return an EXIF's orientation, from 1 (upright) to 8."""
    value = found.get(ORIENTATION)
    return value if isinstance(value, int) and value in UPRIGHT else 1


DAMAGED = "its EXIF is damaged and is left out"
PARTLY_DAMAGED = "its EXIF is damaged; what can be read of it is kept"


def block(data: bytes) -> tuple[bytes, list[str]]:
    """Return a file's EXIF without embedded pictures, and a sentence for each loss."""
    if not data:
        return b"", []
    try:
        found = ExifBlock(data)
        found.remove(PICTURES)
        kept = bytes(found)
        return kept, [PARTLY_DAMAGED if kept else DAMAGED] * found.is_damaged
    except (ExifError, struct.error, IndexError):
        return b"", [DAMAGED]


def tiff_block(stream: IO[bytes], offset: int) -> tuple[bytes, list[str]]:
    """Return the tags of a TIFF's directory and of its EXIF as one block, and a sentence for each loss."""
    stream.seek(0)
    head = stream.read(4)

    def read(at: int, size: int) -> bytes:
        stream.seek(at)
        return stream.read(size)

    try:
        order, big = "<" if head[:2] == b"II" else ">", 43 in (head[2], head[3])
        return exif.collected(read, order, offset, big, TIFF_LAYOUT)
    except (ExifError, struct.error, IndexError, OverflowError):
        return b"", [DAMAGED]


def block_orientation(data: bytes) -> int:
    """Return the orientation in EXIF, from 1 to 8; 0 if there is none."""
    return ExifBlock(data).orientation if data else 0


def upright_exif(data: bytes, orientation: int) -> bytes:
    """Return the EXIF of a picture after it was turned upright."""
    if not data:
        return data
    found = ExifBlock(data)
    found.turn(orientation)
    return bytes(found)


def with_orientation(data: bytes, orientation: int) -> bytes:
    """Return EXIF with an orientation, which may have been only in the container."""
    said = block_orientation(data)
    if orientation in (1, said) and said in (0, orientation):
        return data
    if said:
        found = ExifBlock(data)
        found.set_number(ORIENTATION, orientation)
        return bytes(found)
    return exif.with_tag(data, ORIENTATION, SHORT, 1, struct.pack("<H", orientation))


def sized(image: Image) -> Image:
    """Return an image with its own size in its EXIF."""
    if not image.exif:
        return image
    try:
        found = ExifBlock(image.exif)
    except ExifError:
        return replace(image, exif=b"", left_out=(*image.left_out, DAMAGED))
    found.resize(image.pixels.shape[1], image.pixels.shape[0])
    return replace(image, exif=bytes(found))


def without_orientation(data: bytes) -> tuple[bytes, int]:
    """Return EXIF without its orientation and without the "Exif" that begins it in a JPEG, and the orientation."""
    found = ExifBlock(data)
    orientation = found.orientation or 1
    found.remove([ORIENTATION])
    return bytes(found).removeprefix(PREFIX), orientation


def shortened(data: bytes, most: int) -> tuple[bytes, list[int]]:
    """Return EXIF of at most `most` bytes, with its largest values left out, and the tags of these."""
    return exif.shortened(ExifBlock(data), most)


def raw_exif(picture: PIL.Image.Image) -> bytes:
    """Return the EXIF of a picture that Pillow has opened, with the bytes that the file has."""
    decoder = getattr(picture, "_decoder", None)
    if picture.format == "AVIF" and decoder is not None:  # Pillow changes it if its orientation is not the container's
        return decoder.get_info()[4] or b""
    profile = raw_profiles.of(picture.info, "exif")
    if "exif" not in picture.info and profile is not None:
        return profile or b"damaged"
    found = picture.info.get("exif") or b""
    return found if isinstance(found, bytes) else b""


def said_orientation(picture: PIL.Image.Image, data: bytes, packet: bytes) -> int:
    """Return the orientation of a picture, from 1 to 8: by its container, else by its EXIF, else by its XMP."""
    decoder = getattr(picture, "_decoder", None)
    if picture.format == "AVIF" and decoder is not None:
        return int(decoder.get_info()[5])
    return orientation_in(data, packet)


def orientation_in(data: bytes, packet: bytes) -> int:
    """Return the orientation in EXIF, or else in XMP, from 1 to 8."""
    said = block_orientation(data)
    found = re.search(_XMP_ORIENTATION, packet)
    return said or (int(packet[found.end() - 1 : found.end()]) if found else 1)


def xmp(found: Any, *, keep_orientation: bool) -> bytes:
    """Return XMP as bytes, with the orientation set to upright, since the pixels are."""
    if isinstance(found, tuple):
        found = bytes(found)
    packet = found.encode() if isinstance(found, str) else found if isinstance(found, bytes) else b""
    packet = re.sub(_XMP_PICTURES, b"", packet)
    return packet if keep_orientation else re.sub(_XMP_ORIENTATION, rb"\g<1>1", packet)


def text(picture: PIL.Image.Image) -> tuple[tuple[str, str], ...]:
    """Return the keywords and texts of a PNG, or the comment of a JPEG or GIF."""
    texts = getattr(picture, "text", None) or {}
    found = {key: str(value) for key, value in texts.items() if key != "XML:com.adobe.xmp"}
    found = {key: value for key, value in found.items() if not key.startswith(raw_profiles.PREFIX)}
    if mark.is_mark(found.get("Software", "")):
        del found["Software"]  # it is true only of the file that was read
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
    """Return a resolution if it is valid: files also hold zeros, fractions over zero and words."""
    try:
        x, y = float(found[0]), float(found[1])
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    if not (0 < x < LARGEST_DPI and 0 < y < LARGEST_DPI):
        return None
    return (y, x) if swapped else (x, y)


def said_dpi(picture: PIL.Image.Image, data: bytes) -> Any:
    """Return the resolution in a file, without the one that Pillow makes up for a JPEG with EXIF."""
    made_up = picture.format in ("JPEG", "MPO") and not picture.info.get("jfif_unit")
    made_up = made_up and not (data and ExifBlock(data).find(282))
    return None if made_up else picture.info.get("dpi")


def aspect(picture: PIL.Image.Image, *, swapped: bool) -> tuple[int, int] | None:
    """Return the pixel aspect ratio of a file that gives no resolution, if the two numbers differ."""
    found: Any = picture.info.get("aspect")
    if picture.format in ("JPEG", "MPO") and picture.info.get("jfif_unit") == 0:
        found = picture.info.get("jfif_density")
    return ratio(found, swapped=swapped)


def ratio(found: Any, *, swapped: bool) -> tuple[int, int] | None:
    """Return an aspect ratio in lowest terms, if both numbers are valid and differ."""
    density = dpi(found, swapped=swapped)
    if density is None or density[0] == density[1]:
        return None
    from fractions import Fraction  # few files have oblong pixels

    lowest = Fraction(density[0] / density[1]).limit_denominator(1000)
    return (lowest.numerator, lowest.denominator) if 0 < lowest.numerator < 1 << 16 else None


def profile(icc: bytes, channels: int) -> bytes:
    """Return a color profile if it is for this many channels; another would make the file invalid."""
    return icc if icc[16:20] == (b"RGB " if channels > 2 else b"GRAY") else b""


def profile_name(icc: bytes) -> str:
    """Return a profile's own name, like "Display P3"."""
    from io import BytesIO

    from PIL import ImageCms

    try:
        return ImageCms.getProfileDescription(ImageCms.getOpenProfile(BytesIO(icc))).strip()
    except Exception:  # a parser of unknown bytes may raise anything
        return "not readable"
