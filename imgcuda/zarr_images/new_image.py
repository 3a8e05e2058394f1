"""A new Zarr image, made from the picture of an image file: an array, or an OME-Zarr image if it is a pyramid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from imgcuda.engine.protocol import Device
from imgcuda.execution.chain_plan import ChainPlan
from imgcuda.execution.in_rows import RowsOfResult
from imgcuda.filters import Filter
from imgcuda.pyramid import level_size
from imgcuda.zarr_images.array_files import blocks, open_array
from imgcuda.zarr_images.array_run import fill_levels, write_results
from imgcuda.zarr_images.image_files import FilePicture
from imgcuda.zarr_images.metadata_files import V3, Metadata
from imgcuda.zarr_images.ome_metadata import micrometers, new_ome_image
from imgcuda.zarr_images.zarr_axes import ZarrAxes

Shape = tuple[int, ...]

SIDE = 1024
"""Rows and columns of a chunk."""


def write_image(
    devices: Sequence[Device], filters: Sequence[Filter], picture: FilePicture, draft: Path, most: int
) -> Metadata:
    """Write the result of a chain on a picture into a new folder; return the metadata of its root.

    ImageError if a filter makes more than `most` pixels.
    A picture alone becomes an array with axes y, x, and c for color or alpha. One with a pyramid becomes an OME-Zarr
    image, whose axes are c, y, x as that format has them; each level is made from the one above.
    """
    rows = picture.rows
    channels = ChainPlan(filters, rows.shape, rows.dtype, most).channels[-1]
    result = RowsOfResult(devices, filters, rows, most)
    size = result.height, result.width
    levels = [level_size(size, level, picture.whole) for level in picture.levels]
    axes = _axes(channels, before_rows=bool(levels))
    paths = [str(number) for number in range(1 + len(levels))] if levels else [""]
    shapes = [_shape(each, channels, axes) for each in (size, *levels)]
    made = [_new_array(draft / path, shape, rows.dtype, axes) for path, shape in zip(paths, shapes, strict=True)]
    together = axes.as_one_picture()
    ((part, numbers),) = blocks(made[0], together)
    write_results(made[0], part, dict.fromkeys(numbers, result), together)
    if not levels:
        return Metadata.read(draft)
    fill_levels(devices, made, axes, draft)
    pixel = micrometers(picture.image.dpi, picture.whole, size)
    return new_ome_image(axes.names, shapes, rows.dtype, pixel)


def _axes(channels: int, before_rows: bool) -> ZarrAxes:
    if channels == 1:
        return ZarrAxes(("y", "x"), 0)
    return ZarrAxes(("c", "y", "x"), 1) if before_rows else ZarrAxes(("y", "x", "c"), 0)


def _shape(size: tuple[int, int], channels: int, axes: ZarrAxes) -> Shape:
    sizes = {"y": size[0], "x": size[1], "c": channels}
    return tuple(sizes[name] for name in axes.names)


def _new_array(folder: Path, shape: Shape, dtype: np.dtype[Any], axes: ZarrAxes) -> Any:
    """Make an array of Zarr 3, in chunks of one plane, or of all channels of a pixel."""
    chunk = [1] * axes.rows + [min(SIDE, size) for size in shape[axes.rows : axes.rows + 2]]
    zstd = {"name": "zstd", "configuration": {"level": 0, "checksum": False}}
    metadata = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": dtype.name,
        "chunk_grid": {
            "name": "regular",
            "configuration": {"chunk_shape": [*chunk, *shape[axes.rows + 2 :]]},
        },
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, zstd],
        "attributes": {},
        "dimension_names": list(axes.names),
    }
    Metadata({V3: metadata}).write(folder)
    return open_array(folder, mode="r+")
