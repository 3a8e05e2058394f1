"""From an image file to a Zarr array, and from Zarr to a TIFF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from imgcuda import images
from imgcuda.engine.protocol import Device
from imgcuda.errors import ImageError
from imgcuda.execution.chain_plan import ChainPlan
from imgcuda.execution.in_rows import RowsOfResult
from imgcuda.execution.row_source import RowSource
from imgcuda.execution.schedule import allow
from imgcuda.filters import Filter
from imgcuda.images import Clobber, Image, ReadRequest
from imgcuda.images.image import as_planes, pixels_shape
from imgcuda.images.tiff_rows import opened
from imgcuda.images.tiff_stream import stand_in_for, write_rows
from imgcuda.zarr_images.array_files import ArrayBlock, PictureRows, open_array
from imgcuda.zarr_images.array_run import write_results
from imgcuda.zarr_images.metadata_files import Metadata
from imgcuda.zarr_images.zarr_axes import ZarrAxes
from imgcuda.zarr_images.zarr_image import ZarrImage

SIDE = 1024
"""Rows and columns of a chunk of an array that is made from an image file."""


@contextmanager
def opened_file(source: Path, request: ReadRequest, strict: bool) -> Iterator[tuple[Image, RowSource]]:
    """Return the picture of an image file, and its rows, which are read from a TIFF when they are asked for."""
    with opened(source, request, strict) as found:
        if found:
            yield found.image, found.rows
            return
    image = images.read(
        source,
        frame=request.frame,
        several=False,
        auto_orient=request.auto_orient,
        max_pixels=request.max_pixels,
        strict=strict,
    )
    yield image, as_planes(image.pixels)


def losses(image: Image) -> tuple[str, ...]:
    """Return a sentence for each part of a picture that an array does not hold."""
    beside = [name for name in ("exif", "icc", "xmp", "text", "photoshop") if getattr(image, name)]
    if not beside:
        return image.losses
    return (*image.losses, f"its metadata ({', '.join(beside)}) is left out, for which Zarr has no place")


def write_array(devices: Sequence[Device], filters: Sequence[Filter], rows: RowSource, draft: Path) -> Metadata:
    """Write the result of a chain as an array of Zarr 3 with axes y, x, and c for color or alpha."""
    plan = ChainPlan(filters, rows.shape, rows.dtype)
    shape = pixels_shape((plan.height, plan.width, plan.channels[-1]))
    axes = ZarrAxes(("y", "x", "c")[: len(shape)], 0)
    root = _metadata(shape, rows.dtype, axes)
    root.write(draft)
    made = open_array(draft, mode="r+")
    write_results(made, (), {(): RowsOfResult(devices, filters, rows)}, axes)
    return root


def _metadata(shape: tuple[int, ...], dtype: np.dtype[Any], axes: ZarrAxes) -> Metadata:
    chunk = [min(SIDE, shape[0]), min(SIDE, shape[1]), *shape[2:]]
    zstd = {"name": "zstd", "configuration": {"level": 0, "checksum": False}}
    return Metadata(
        {
            "zarr.json": {
                "zarr_format": 3,
                "node_type": "array",
                "shape": list(shape),
                "data_type": dtype.name,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
                "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                "fill_value": 0,
                "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, zstd],
                "attributes": {},
                "dimension_names": list(axes.names),
            }
        }
    )


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
    result = RowsOfResult(devices, filters, picture)
    pixels, rows = stand_in_for(result.in_strips(), result.height)
    lost = write_rows(target, Image(pixels), rows, clobber=clobber, software=software)
    return (*lost.losses, *lost.left_out)
