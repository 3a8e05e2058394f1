"""A file of a format that is not read is named, with a remedy; a decoder's exception becomes a message on the file."""

from __future__ import annotations

import io
import struct
import subprocess
import sys

import pytest

from imgcuda import images
from imgcuda.errors import ImageError
from imgcuda.images import signatures
from imgcuda.images.error_messages import translated_errors
from support.broken_files import WHOLE


def refused(data: bytes) -> str:
    with pytest.raises(ImageError) as raised:
        images.read(io.BytesIO(data))
    return str(raised.value).removeprefix("standard input cannot be read: ")


def media(*brands: bytes) -> bytes:
    """Return the beginning of an ISO media file: its major brand, a version, and what it is compatible to."""
    return struct.pack(">I4s4sI", 16 + 4 * len(brands[1:]), b"ftyp", brands[0], 0) + b"".join(brands[1:]) + bytes(40)


UNREAD = {
    "a HEIC picture": media(b"heic", b"mif1", b"heic"),
    "a Canon raw picture (CR3)": media(b"crx ", b"isom"),
    "a Canon raw picture (CR2)": b"II*\0\x10\0\0\0CR\2\0" + bytes(40),
    "a video": media(b"isom", b"iso2", b"avc1", b"mp41"),
    "a JPEG XL picture": b"\xff\x0a" + bytes(40),
    "an SVG drawing": b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a PDF document": b"%PDF-1.7\n",
    "a PostScript program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "a Fujifilm raw picture": b"FUJIFILMCCD-RAW 0201" + bytes(90),
    "an OpenEXR picture": b"v/1\x01\x02\0\0\0",
    "a Radiance HDR picture": b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n",
    "a FITS file": b"SIMPLE  =                    T" + b" " * 50,
    "a DICOM file": bytes(128) + b"DICM" + bytes(40),
    "a GIMP picture": b"gimp xcf v011\0",
    "a MNG animation": b"\x8aMNG\r\n\x1a\n" + bytes(20),
    "a JNG picture": b"\x8bJNG\r\n\x1a\n" + bytes(20),
    "a Windows metafile": b"\xd7\xcd\xc6\x9a" + bytes(40),
    "a web page": b"\n<!DOCTYPE html>\n<html><body>404</body></html>",
    "a gzip archive": b"\x1f\x8b\x08\0" + bytes(20),
}


@pytest.mark.parametrize("name", UNREAD)
def test_a_known_format_that_is_not_read_is_named_with_the_way_out(name: str) -> None:
    words = refused(UNREAD[name])
    assert words.startswith(f"it is {name}, which is not read; ") and len(words.split("; ")[1]) > 20


def test_an_empty_file_is_said_to_be_empty() -> None:
    assert refused(b"") == "it is empty"


@pytest.mark.parametrize(
    "text", [b"BM is how this text begins", b"P5 is not", b"Pyramid", b"GIF is a format", b"RIFFRAFF"]
)
def test_text_that_begins_as_a_picture_does_is_no_picture(text: bytes) -> None:
    if not text.startswith(b"P5"):
        assert refused(text).startswith("it is not a picture in a known format: PNG, JPEG")
    refused(text)


def test_what_is_read_is_known_by_its_first_bytes() -> None:
    known = {"tif": "TIFF", "jpg": "JPEG", "jp2": "JPEG2000", "psb": "PSD"}
    known |= dict.fromkeys(("pgm", "pbm", "pam", "pfm"), "PPM")
    for name, data in WHOLE.items():
        extension = name.rpartition(".")[2]
        assert signatures.format_of(io.BytesIO(data)) == known.get(extension, extension.upper()), name


def test_a_format_costs_nothing_until_a_file_is_of_it() -> None:
    code = "import sys, imgcuda.images; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = done.stdout.split()
    of_pillow = {name for name in imported if name.startswith("PIL.") and "ImagePlugin" in name}
    assert of_pillow <= {"PIL.TiffImagePlugin"}  # whose directories our own TIFFs are made of
    readers = ("bmp", "dds", "gif_reader", "ico", "jpeg_reader", "netpbm", "pcx", "png_reader", "psd", "qoi", "sgi")
    writers = ("gif", "png", "tiff_writer")
    ours = {f"imgcuda.images.{name}" for name in (*readers, "tiff_reader", *writers)}
    assert ours.isdisjoint(imported) and "imgcuda.images.reading" in imported


@pytest.mark.parametrize(
    "error",
    [
        IndexError("index out of range"),
        AssertionError(),
        KeyError(7),
        ValueError("zip() argument 2 is shorter than argument 1"),
        struct.error("unpack_from requires a buffer of at least 12 bytes for unpacking 4 bytes at offset 8"),
        UnboundLocalError("cannot access local variable 'x' where it is not associated with a value"),
        TypeError("unsupported operand type(s) for +: 'int' and 'NoneType'"),
        ValueError("unsupported format character 'y' (0x79) at index 1"),
        SystemError("tile cannot extend outside image"),
        RecursionError("maximum recursion depth exceeded"),
        ZeroDivisionError("float division by zero"),
        OverflowError("Python int too large to convert to C long"),
    ],
)
def test_words_of_python_are_not_repeated(error: Exception) -> None:
    with pytest.raises(ImageError) as raised, translated_errors("a.gif", "read") as subject:
        subject.format = "GIF"
        raise error
    assert str(raised.value) == "a.gif cannot be read: it is damaged: its GIF data cannot be decoded"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("Unsupported depth (9)"), "it is of a kind that cannot be read: unsupported depth (9)"),
        (OSError("image file is truncated (3 bytes)"), "it is damaged or cut short: some of its data is missing"),
        (MemoryError(), "there is not enough memory"),
        (ImageError("it is folded"), "it is folded"),
    ],
)  # fmt: skip
def test_words_about_the_file_are(error: Exception, words: str) -> None:
    with pytest.raises(ImageError) as raised, translated_errors("a.bmp", "read"):
        raise error
    assert str(raised.value) == f"a.bmp cannot be read: {words}"
