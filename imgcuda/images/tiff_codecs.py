"""Decompress the strips and tiles of a TIFF.

Lossless compressions decode to bytes, whatever the bytes mean. If Python has no decoder, libtiff decodes a small TIFF
in which a row of the picture is a row of gray bytes, so that it does not interpret them. Fax, JPEG, WebP and JPEG 2000
decode to samples.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO

import numpy as np
import PIL.Image
from PIL import TiffImagePlugin

from imgcuda.errors import ImageError
from imgcuda.images import jpeg_reader
from imgcuda.images.complaints import gathered
from imgcuda.images.image import Pixels

NONE, LZW, JPEG, PACKBITS, DEFLATES, LZMA, ZSTD, WEBP = 1, 5, 7, 32773, (8, 32946), 34925, 50000, 50001
GROUP_4 = 4
FAX = (2, 3, GROUP_4, 32771)
JPEG_2000 = (33003, 33005, 34712)

NAMES = {
    LZW: "LZW", JPEG: "JPEG", PACKBITS: "PackBits", 8: "deflate", 32946: "deflate", LZMA: "LZMA", ZSTD: "ZSTD",
    WEBP: "WebP", 2: "fax", 3: "fax (group 3)", 4: "fax (group 4)", 32771: "fax", 33003: "JPEG 2000",
    33005: "JPEG 2000", 34712: "JPEG 2000",
    6: "old-style JPEG", 32766: "NeXT", 32809: "ThunderScan", 32895: "print", 32896: "print", 32897: "print",
    32898: "print", 32908: "Pixar's", 32909: "PixarLog", 34661: "JBIG", 34676: "LogLuv (SGILog)",
    34677: "LogLuv (SGILog24)", 34713: "Nikon's NEF", 34887: "LERC", 34892: "lossy DNG", 34933: "PNG",
    34934: "JPEG XR", 48124: "a microscope's JPEG-like", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip

BYTES = (NONE, LZW, PACKBITS, *DEFLATES, LZMA, ZSTD)
"""The compressions that decode to bytes; the others decode to samples."""

PREDICTED = (LZW, *DEFLATES, LZMA, ZSTD)
"""The compressions that allow a predictor, which stores differences of samples."""

TOGETHER = 1 << 25
"""The most bytes that libtiff decodes at once."""

_END_OF_BLOCK = 24
"""The end mark of group 4 fax data, which some programs leave out."""


Segments = Sequence[bytes]


def check(compression: int) -> None:
    """Raise ImageError for a compression that cannot be read."""
    if compression in (*BYTES, *FAX, JPEG, WEBP, *JPEG_2000):
        return
    name = NAMES.get(compression)
    what = f"{name} compression" if name else f"compression number {compression}"
    raise ImageError(f"its {what} cannot be read; save it with LZW or none in the program that made it")


def plain_bytes(compression: int, segments: Segments, rows: Sequence[int], width: int) -> list[bytes]:
    """Return the decompressed bytes of segments, each with its number of rows of `width` bytes."""
    if compression in (NONE, *DEFLATES, LZMA):
        inflate = _INFLATE.get(compression, _as_they_are)
        made = [inflate(data, count * width) for data, count in zip(segments, rows, strict=True)]
        if any(len(data) < count * width for data, count in zip(made, rows, strict=True)):
            raise ImageError("it is cut short" if compression == NONE else f"its {NAMES[compression]} data is damaged")
        return made
    return [made.tobytes() for made in _by_libtiff(compression, segments, rows, width, 8, {})]


def _as_they_are(data: bytes, size: int) -> bytes:
    return data[:size]


def _inflated(data: bytes, size: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        made = stream.decompress(data, size)
        stream.decompress(stream.unconsumed_tail, 1 << 16)  # up to the checksum, which zlib compares with the data
        return made
    except zlib.error as error:
        raise ImageError("its deflate data is damaged") from error


def _from_lzma(data: bytes, size: int) -> bytes:
    try:
        return lzma.LZMADecompressor(memlimit=1 << 30).decompress(data, size)
    except lzma.LZMAError as error:
        raise ImageError("its LZMA data is damaged") from error


_INFLATE: dict[int, Callable[[bytes, int], bytes]] = {8: _inflated, 32946: _inflated, LZMA: _from_lzma}


def fax(
    compression: int, segments: Segments, rows: Sequence[int], width: int, options: dict[int, int]
) -> tuple[list[Pixels], bool]:
    """Return the bits of fax segments, and whether some of their lines may be wrong.

    libtiff reports codes that it does not know. Damage may also turn one code into another. Group 4 has only one
    encoding of a picture, so the decoded picture is encoded again and compared.
    """
    said: list[str] = []
    made = _by_libtiff(compression, segments, rows, width, 1, options, said)
    is_other = compression == GROUP_4 and not all(map(_is_group_4_of, segments, made))
    return made, bool(said) or is_other


def _is_group_4_of(segment: bytes, bits: Pixels) -> bool:
    buffer = BytesIO()
    PIL.Image.fromarray(bits).save(buffer, "TIFF", compression="group4", tiffinfo={278: len(bits)})
    with TiffImagePlugin.TiffImageFile(BytesIO(buffer.getvalue())) as picture:
        start, size = picture.tag_v2[273][0], picture.tag_v2[279][0]
    written = buffer.getvalue()[start : start + size]
    whole = int.from_bytes(written, "big")
    padding = (whole & -whole).bit_length() - 1 + _END_OF_BLOCK
    stored = int.from_bytes(segment[:size].ljust(size, b"\0"), "big")
    return whole >> padding == stored >> padding


def _by_libtiff(
    compression: int,
    segments: Segments,
    rows: Sequence[int],
    width: int,
    bits: int,
    options: dict[int, int],
    said: list[str] | None = None,
) -> list[Pixels]:
    """Return segments as arrays of bytes or bits; segments with the same number of rows are decoded together."""
    made: list[Pixels] = []
    start = 0
    while start < len(segments):
        stop, height = start + 1, rows[start]
        # All but the last segment of a TIFF have the same number of rows, so that a longer one cannot follow.
        while stop < len(segments) and rows[stop] == rows[start] and (height + rows[stop]) * width <= TOGETHER:
            height, stop = height + rows[stop], stop + 1
        data = _small_tiff(compression, segments[start:stop], height, rows[start], width, bits, options)
        decoded = _decoded(data, compression, said)
        made += np.split(decoded, np.cumsum(rows[start : stop - 1])) if stop - start > 1 else [decoded]
        start = stop
    return made


def _decoded(data: bytes, compression: int, said: list[str] | None) -> Pixels:
    try:
        with gathered() as complaints, TiffImagePlugin.TiffImageFile(BytesIO(data)) as picture:
            picture.load()
            decoded = np.array(picture)
    except (OSError, ValueError, SyntaxError, TypeError) as error:
        raise ImageError(f"its {NAMES[compression]} data is damaged") from error
    if complaints and said is None:
        raise ImageError(f"its {NAMES[compression]} data is damaged")
    if said is not None:
        said += complaints
    return decoded


def _small_tiff(
    compression: int, segments: Segments, height: int, rows: int, width: int, bits: int, options: dict[int, int]
) -> bytes:
    """Return a TIFF of one sample per pixel, in which each segment is a strip."""
    tags = {256: width, 257: height, 258: bits, 259: compression, 262: 1, 277: 1, 278: rows, **options}
    count = len(segments)
    values = 8 + 2 + 12 * (len(tags) + 2) + 4
    data = values + 8 * count
    places = [data]
    for segment in segments[:-1]:
        places.append(places[-1] + len(segment))
    lists = {273: places, 279: [len(segment) for segment in segments]}
    entries = []
    for tag in sorted([*tags, *lists]):
        if tag in tags:
            entries.append(struct.pack("<HHII", tag, 4, 1, tags[tag]))
        elif count == 1:
            entries.append(struct.pack("<HHII", tag, 4, 1, lists[tag][0]))
        else:
            entries.append(struct.pack("<HHII", tag, 4, count, values + 4 * count * (tag == 279)))
    table = struct.pack(f"<{2 * count}I", *lists[273], *lists[279])
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return b"".join([head, table, *segments])


def jpeg(data: bytes, tables: bytes, colors: str) -> tuple[Pixels, list[str]]:
    """Return a JPEG's samples, and a sentence for each damage.

    `colors` is the color space in the JPEG: L, RGB, YCbCr (which becomes RGB) or CMYK.
    """
    from PIL import JpegImagePlugin

    if data[:2] != b"\xff\xd8":
        raise ImageError("its JPEG data is damaged")
    shared = tables[2:-2] if tables[:2] == b"\xff\xd8" and tables[-2:] == b"\xff\xd9" else b""
    whole = data[:2] + shared + data[2:]
    with JpegImagePlugin.JpegImageFile(BytesIO(whole)) as picture:
        mode = "RGB" if colors == "YCbCr" else colors
        if picture.mode != mode:
            raise ImageError(f"its JPEG data is {picture.mode}, and its directory says that it is {colors}")
        _, damage = jpeg_reader.decode(picture, whole)
        picture.tile = [tile._replace(args=(mode, colors)) for tile in picture.tile]
        picture.load()
        return np.array(picture), damage


def by_content(compression: int, data: bytes) -> Pixels:
    """Return the samples of a WebP, or of a JPEG 2000 of 8 bits."""
    from PIL import Jpeg2KImagePlugin, WebPImagePlugin

    kind = WebPImagePlugin.WebPImageFile if compression == WEBP else Jpeg2KImagePlugin.Jpeg2KImageFile
    with kind(BytesIO(data)) as picture:
        picture.load()
        if picture.mode not in ("L", "LA", "RGB", "RGBA"):
            raise ImageError(f"its {NAMES[compression]} compression is of samples that cannot be read")
        return np.array(picture)
