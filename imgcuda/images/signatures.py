"""Find a file's format by its first bytes: a format that is read, or one that is only known by name."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from importlib import import_module
from typing import IO, NamedTuple

from imgcuda.errors import ImageError
from imgcuda.images import jpeg2000

HEAD = 4096
"""So many bytes are looked at."""

PLUGINS = {
    "PNG": "Png", "JPEG": "Jpeg", "TIFF": "Tiff", "WEBP": "WebP", "BMP": "Bmp", "PPM": "Ppm", "GIF": "Gif",
    "AVIF": "Avif", "JPEG2000": "Jpeg2K",
}  # fmt: skip
"""The formats that Pillow reads, with its modules for them. Not in it: EPS and PDF, for which Pillow runs a program. A
module is imported with the first file that needs it; when one is wanted that is not there, Pillow imports all of its
forty."""

OWN = {"TGA": "Tga", "QOI": "Qoi", "ICO": "Ico", "PSD": "Psd", "DDS": "Dds", "PCX": "Pcx", "SGI": "Sgi"}
"""The formats that are read without Pillow, with its modules for them, which read their headers for `identify`."""

Test = Callable[[bytes], bool]


class Unread(NamedTuple):
    """A format that is known and not read."""

    name: str
    test: Test
    way_out: str


def format_of(stream: IO[bytes]) -> str:
    """Return the format of a file that is read, one of `PLUGINS` or `OWN`, with Pillow's module imported.

    Raises ImageError for all others, which says what the file is, if that is known.
    """
    head = stream.read(HEAD)
    stream.seek(0)
    if not head:
        raise ImageError("it is empty")
    for name, test in _READ.items():
        if test(head):
            if name in PLUGINS:
                load_plugin(name)
            return name
    for unread in _UNREAD:
        if unread.test(head):
            raise ImageError(f"it is {unread.name}, which is not read; {unread.way_out}")
    raise ImageError(f"it is not a picture in a known format: {', '.join([*PLUGINS, *OWN])}")


def load_plugin(name: str) -> None:
    """Import the module of Pillow that reads and writes a format."""
    import_module(f"PIL.{(PLUGINS | OWN)[name]}ImagePlugin")


def _starts(*prefixes: bytes, at: int = 0) -> Test:
    return lambda head: head.startswith(prefixes, at)


def _riff(kind: bytes) -> Test:
    return lambda head: head[:4] == b"RIFF" and head[8:12] == kind


def _brands(head: bytes) -> set[bytes]:
    """Return the brands of an ISO media file (AVIF, HEIC, MP4): the major one, and compatible ones."""
    if head[4:8] != b"ftyp":
        return set()
    size = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[place : place + 4] for place in range(16, size, 4))}


def _branded(*brands: bytes) -> Test:
    return lambda head: not _brands(head).isdisjoint(brands)


def _matches(pattern: bytes) -> Test:
    return lambda head: re.match(pattern, head, re.DOTALL | re.IGNORECASE) is not None  # compiled when it is needed


def _marked_up(language: bytes) -> Test:
    """Return a test for XML or HTML by its first element of a known name."""
    first = rb"<(?:!DOCTYPE )?(?:\w+:)?(svg|html)[\s>]"

    def test(head: bytes) -> bool:
        found = re.search(first, head, re.I) if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" else None
        return found is not None and found[1].lower() == language

    return test


def is_tiff(head: bytes) -> bool:
    """Return whether a file begins as a TIFF or a BigTIFF does, which a camera's raw file may do, too."""
    return head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"))


def _is_bmp(head: bytes) -> bool:
    return head[:2] == b"BM" and len(head) >= 18 and struct.unpack_from("<I", head, 14)[0] in BMP_HEADERS


def _is_tga(head: bytes) -> bool:
    from imgcuda.images.tga import is_tga  # the last test, which few files come to

    return is_tga(head)


BMP_HEADERS = {12, 40, 52, 56, 64, 108, 124, *range(16, 64, 4)}
"""How many bytes a BMP's second header may have: Windows' kinds, and OS/2's, which end early."""

# The brands of pictures in ISO media files; all others are of videos.
_AVIF = (b"avif", b"avis")
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1")
_CR3 = b"crx "

_READ: dict[str, Test] = {
    "PNG": _starts(b"\x89PNG\r\n\x1a\n"),
    "JPEG": _starts(b"\xff\xd8\xff"),
    "TIFF": lambda head: is_tiff(head) and head[8:10] != b"CR",
    "WEBP": _riff(b"WEBP"),
    "BMP": _is_bmp,
    "PPM": _matches(rb"P[1-7fF][\s#]"),
    "GIF": _starts(b"GIF87a", b"GIF89a"),
    "AVIF": _branded(*_AVIF),
    "JPEG2000": _starts(jpeg2000.CODESTREAM, jpeg2000.SIGNATURE),
    "QOI": _starts(b"qoif"),
    "ICO": lambda head: head[:4] in (b"\0\0\1\0", b"\0\0\2\0") and head[4:6] != b"\0\0" and head[9:10] == b"\0",
    "PSD": _starts(b"8BPS"),
    "DDS": _starts(b"DDS \x7c\0\0\0"),
    "SGI": _matches(rb"\x01\xda[\0\1][\1\2]\0[\1-\3]"),
    "PCX": _matches(rb"\n[\0\2-\5][\0\1][\1\2\4\x08]"),
    "TGA": _is_tga,
}


_is_still = _branded(*_AVIF, *_HEIC, _CR3)

DEMUXERS: dict[str, Test] = {
    "mov": lambda head: head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide") and not _is_still(head),
    "matroska": _starts(b"\x1aE\xdf\xa3"),
    "avi": _riff(b"AVI "),
    "mpegts": lambda head: len(head) > 376 and head[0] == head[188] == head[376] == 0x47,
    "mpeg": _starts(b"\0\0\1\xba"),
    "flv": _starts(b"FLV\1"),
    "asf": _starts(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
}
"""FFmpeg's readers of videos (demuxers), by name, with the test for a file that each reads."""


def demuxer_of(head: bytes) -> str | None:
    """Return FFmpeg's name of the demuxer for a video or a GIF, by its first bytes; None for anything else."""
    if _READ["GIF"](head):
        return "gif"
    return next((name for name, test in DEMUXERS.items() if test(head)), None)


def _with(command: str, verb: str = "convert it") -> str:
    return f"{verb} first, for example with `{command}`"


_DEVELOP = _with("darktable-cli {} out.tif", "develop it")
_VIDEO = "filter it to another video, as out.mp4, or take its pictures out: `ffmpeg -i in.mp4 out%04d.png`"
_OIIO = _with("oiiotool {} -o out.tif")
_MAGICK = _with("magick {} out.png")


_UNREAD = (
    Unread("a HEIC picture", _branded(*_HEIC),
           _with("heif-convert in.heic out.png")),
    Unread("a Canon raw picture (CR3)", _branded(_CR3), _DEVELOP.format("in.cr3")),
    *(Unread("a video", test, _VIDEO) for test in DEMUXERS.values()),
    Unread("an animated cursor", _riff(b"ACON"), _MAGICK.format("in.ani")),
    Unread("a JPEG XL picture", _starts(b"\xff\n", b"\0\0\0\x0cJXL \r\n\x87\n"),
           _with("djxl in.jxl out.png")),
    Unread("an SVG drawing", _marked_up(b"svg"), _with("rsvg-convert in.svg -o out.png", "draw it")),
    Unread("a PDF document", _matches(rb"\s*%PDF-"), _with("pdftoppm -png in.pdf out", "draw its pages")),
    Unread("a PostScript program", _matches(rb"\s*%!|\xc5\xd0\xd3\xc6"),
           _with("gs -dSAFER -sDEVICE=png16m -o out.png in.eps", "if you trust it, run it")),
    Unread("a Canon raw picture (CR2)", _starts(b"CR\2", at=8), _DEVELOP.format("in.cr2")),
    Unread("a Fujifilm raw picture", _starts(b"FUJIFILMCCD-RAW"), _DEVELOP.format("in.raf")),
    Unread("an Olympus raw picture", _starts(b"IIRO", b"IIRS", b"MMOR"), _DEVELOP.format("in.orf")),
    Unread("a Panasonic raw picture", _starts(b"IIU\0"), _DEVELOP.format("in.rw2")),
    Unread("a Sigma raw picture", _starts(b"FOVb"), _DEVELOP.format("in.x3f")),
    Unread("a Minolta raw picture", _starts(b"\0MRM"), _DEVELOP.format("in.mrw")),
    Unread("a JPEG XR picture", _starts(b"II\xbc"), _with("JxrDecApp -i in.jxr -o out.tif")),
    Unread("an OpenEXR picture", _starts(b"v/1\1"), _OIIO.format("in.exr")),
    Unread("a Radiance HDR picture", _starts(b"#?RADIANCE", b"#?RGBE"), _OIIO.format("in.hdr")),
    Unread("a DPX picture", _starts(b"SDPX", b"XPDS"), _OIIO.format("in.dpx")),
    Unread("a Cineon picture", _starts(b"\x80*_\xd7"), _OIIO.format("in.cin")),
    Unread("a FITS file", _matches(rb"SIMPLE  ="), "astropy.io.fits reads it, and tifffile writes a TIFF"),
    Unread("a DICOM file", _starts(b"DICM", at=128), _with("dcmj2pnm +on in.dcm out.png")),
    Unread("a NIfTI file", _starts(b"n+1\0", b"ni1\0", at=344), "convert its slices first: nibabel reads it"),
    Unread("a NumPy array", _starts(b"\x93NUMPY"), "filter it in Python: imgcuda takes arrays"),
    Unread("an HDF5 file", _starts(b"\x89HDF\r\n\x1a\n"), "filter its arrays in Python: imgcuda takes arrays"),
    Unread("a GIMP picture", _starts(b"gimp xcf"), "export it from GIMP as a PNG or TIFF"),
    Unread("a Krita or OpenRaster picture", _matches(rb"PK\x03\x04.{26}mimetype(image/openraster|application/x-krita)"),
           "export it as a PNG or TIFF"),
    Unread("a MNG animation", _starts(b"\x8aMNG\r\n\x1a\n"), _MAGICK.format("in.mng")),
    Unread("a JNG picture", _starts(b"\x8bJNG\r\n\x1a\n"), _MAGICK.format("in.jng")),
    Unread("a Windows metafile", _starts(b"\xd7\xcd\xc6\x9a", b"\1\0\x09\0"), _with("inkscape in.wmf -o out.png")),
    Unread("a Windows metafile", _starts(b" EMF", at=40), _with("inkscape in.emf -o out.png")),
    Unread("a Mac icon", _starts(b"icns"), _with("icns2png -x in.icns")),
    Unread("a DjVu document", _starts(b"AT&TFORM"), _with("ddjvu -format=tiff in.djvu out.tif", "draw it")),
    Unread("a BPG picture", _starts(b"BPG\xfb"), _with("bpgdec -o out.png in.bpg")),
    Unread("a FLIF picture", _starts(b"FLIF"), _with("flif -d in.flif out.png")),
    Unread("a KTX texture", _starts(b"\xabKTX "), _with("ktx extract in.ktx2 out.png")),
    Unread("a PCX with several pages", _starts(b"\xb1h\xde:"), _MAGICK.format("in.dcx")),
    Unread("a Sun raster picture", _starts(b"Y\xa6j\x95"), _MAGICK.format("in.ras")),
    Unread("an XPM picture", _matches(rb"/\* XPM"), _MAGICK.format("in.xpm")),
    Unread("an XBM picture", _matches(rb"#define \w+_width \d+\s"), _MAGICK.format("in.xbm")),
    Unread("a web page", _marked_up(b"html"),
           "it may have been saved in the place of the picture that it shows"),
    Unread("a gzip archive", _starts(b"\x1f\x8b"), "unpack it first, for example with `gunzip in.gz`"),
    Unread("a ZIP archive", _starts(b"PK\3\4"), "unpack it first, for example with `unzip in.zip`"),
)  # fmt: skip
