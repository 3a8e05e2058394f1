"""Runs a chain over a TIFF that may be larger than memory: it is read, filtered and written in strips of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from imgcuda import devices, images
from imgcuda.engine.protocol import Device
from imgcuda.execution.chain_plan import ChainPlan
from imgcuda.execution.in_rows import filter_in_rows
from imgcuda.execution.schedule import Schedule, allow
from imgcuda.filters import Filter
from imgcuda.images import Clobber, Image, Written
from imgcuda.images.signatures import is_tiff
from imgcuda.pyramid import level_size, shrunk

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
    from imgcuda.images.tiff_stream import write_rows

    height, width = large.image.pixels.shape[:2]
    allow(filters, width, height, max_pixels)
    strips = filter_in_rows(devices.members(device), filters, large.rows)
    first = next(strips)  # it tells the number of channels
    plan = ChainPlan(filters, large.image.pixels.shape, large.rows.dtype)
    shape = (plan.height, plan.width, first.shape[2])
    result = large.image.filtered([images.without_memory(shape if first.shape[2] > 1 else shape[:2], first.dtype)])
    result = result.stripped() if strip else result
    levels = [level_size((plan.height, plan.width), level, (height, width)) for level in large.levels]
    lost = write_rows(
        target,
        result,
        chain([first], strips),
        clobber=clobber,
        software=software,
        levels=levels,
        shrink=lambda rows, height, width: filter_in_rows(devices.members(device), [shrunk(height, width)], rows),
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
