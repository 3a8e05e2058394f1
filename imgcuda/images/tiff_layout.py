"""Reads the layout of a TIFF page's samples from its directory, and refuses layouts that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass

from imgcuda.errors import ImageError
from imgcuda.images import tiff_codecs as codecs
from imgcuda.images.tiff_directory import Directory
from imgcuda.pixels import MOST_CHANNELS

MAX_SAMPLES = 16
"""The most samples per pixel that are decoded; at most 4 of them are kept."""

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, CMYK, YCBCR, CIELAB, ICCLAB = 0, 1, 2, 3, 4, 5, 6, 8, 9
CFA, LINEAR_RAW = 32803, 34892
"""Raw data of a camera: with a color filter over each pixel, or already with one value of each color."""

COLORS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3, CIELAB: 3, ICCLAB: 3}
"""The color spaces (PhotometricInterpretation) that can be read, and their samples per pixel without extra ones."""

_UNREAD = {MASK: "a transparency mask", CFA: "a camera's raw sensor data", LINEAR_RAW: "a camera's raw sensor data",
           10: "ITU L*a*b*", 32844: "LogL", 32845: "LogLuv", 51177: "depths"}  # fmt: skip

UNSIGNED, SIGNED, FLOAT = "u", "i", "f"
_KINDS = {1: UNSIGNED, 2: SIGNED, 3: FLOAT, 4: UNSIGNED}
_DATA_TYPES = {0: 1, 1: 2, 2: 1, 3: 3}
"""SGI's older tag for SampleFormat."""

_WHOLE_BYTES = {UNSIGNED: (8, 16, 32, 64), SIGNED: (8, 16, 32, 64), FLOAT: (16, 32, 64)}


@dataclass(frozen=True)
class TiffLayout:
    """The layout of a page's pixels, by its directory."""

    directory: Directory
    width: int
    height: int
    samples: int
    """Per pixel."""
    bits: int
    """Per sample."""
    kind: str
    """The kind of number: unsigned, signed or float."""
    photometric: int
    """The color space (PhotometricInterpretation)."""
    extra: tuple[int, ...]
    """The meaning of each extra sample: 1 is alpha of premultiplied colors, 2 alpha of straight ones, else unknown."""
    planes: bool
    """Whether each sample has a plane of its own."""
    compression: int
    predictor: int
    subsampling: tuple[int, int]
    """The number of pixels across and down that share Cb and Cr."""
    tiled: bool
    across: int
    """The width of a strip or tile, in pixels."""
    down: int
    guessed: bool
    """Whether the color space is a guess, since the file does not give it."""

    @property
    def has_alpha(self) -> bool:
        return any(kind in (1, 2) for kind in self.extra)

    @property
    def decoded_planes(self) -> int:
        return self.samples if self.planes else 1

    @property
    def together(self) -> int:
        """The number of samples of a pixel that are stored next to each other: all, or one if each has a plane."""
        return 1 if self.planes else self.samples

    @property
    def decodes_to_rgb(self) -> bool:
        """Whether the decoder converts YCbCr to RGB, as JPEG decoders do."""
        return self.compression in (codecs.JPEG, codecs.WEBP, 33005, 34712) and not self.planes

    @property
    def is_bands(self) -> bool:
        """Whether a pixel has more than four samples that are neither color nor alpha, as satellites' bands are."""
        return self.photometric == BLACK_IS_ZERO and self.samples > MOST_CHANNELS and not self.has_alpha

    @property
    def is_subsampled(self) -> bool:
        """Whether pixels share Cb and Cr in the decompressed bytes. A JPEG decoder undoes that itself."""
        by_bytes = self.compression in codecs.BYTES
        return self.photometric == YCBCR and by_bytes and not self.planes and self.subsampling != (1, 1)


def layout(directory: Directory) -> TiffLayout:
    """Return the layout in a directory; ImageError, before anything is decoded, if it cannot be read."""
    width, height = directory.value(256, 0), directory.value(257, 0)
    if width < 1 or height < 1:
        raise ImageError(f"it has no pixels: its size is {width} x {height}")
    samples, compression = directory.value(277, 1), directory.value(259, 1)
    tiled = 322 in directory.entries
    rows = directory.value(278, height)
    photometric, guessed = _photometric(directory, samples, compression)
    found = TiffLayout(
        directory, width, height, samples, _same(directory, 258, 1, "bits"), _kind(directory), photometric,
        _extra(directory, photometric, samples), directory.value(284, 1) == 2 and samples > 1, compression,
        directory.value(317, 1) if compression in codecs.PREDICTED else 1, _subsampling(directory), tiled,
        directory.value(322, 0) if tiled else width,
        directory.value(323, 0) if tiled else min(rows, height) if rows > 0 else height, guessed,
    )  # fmt: skip
    _check(found)
    return found


def _photometric(directory: Directory, samples: int, compression: int) -> tuple[int, bool]:
    """Return the color space, and whether it is a guess; for fax it is not, since black is always 1."""
    if directory.values(262):
        return directory.value(262, 0), False
    if compression in codecs.FAX:
        return WHITE_IS_ZERO, False
    return (RGB if samples > 2 else BLACK_IS_ZERO), True


def _same(directory: Directory, tag: int, default: int, what: str) -> int:
    """Return the value of a tag that must be the same for all samples of a pixel."""
    values = directory.values(tag)[:MAX_SAMPLES] or (default,)
    if len(set(values)) > 1:
        raise ImageError(f"its samples differ in their {what}: {', '.join(map(str, values))}")
    return int(values[0])


def _kind(directory: Directory) -> str:
    if 339 not in directory.entries and directory.values(32996):
        number = _DATA_TYPES.get(directory.value(32996, 0), 1)
    else:
        number = _same(directory, 339, 1, "number format")
    if number in (5, 6):
        raise ImageError("its samples are complex numbers, which are not a picture; save, for example, their magnitude")
    if number not in _KINDS:
        raise ImageError(f"its samples are of the unknown number format {number}")
    return _KINDS[number]


def _extra(directory: Directory, photometric: int, samples: int) -> tuple[int, ...]:
    count = max(0, min(samples, MAX_SAMPLES) - COLORS.get(photometric, 1))
    if (photometric, count) == (RGB, 1) and 338 not in directory.entries:
        return (2,)  # some programs, like OpenCV, do not write the tag
    return tuple([*map(int, directory.values(338)[:count]), *[0] * count][:count])


def _subsampling(directory: Directory) -> tuple[int, int]:
    found = directory.values(530)
    return (int(found[0]), int(found[1])) if len(found) > 1 else (2, 2)


def _check(page: TiffLayout) -> None:
    """Raise ImageError for a layout that cannot be read."""
    if page.photometric not in COLORS:
        what = _UNREAD.get(page.photometric, f"of the unknown kind {page.photometric}")
        raise ImageError(f"its samples are {what}, which cannot be read; convert it in the program that made it")
    if page.samples > MAX_SAMPLES:
        raise ImageError(f"it has {page.samples} samples a pixel; there may be {MAX_SAMPLES}")
    if page.samples < COLORS[page.photometric]:
        raise ImageError(f"it has {page.samples} samples a pixel; its colors need {COLORS[page.photometric]}")
    if page.directory.value(32997, 1) > 1:
        raise ImageError("it is a volume, in which a page has several layers; save each layer as a page")
    codecs.check(page.compression)
    _check_numbers(page)
    _check_decoder(page)
    _check_segments(page)


def _check_numbers(page: TiffLayout) -> None:
    few_bits = page.kind == UNSIGNED and 1 <= page.bits <= 16
    if not few_bits and page.bits not in _WHOLE_BYTES[page.kind]:
        names = {UNSIGNED: "whole numbers", SIGNED: "signed numbers", FLOAT: "floats"}
        raise ImageError(f"its samples are {names[page.kind]} of {page.bits} bits, which cannot be read")
    if page.photometric in (PALETTE, CMYK) and not few_bits:
        raise ImageError("its colors need samples that are whole numbers of up to 16 bits")
    if page.photometric in (YCBCR, CIELAB, ICCLAB) and (page.bits, page.kind) != (8, UNSIGNED):
        raise ImageError(f"its YCbCr or L*a*b* colors have {page.bits} bits; 8 can be read")
    if page.photometric == CMYK and page.directory.value(332, 1) != 1:
        raise ImageError("its inks are others than cyan, magenta, yellow and black")
    if page.photometric == WHITE_IS_ZERO and page.kind == SIGNED:
        raise ImageError("its samples are signed numbers with 0 as white, so it is not known what is black")
    if page.has_alpha and not few_bits and page.kind != FLOAT:
        raise ImageError(f"it has alpha in whole numbers of {page.bits} bits; 16 can be read")


def _check_decoder(page: TiffLayout) -> None:
    """Raise ImageError for samples that do not fit the compression or the predictor."""
    name = codecs.NAMES.get(page.compression, "")
    if page.compression in codecs.FAX and (page.bits, page.together) != (1, 1):
        raise ImageError(f"its compression is {name}, which is for one bit a pixel; it says it has {page.bits}")
    if page.compression not in (*codecs.BYTES, *codecs.FAX) and (page.bits, page.kind) != (8, UNSIGNED):
        raise ImageError(f"its {name} compression is of {page.bits}-bit samples, of which 8-bit ones can be read")
    if page.compression == codecs.JPEG and page.extra and not page.planes:
        raise ImageError("its JPEG compression is of more samples than its colors need, which cannot be read")
    whole = page.bits in _WHOLE_BYTES[page.kind]
    fits = {1: True, 2: whole and not page.is_subsampled, 3: page.kind == FLOAT}
    if not fits.get(page.predictor, False):
        raise ImageError(f"its predictor {page.predictor} is of samples with which it cannot be read")
    if page.is_subsampled and (page.extra or not {*page.subsampling} <= {1, 2, 4}):
        raise ImageError("its YCbCr colors are subsampled in a way that cannot be read")


def _check_segments(page: TiffLayout) -> None:
    if page.across < 1 or page.down < 1:
        raise ImageError(f"its tiles have no pixels: their size is {page.across} x {page.down}")
    columns, rows = -(-page.width // page.across), -(-page.height // page.down)
    if page.tiled and columns * rows * page.across * page.down > 4 * page.width * page.height + (1 << 24):
        raise ImageError(f"its tiles of {page.across} x {page.down} pixels are far larger than it is")
