"""The picture of an image file, for Zarr, and a TIFF made from Zarr."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from imgcuda import images
from imgcuda.engine.protocol import Device
from imgcuda.errors import ImageError
from imgcuda.execution.in_rows import RowsOfResult
from imgcuda.execution.row_source import RowSource
from imgcuda.execution.schedule import allow
from imgcuda.filters import Filter
from imgcuda.images import Clobber, Image, ReadRequest
from imgcuda.images.image import as_planes
from imgcuda.images.tiff_rows import levels_of, opened
from imgcuda.images.tiff_stream import stand_in_for, write_rows
from imgcuda.pixels import has_alpha
from imgcuda.pyramid import level_size, shrinking
from imgcuda.zarr_images.array_files import ArrayBlock, PictureRows
from imgcuda.zarr_images.zarr_image import ZarrImage


class FilePicture(NamedTuple):
    """The picture of an image file, and its rows, which are read from a TIFF when they are asked for."""

    image: Image
    rows: RowSource
    levels: tuple[tuple[int, int], ...] = ()
    """The heights and widths of the levels of a TIFF's pyramid."""

    @property
    def whole(self) -> tuple[int, int]:
        """Its height and width."""
        return self.rows.shape[0], self.rows.shape[1]


@contextmanager
def opened_file(source: Path, request: ReadRequest, strict: bool) -> Iterator[FilePicture]:
    """Return a context for the picture of an image file."""
    with opened(source, request, strict) as found:
        if found:
            yield FilePicture(found.image, found.rows, found.levels)
            return
    image = images.read(
        source,
        frame=request.frame,
        several=False,
        auto_orient=request.auto_orient,
        max_pixels=request.max_pixels,
        strict=strict,
    )
    rows = as_planes(image.pixels)
    yield FilePicture(image, rows, levels_of(source, request.auto_orient))


def losses(picture: FilePicture) -> tuple[str, ...]:
    """Return a sentence for each part of a picture that Zarr does not hold."""
    image = picture.image
    found = list(image.losses)
    if picture.levels and has_alpha(picture.rows.shape[2]):
        found.append("its alpha is a channel like the others now, since OME-Zarr has no alpha")
    if beside := [name for name in ("exif", "icc", "xmp", "text", "photoshop") if getattr(image, name)]:
        found.append(f"its metadata ({', '.join(beside)}) is left out, for which Zarr has no place")
    return tuple(found)


def write_tiff(
    devices: Sequence[Device],
    filters: Sequence[Filter],
    image: ZarrImage,
    target: Path,
    *,
    clobber: Clobber,
    software: str,
    max_pixels: int,
) -> tuple[str, ...]:
    """Write the result of a chain on the one picture of an image as a TIFF; return in sentences what was left out."""
    array = image.arrays[0]
    axes = image.axes.for_filters(filters, array.shape).as_colors(array.shape)
    picture = PictureRows(ArrayBlock(array, image.folder, axes, (slice(None),) * axes.rows), (0,) * axes.rows)
    count = axes.pictures(array.shape)
    if count > 1:
        raise ImageError(
            f"{target} cannot be written: {image.folder} holds {count} pictures, which Zarr can hold: out.zarr"
        )
    image.check_pixels(max_pixels)
    allow(filters, picture.shape[1], picture.shape[0], max_pixels)
    result = RowsOfResult(devices, filters, picture, max_pixels)
    pixels, rows = stand_in_for(result.in_strips(), result.height)
    size, whole = (result.height, pixels.shape[1]), (picture.shape[0], picture.shape[1])
    lost = write_rows(
        target,
        Image(pixels, dpi=image.ome.dpi(whole, size) if image.ome else None),
        rows,
        clobber=clobber,
        software=software,
        levels=[level_size(size, image.axes.size_of_picture(each.shape)[:2], whole) for each in image.arrays[1:]],
        shrink=shrinking(devices),
    )
    return (*lost.losses, *lost.left_out)
