"""Runs a chain over a TIFF that may be larger than memory: it is read, filtered and written in strips of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from imgcuda import devices, images
from imgcuda.engine.protocol import Device
from imgcuda.execution.in_rows import RowsOfResult
from imgcuda.execution.schedule import Schedule, allow
from imgcuda.filters import Filter
from imgcuda.images import Clobber, Image, Written
from imgcuda.images.signatures import is_tiff
from imgcuda.pyramid import level_size, shrinking

if TYPE_CHECKING:
    from imgcuda.images.tiff_rows import RowsOnDemand

LARGE = 1 << 28
"""A picture of so many bytes runs in strips; the result has the same bytes as in one piece."""


@contextmanager
def opened(
    filters: Sequence[Filter], source: Path, request: images.ReadRequest, strict: bool
) -> Iterator[RowsOnDemand | None]:
    """Return a picture whose rows can be read, large or with a pyramid; None for one to be filtered in one piece."""
    if not source.is_file() or not _may_be_tiff(source):
        yield None
        return
    from imgcuda.images import tiff_rows  # with the first TIFF

    with tiff_rows.opened(source, request, strict, LARGE) as found:
        yield None if found is None or _reads_whole(filters, found) else found


def run_in_rows(
    filters: Sequence[Filter],
    large: RowsOnDemand,
    target: Path,
    device: Device,
    *,
    clobber: Clobber,
    software: str,
    strip: bool,
    max_pixels: int,
) -> tuple[Image, Written]:
    """Filter and write a picture; return the result, without its pixels, and what the file could not hold."""
    from imgcuda.images.tiff_stream import stand_in_for, write_rows

    members, (height, width) = devices.members(device), large.image.pixels.shape[:2]
    allow(filters, width, height, max_pixels)
    made = RowsOfResult(members, filters, large.rows, max_pixels)
    pixels, rows = stand_in_for(made.in_strips(), made.height)
    result = large.image.filtered([pixels])
    result = result.stripped() if strip else result
    lost = write_rows(
        target,
        result,
        rows,
        clobber=clobber,
        software=software,
        levels=[level_size((made.height, pixels.shape[1]), level, (height, width)) for level in large.levels],
        shrink=shrinking(members),
    )
    return result, lost


def _may_be_tiff(source: Path) -> bool:
    try:
        with source.open("rb") as file:
            return is_tiff(file.read(4))
    except OSError:  # whoever reads it says why
        return False


def _reads_whole(filters: Sequence[Filter], found: RowsOnDemand) -> bool:
    height, width = found.image.pixels.shape[:2]
    return bool(Schedule(filters, width, height).whole)
