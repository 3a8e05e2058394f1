"""The picture of a TIFF whose rows are read when they are asked for: for pictures that are larger than memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import IO, Any

import numpy as np

from imgcuda.errors import ImageError
from imgcuda.images import assemble, tiff_codecs, tiff_reader, tiff_samples
from imgcuda.images.error_messages import translated_errors
from imgcuda.images.image import Image, Pixels, as_planes, pixels_shape, without_memory
from imgcuda.images.request import ReadRequest
from imgcuda.images.signatures import format_of
from imgcuda.images.tiff_colors import all_channels, to_pixels
from imgcuda.images.tiff_layout import BLACK_IS_ZERO, FLOAT, RGB, UNSIGNED, WHITE_IS_ZERO, TiffLayout, layout

LARGEST_SEGMENT = 1 << 26
"""The most bytes of a strip or tile that is decoded for the sake of some of its rows."""

_SAMPLE_BYTES = 4
"""The most bytes of a sample of pixels."""

_READ_AT_ONCE = 1 << 22
"""About how many bytes of an uncompressed strip are read at once."""


class TiffRows:
    """The rows of a page (height, width, channels), read and converted when they are asked for."""

    def __init__(self, page: TiffLayout, name: str) -> None:
        self._name = name
        self._page, self._segments = page, tiff_samples.row_segments(page, _READ_AT_ONCE)
        self.losses: list[str] = []
        first = self[0:1]
        self.shape: tuple[int, ...] = (page.height, *first.shape[1:])
        self.dtype: np.dtype[Any] = first.dtype

    def __getitem__(self, rows: slice, /) -> Pixels:
        losses: list[str] = []
        with translated_errors(self._name, "read"):
            samples = tiff_samples.read_rows(self._page, self._segments, rows.start, rows.stop, losses)
            bands = self._page.is_bands
            pixels = all_channels(samples, self._page) if bands else to_pixels(samples, self._page, False, losses)
            made = as_planes(pixels)
        self.losses += [loss for loss in losses if loss not in self.losses]
        return made


@dataclass(frozen=True)
class RowsOnDemand:
    """A picture: its metadata, and its rows."""

    image: Image
    """Its pixels have the picture's shape and type, take no memory, and are all 0."""
    rows: TiffRows
    levels: tuple[tuple[int, int], ...] = ()
    """The heights and widths of smaller copies in the file, a pyramid; `image.left_out` tells of others."""


@contextmanager
def opened(path: Path, request: ReadRequest, strict: bool, least: int = 0) -> Iterator[RowsOnDemand | None]:
    """Return the one picture of a TIFF with its rows; None for a file that is to be read at once.

    That is a file of another format, of several pictures, turned, in other colors than gray and RGB, with strips too
    large to decode for some of their rows, or with less than `least` bytes of pixels, no pyramid and up to four
    channels. Raises ImageError as `images.read` does.
    """
    with ExitStack() as open_files:
        with translated_errors(str(path), "read") as subject:
            stream = open_files.enter_context(path.open("rb"))
            subject.format = format_of(stream)
            found = _rows(stream, request, str(path), least) if subject.format == "TIFF" else None
            if found and strict and found.image.losses:
                raise ImageError(f"{found.image.losses[0]}; without --strict it is read")
        yield found


def levels_of(path: Path, auto_orient: bool) -> tuple[tuple[int, int], ...]:
    """Return the heights and widths of the levels of a TIFF's pyramid, turned as its picture is; () without one."""
    with translated_errors(str(path), "read"), path.open("rb") as stream:
        found = tiff_reader.pages(stream) if format_of(stream) == "TIFF" else None
        if found is None or not found.levels:
            return ()
        turned = auto_orient and found.pictures[0].directory.value(274, 1) > 4
    return tuple((width, height) if turned else (height, width) for height, width in found.levels)


def _rows(stream: IO[bytes], request: ReadRequest, name: str, least: int) -> RowsOnDemand | None:
    found = tiff_reader.pages(stream)
    if len(request.numbers(len(found.pictures))) != 1:
        return None
    page = found.pictures[request.numbers(len(found.pictures))[0]]
    made = layout(page.directory)
    least = 0 if found.levels or made.is_bands else least
    if page.pixels * made.samples * _SAMPLE_BYTES < least:  # before anything is decoded
        return None
    if not _can_read_rows(made) or (request.auto_orient and page.directory.value(274, 1) != 1):
        return None
    request.check_pixels(page.pixels)
    rows = TiffRows(made, name)
    pixels = without_memory(pixels_shape(rows.shape), rows.dtype)
    if pixels.nbytes < least:
        return None
    image = assemble.of_pixels(page, stream, pixels, rows.losses, request.auto_orient)
    losses = (*request.losses(len(found.pictures)), *found.losses, *image.losses)
    changes = changed(image, losses=losses, left_out=(*image.left_out, *found.left_out(kept=len(found.levels))))
    return RowsOnDemand(changes, rows, tuple(found.levels))


def _can_read_rows(page: TiffLayout) -> bool:
    """Return whether some rows of a page can be decoded alone, to the same pixels."""
    if page.photometric not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB) or page.compression not in tiff_codecs.BYTES:
        return False
    if page.kind != FLOAT and not (page.kind == UNSIGNED and page.bits <= 16):
        return False
    decoded = page.down * page.across * page.together * page.bits // 8
    return decoded <= LARGEST_SEGMENT or (page.compression == tiff_codecs.NONE and not page.tiled)
