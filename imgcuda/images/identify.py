"""Reads the format, size and type of an image file from its header, without decoding a pixel."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

import PIL.Image

from imgcuda.images import avif_boxes, jpeg2000, metadata
from imgcuda.images.error_messages import translated_errors
from imgcuda.images.exif import ExifBlock
from imgcuda.images.exif_directories import EXIF, ExifError
from imgcuda.images.reading import frames_in, header_of
from imgcuda.images.signatures import format_of
from imgcuda.images.sources import Open, Source, name_of, opener

_TAKEN, _CHANGED = 0x9003, 0x0132
"""The tags of when a picture was taken and when it was changed."""

_COLORS = {
    **dict.fromkeys(("1", "L", "LA", "La", "I", "F"), "gray"),
    **{"P": "palette", "PA": "palette", "CMYK": "CMYK", "YCbCr": "YCbCr", "LAB": "Lab", "HSV": "HSV"},
}
"""The kinds of color of Pillow's modes; all others are RGB."""

_SAMPLES = {"gray": 1, "palette": 1, "CMYK": 4}
"""Samples of a pixel without alpha; all others have 3."""

_PHOTOMETRIC = {0: "gray", 1: "gray", 3: "palette", 5: "CMYK", 6: "YCbCr", 8: "Lab", 9: "Lab"}
"""The kinds of color of a TIFF's color spaces; all others are RGB."""


@dataclass(frozen=True)
class FileFacts:
    """The facts about an image file; of several pictures, about the first."""

    format: str
    width: int
    height: int
    color: str
    """gray, palette, RGB, CMYK, YCbCr, Lab or HSV."""
    channels: int
    """Samples of a pixel, with alpha."""
    alpha: bool
    """Whether some pixels may be transparent."""
    bits: int
    """Bits of a sample."""
    sample: str
    """uint, int or float."""
    pictures: int
    """Pages, or frames of an animation."""
    animated: bool
    orientation: int
    """By EXIF, from 1, upright, to 8."""
    profile: str
    """The name of the color profile; empty if there is none."""
    dpi: tuple[float, float] | None
    taken: str
    """When the picture was taken, or else changed, as EXIF has it: "2026:11:30 15:04:05"."""


def identify(source: Source) -> FileFacts:
    """Return the facts about a file, by its header alone. ImageError for a file that cannot be read."""
    errors = translated_errors(name_of(source), "read")
    with errors as subject, warnings.catch_warnings(), opener(source) as reopen:
        warnings.simplefilter("ignore")
        subject.format = format_of(reopen())
        return _of_tiff(reopen()) if subject.format == "TIFF" else _of_others(reopen, subject.format)


def _of_tiff(stream: IO[bytes]) -> FileFacts:
    from imgcuda.images import tiff_reader
    from imgcuda.images.tiff_layout import layout

    found = tiff_reader.pages(stream)
    page = found.pictures[0]
    made = layout(page.directory)
    exif, _ = metadata.tiff_block(stream, page.offset)
    return FileFacts(
        "TIFF",
        made.width,
        made.height,
        _PHOTOMETRIC.get(made.photometric, "RGB"),
        made.samples,
        made.has_alpha,
        made.bits,
        {"u": "uint", "i": "int", "f": "float"}[made.kind],
        len(found.pictures),
        False,
        metadata.block_orientation(exif) or 1,
        _profile(page.directory.raw(34675)),
        metadata.dpi(page.dpi),
        _time(exif),
    )


def _of_others(reopen: Open, format: str) -> FileFacts:
    picture = header_of(reopen(), format)
    exif, _ = metadata.block(metadata.raw_exif(picture))
    color = _COLORS.get(picture.mode.partition(";")[0], "RGB")
    in_alpha = picture.mode.endswith(("A", "a", "X")) and picture.mode not in ("RGBX",)
    alpha = in_alpha or "transparency" in picture.info
    return FileFacts(
        format,
        picture.width,
        picture.height,
        color,
        _SAMPLES.get(color, 3) + in_alpha,
        alpha,
        _bits(picture, reopen, format),
        "float" if picture.mode == "F" else "uint",
        frames_in(picture),
        bool(getattr(picture, "is_animated", False)) and format != "JPEG",
        metadata.said_orientation(picture, exif, metadata.xmp(picture.info.get("xmp"), keep_orientation=True)),
        _profile(picture.info.get("icc_profile") or b""),
        metadata.dpi(metadata.said_dpi(picture, exif)),
        _time(exif),
    )


def _bits(picture: PIL.Image.Image, reopen: Open, format: str) -> int:
    """Return the bits of a sample, from the header of a format that has several, since Pillow tells of 8 and 16."""
    of_header = {"PNG": _bits_of_png, "AVIF": avif_boxes.bits, "JPEG2000": _bits_of_jpeg2000}
    if format in of_header:
        return of_header[format](reopen())
    mode = picture.mode
    return 1 if mode == "1" else 32 if mode in ("I", "F") else 16 if ";16" in mode else 8


def _bits_of_png(stream: IO[bytes]) -> int:
    return stream.read(25)[24]


def _bits_of_jpeg2000(stream: IO[bytes]) -> int:
    return jpeg2000.look(stream.read()).bits


def _profile(icc: bytes) -> str:
    return metadata.profile_name(icc) if icc else ""


def _time(exif: bytes) -> str:
    with suppress(ExifError):
        block = ExifBlock(exif)
        found = block.find(_TAKEN, EXIF) or block.find(_CHANGED)
        return found.value.split(b"\0")[0].decode("ascii", "replace").strip() if found else ""
    return ""
