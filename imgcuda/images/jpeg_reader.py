"""Decode JPEG and report damage, for which libjpeg has a warning that Pillow drops.

simplejpeg calls the same libjpeg-turbo, gives the same pixels, and raises an error for a warning. What it cannot
decode, and what is damaged, Pillow decodes as always.
"""

from __future__ import annotations

import re

import PIL.Image

from imgcuda.images import jpeg
from imgcuda.images.image import Pixels

_COLORSPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
_DAMAGE = re.compile(r"(Corrupt JPEG data: |Premature end of JPEG file)(.*)")
_KNOWN = {
    0xE0: (b"JFIF", b"JFXX"), 0xE1: (b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0"), 0xE2: (b"ICC_PROFILE", b"MPF\0"),
    0xED: (b"Photoshop 3.0",), 0xEE: (b"Adobe",), 0xEC: (b"Ducky",),
}  # fmt: skip
"""Segments that are read, or that say only how the file is coded."""

_CALLED = {b"http://ns.adobe.com/xmp/extension/\0": "extended XMP", b"urn:iso:std:iso:ts:21496:-1\0": "gain map"}


def decode(picture: PIL.Image.Image, data: bytes) -> tuple[Pixels | None, list[str]]:
    """Return a JPEG's pixels, or None if Pillow is to decode it, and a sentence for each damage."""
    try:
        import simplejpeg
    except ImportError:  # a system that it is not built for
        return None, []
    space = _COLORSPACES.get(picture.mode)
    if space is None:
        return None, []
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, space, fastdct=False, fastupsample=False, strict=True)
    except ValueError as error:
        found = _DAMAGE.match(str(error))
        said = found[2] or "they end too early" if found else ""
        return None, [f"its data are damaged ({said}); parts of the picture may be wrong"] * bool(said)
    if space == "CMYK":  # which files have inverted or not; Pillow knows
        return None, []
    return (pixels[:, :, 0] if space == "GRAY" else pixels), []


def not_carried(data: bytes, *, behind: bool = True) -> list[str]:
    """Return a sentence for each part of a JPEG that is not carried: metadata, and data `behind` its picture."""
    found = list(jpeg.segments(data))
    names = [_name(segment, data) for segment in found if jpeg.APP0 <= segment.marker < jpeg.APP0 + 16]
    said = [f"its {name} data are left out" for name in dict.fromkeys(names) if name]
    more = len(data[found[-1].end :].rstrip(b"\0\xff")) if found and found[-1].marker == jpeg.END else 0
    if behind and more:
        said.append(f"the {more:,} bytes after its picture are left out")
    return said


def _name(segment: jpeg.JpegSegment, data: bytes) -> str:
    """Return the name of a segment that is not read, or an empty string."""
    body = data[segment.start + 4 : min(segment.end, segment.start + 68)]
    if body.startswith(_KNOWN.get(segment.marker, ())):
        return ""
    for start, name in _CALLED.items():
        if body.startswith(start):
            return name
    words = re.match(rb"[\w. :/-]{3,40}", body)
    name = f"APP{segment.marker - jpeg.APP0}"
    return f"{name} ({words[0].decode()})" if words else name
