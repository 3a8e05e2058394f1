"""Read a file into an Image. Nothing is decoded that is too large, or of an unknown format."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib import import_module
from io import BytesIO
from typing import IO, Any

import numpy as np
import PIL.Image

from imgcuda.errors import ImageError
from imgcuda.images import assemble, jpeg2000, sixteen_bit
from imgcuda.images.convert import with_channels
from imgcuda.images.error_messages import translated_errors
from imgcuda.images.image import Image, Pixels, channels
from imgcuda.images.modes import MODES, scale_transparent_gray, to_array
from imgcuda.images.request import HeaderRequest, JpegDecoder, PixelsCountedError, ReadRequest
from imgcuda.images.signatures import format_of, load_plugin
from imgcuda.images.sources import Open, Source, name_of, opener

logging.getLogger("PIL").addHandler(logging.NullHandler())  # without any, what it logs is printed

MAX_PIXELS = 178_956_970
"""What is read unless more is asked for: a quarter of a GiB for the bytes of 8-bit RGB with alpha times three."""


def read(
    source: Source,
    *,
    frame: int | None = None,
    several: bool = True,
    auto_orient: bool = True,
    raw: bool = False,
    max_pixels: int = MAX_PIXELS,
    name: str = "",
    strict: bool = False,
    decode_jpeg: JpegDecoder | None = None,
) -> Image:
    """Return the image in a file: all its frames, or the one numbered `frame` (from 1), or without `several` the first.

    Palettes become RGB or RGBA, black and white becomes gray, CMYK becomes RGB; 16 bits stay uint16, also in color, and
    floats stay float32. The image is turned upright by its EXIF orientation, unless `auto_orient` is false. `losses`
    lists what could not be kept: the caller reports it, and does not overwrite the original. With `raw`, integers
    without a known white (signed, 32 bits) become floats of the same value. An image with more than `max_pixels`, in
    all frames together, is refused before it is decoded; for a very high limit, Pillow's own limit, which the whole
    process shares, is raised meanwhile. With `strict`, any loss or damage is refused. Raises ImageError, one sentence
    with the file's name, for any error of the decoder; `name` is the name of a stream that is not standard input.
    `decode_jpeg` takes libjpeg's place.
    """
    request = ReadRequest(frame, several, auto_orient, raw, max_pixels, decode_jpeg)
    errors = translated_errors(name or name_of(source), "read")
    with errors as subject, warnings.catch_warnings(), opener(source) as reopen:
        warnings.simplefilter("ignore")  # Pillow warns of what is either raised below, or harmless
        subject.format = format_of(reopen())
        with _LIMIT.raised(max_pixels):
            image = _joined(_read(subject.format, reopen, request))
        if strict and image.losses:
            raise ImageError(f"{image.losses[0]}; without --strict it is read")
        return image


def count_pixels(source: Source, *, frame: int | None = None, several: bool = True) -> tuple[str, int]:
    """Return a file's format, and how many pixels `read` would return of it, as its header says; nothing is decoded.

    Raises ImageError for a file that cannot be read.
    """
    request = HeaderRequest(frame, several, True, False, sys.maxsize)
    with translated_errors(name_of(source), "read") as subject, opener(source) as reopen:
        subject.format = format_of(reopen())
        try:
            _read(subject.format, reopen, request)
        except PixelsCountedError as counted:
            return subject.format, counted.pixels
        return subject.format, 0


def header_of(stream: IO[bytes], format: str) -> PIL.Image.Image:
    """Return a picture of any size of which Pillow has read the header."""
    load_plugin(format)
    with _LIMIT.raised(sys.maxsize):
        return PIL.Image.open(stream, formats=[format])


def _read(format: str, reopen: Open, request: ReadRequest) -> list[Image]:
    """Return the frames."""
    if format in _OF_ONE_PICTURE:
        request.numbers(1)
        return [_module(_OF_ONE_PICTURE[format]).read(reopen().read(), request.check_pixels)]
    if format in _OF_SEVERAL:
        return list(_module(_OF_SEVERAL[format]).read(reopen().read(), request))
    if format == "ICO":
        icon: Image = _module("ico").read(reopen().read(), request, lambda data: _png_in_an_icon(data, request))
        return [icon]
    if format == "JPEG2000":
        return _jpeg2000(reopen, request)
    if format in ("PNG", "GIF"):
        alone, reader = request._replace(frame=None), _module("png_reader" if format == "PNG" else "gif_reader")
        return list(reader.frames(reopen, request, lambda one: next(_by_pillow(one, alone))))
    return list(_pages(reopen(), request) if format == "TIFF" else _by_pillow(reopen, request))


_OF_ONE_PICTURE = {"BMP": "bmp", "TGA": "tga", "QOI": "qoi", "SGI": "sgi", "PCX": "pcx"}
"""The formats whose modules read one picture, of bytes and a function that is called with its size."""

_OF_SEVERAL = {"PPM": "netpbm", "DDS": "dds", "PSD": "psd"}
"""The formats whose modules read the pictures that are asked for."""


def _module(name: str) -> Any:
    """Return one of our modules, imported with the first file that needs it."""
    return import_module(f"imgcuda.images.{name}")


def _png_in_an_icon(data: bytes, request: ReadRequest) -> Image:
    return _read("PNG", lambda: BytesIO(data), request._replace(frame=None, several=False))[0]


def _jpeg2000(reopen: Open, request: ReadRequest) -> list[Image]:
    """Return the picture in a JPEG 2000, with the metadata that Pillow does not report."""
    facts = jpeg2000.look(reopen().read())
    request.check_pixels(facts.width * facts.height)
    (image,) = _by_pillow(reopen, request)
    sixteen_bit = facts.bits > 8 and image.pixels.dtype == np.uint8
    losses = (*image.losses, *[f"its {facts.bits}-bit colors are read as 8-bit"] * sixteen_bit)
    boxes = [f"its metadata ({', '.join(facts.boxes)}) is left out"] * bool(facts.boxes)
    text = tuple(pair for pair in image.text if not pair[1].startswith("Created by OpenJPEG"))
    left_out = (*image.left_out, *boxes)
    return [replace(image, icc=image.icc or facts.icc, losses=losses, left_out=left_out, text=text)]


def _by_pillow(reopen: Open, request: ReadRequest) -> Iterator[Image]:
    picture = _open(reopen(), request.max_pixels)
    count = frames_in(picture)
    numbers = request.numbers(count)
    request.check_pixels(picture.width * picture.height * len(numbers))
    lost = [*request.losses(count), *_losses_that_pillow_does_not_know(picture.format, reopen)]
    scale_transparent_gray(picture)
    if picture.format == "AVIF" and count > 1:
        from imgcuda.images import avif_plays

        picture.info["loop"] = avif_plays.plays(reopen().read())
    total, open_once = 0, cache(reopen)
    for number in numbers:
        if count > 1:
            picture.seek(number)
        total += picture.width * picture.height
        request.check_pixels(total)
        yield _frame(picture, number if count > 1 else None, reopen, open_once, request, lost)


def frames_in(picture: PIL.Image.Image) -> int:
    """Return how many pictures Pillow is asked for: of an MPO the first alone, of any other file all."""
    return 1 if picture.format == "MPO" else int(getattr(picture, "n_frames", 1))


def _losses_that_pillow_does_not_know(format: str | None, reopen: Open) -> Iterator[str]:
    """Return a sentence for each loss that Pillow does not report."""
    if format == "AVIF":
        from imgcuda.images import avif_boxes

        if avif_boxes.bits(reopen()) > 8:
            yield "its 10- or 12-bit colors are read as 8-bit"
        yield from avif_boxes.others(reopen())


def _open(stream: IO[bytes], max_pixels: int) -> PIL.Image.Image:
    format = format_of(stream)
    if format == "JPEG":  # given a stream, Pillow's open imports its modules for PNG, GIF, BMP and PPM first
        from PIL.JpegImagePlugin import jpeg_factory

        return jpeg_factory(stream)
    try:
        return PIL.Image.open(stream, formats=[format])
    except PIL.Image.DecompressionBombError:
        raise ImageError(f"it has more than {max_pixels:,} pixels; --max-pixels allows more") from None


class _Limit:
    """Pillow's limit of pixels, which the whole process shares. It is raised while a file is read that needs more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limits: list[int] = []
        self._before: int | None = None

    @contextmanager
    def raised(self, pixels: int) -> Iterator[None]:
        """Let Pillow read so many pixels, if it would refuse them."""
        with self._lock:
            if not self._limits:
                self._before = PIL.Image.MAX_IMAGE_PIXELS
            needed = self._before is not None and pixels > 2 * self._before
            self._change(self._limits + [pixels] * needed)
        try:
            yield
        finally:
            with self._lock:
                if needed:
                    rest = list(self._limits)
                    rest.remove(pixels)
                    self._change(rest)

    def _change(self, limits: list[int]) -> None:
        if limits or self._limits:
            PIL.Image.MAX_IMAGE_PIXELS = max(limits) if limits else self._before
        self._limits = limits


_LIMIT = _Limit()


def _frame(
    picture: PIL.Image.Image, number: int | None, reopen: Open, open_once: Open, request: ReadRequest, lost: list[str]
) -> Image:
    """Return a picture's present frame. Its layout is known before it is loaded, its metadata mostly after."""
    losses, stored = list(lost), sixteen_bit.layout(picture)
    if sixteen_bit.can_read(stored) and number is None:  # an animation's frames are mixed
        pixels = sixteen_bit.read(picture, lambda: _open(reopen(), request.max_pixels))
    else:
        decoded, damage = _decoded(picture, open_once, request)
        losses += damage
        if decoded is None:
            _module("png_inflate").load(picture)
            decoded = to_array(picture, raw=request.raw)
        pixels = decoded
        losses += ["its 16-bit colors are read as 8-bit"] * bool(stored)
    if picture.format == "MPO" and request.frame is None:
        losses.append("it holds other pictures, which are not read")
    if picture.mode in MODES and MODES[picture.mode].loss:
        losses.append(MODES[picture.mode].loss)
    return assemble.by_pillow(picture, pixels, losses, request.auto_orient, open_once)


def _decoded(picture: PIL.Image.Image, open_once: Open, request: ReadRequest) -> tuple[Pixels | None, list[str]]:
    """Return a JPEG's pixels, or None if Pillow is to decode the picture, and a sentence for each damage."""
    if picture.format not in ("JPEG", "MPO"):
        return None, []
    stream = open_once()
    stream.seek(0)
    if request.decode_jpeg:
        return request.decode_jpeg(picture, stream.read())
    from imgcuda.images import jpeg_reader

    return jpeg_reader.decode(picture, stream.read())


def _pages(stream: IO[bytes], request: ReadRequest) -> Iterator[Image]:
    """Return the pages of a TIFF."""
    from imgcuda.images import tiff_reader

    found = tiff_reader.pages(stream)
    count = len(found.pictures)
    chosen = [found.pictures[number] for number in request.numbers(count)]
    request.check_pixels(sum(page.pixels for page in chosen))
    for page in chosen:
        image = assemble.of_page(page, stream, request.raw, request.auto_orient)
        losses = (*request.losses(count), *found.losses, *image.losses)
        yield replace(image, losses=losses, left_out=(*image.left_out, *found.left_out()))


def _joined(frames: Sequence[Image]) -> Image:
    """Return several frames as one Image; those of an animation have the same channels."""
    first, later = frames[0], tuple(frames[1:])
    if first.duration is not None and later:
        most = max(channels(frame.pixels) for frame in frames)
        first, *rest = (replace(frame, pixels=with_channels(frame.pixels, most)) for frame in frames)
        later = tuple(rest)
    losses = tuple(dict.fromkeys(loss for frame in frames for loss in frame.losses))
    return replace(first, later=later, losses=losses)
