"""Zarr arrays and OME-Zarr images for tests, with noise in them; and a chain that filters them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import Pipeline, devices
from imgcuda.zarr_images.zarr_run import ZarrOptions, run_zarr

Array = npt.NDArray[Any]

COLORS = {"channels": [{"label": "DAPI", "color": "0000FF", "window": {"start": 0, "end": 900, "min": 0, "max": 4095}}]}
"""What OME-Zarr says of one channel."""


def noise(shape: tuple[int, ...], dtype: str = "uint16") -> Array:
    """Return smooth noise over a gradient along the rows, so that no two planes, rows or columns are alike."""
    made = np.random.default_rng(len(shape)).random(shape) * 0.5
    made += np.linspace(0, 0.5, shape[-1])
    kind = np.dtype(dtype)
    return made.astype(kind) if kind.kind == "f" else (made * np.iinfo(kind).max).astype(kind)


def run(source: Path, target: Path, text: str, **options: Any) -> tuple[str, ...]:
    """Filter a folder on the CPU by a chain that is written as text; return what is reported."""
    return run_zarr(Pipeline.from_text(text).filters, source, target, ZarrOptions(devices.choose("cpu"), **options))


def write_array(folder: Path, array: Array, **options: Any) -> Path:
    """Write a Zarr array; return its folder."""
    import zarr

    zarr.create_array(str(folder), data=array, **options)
    return folder


def read_array(folder: Path) -> Array:
    import zarr

    return np.asarray(zarr.open_array(str(folder), mode="r")[...])


def write_ome(
    folder: Path, array: Array, axes: str, *, version: str = "0.5", levels: int = 3, **options: Any
) -> dict[str, Any]:
    """Write an OME-Zarr image whose levels are halves of each other, filled with 7; return its metadata."""
    import zarr

    format: Any = 3 if version == "0.5" else 2
    group = zarr.open_group(str(folder), mode="w", zarr_format=format)
    datasets = []
    for level in range(levels):
        shape = (*array.shape[:-2], *(-(-size // 2**level) for size in array.shape[-2:]))
        names: dict[str, Any] = {"dimension_names": tuple(axes)} if format == 3 else {}
        made = group.create_array(f"s{level}", shape=shape, dtype=array.dtype, fill_value=0, **names, **options)
        made[...] = array if not level else 7
        scale = [*[2.0] * (len(axes) - 2), 0.5 * 2**level, 0.25 * 2**level]
        moves = [*[0.0] * (len(axes) - 2), 0.25 * (2**level - 1), 0.125 * (2**level - 1)]
        datasets.append(
            {
                "path": f"s{level}",
                "coordinateTransformations": [
                    {"type": "scale", "scale": scale},
                    {"type": "translation", "translation": moves},
                ],
            }
        )
    types = {"t": "time", "c": "channel"}
    ome: dict[str, Any] = {
        "multiscales": [
            {"name": "cells", "axes": [{"name": a, "type": types.get(a, "space")} for a in axes], "datasets": datasets}
        ],
        "omero": COLORS,
    }
    if format == 3:
        ome = {"ome": {"version": "0.5", **ome}}
    else:
        ome["multiscales"][0]["version"] = version
    group.attrs.update({**ome, "lab": {"sample": 7}})
    return ome
