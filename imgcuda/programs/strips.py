"""The arithmetic of strips: an image's rows divided so that a chain of filters can run over one strip at a time.

To compute rows `first` to `last`, a chain reads them and the halo above and below. At the edge of the image the strip
ends with the image, and the filters handle the border as always. Elsewhere the filters treat the edge of the strip as
a border, so the rows near it are wrong; but those rows lie within the halo, and are cropped.

A strip begins at a multiple of the rows that a kernel's blocks compute (Layout.rows). So its blocks are those of the
whole image, with the same rows in each, and run the same instructions in the same order. That makes the result the same
to the bit: in different copies of an unrolled loop, a compiler may or may not contract a product and a sum to a fused
multiply-add, and so round one row of a block differently than the next.
"""

from __future__ import annotations

from typing import NamedTuple

from imgcuda.programs.layout import Layout, ceil_div

STEP = 32
"""Strips begin at a multiple of this number of rows, unless a layout needs more; most blocks' rows divide it."""

HALO_SHARE = 16
"""A strip has at least this many times the rows of its halo, so that little is computed twice."""


class Rows(NamedTuple):
    """Rows `first` to `last`, the end not included, of an image with `height` rows."""

    first: int
    last: int
    height: int

    @property
    def number(self) -> int:
        """The number of rows."""
        return self.last - self.first


def all_rows(height: int) -> Rows:
    """Return the rows of a whole image."""
    return Rows(0, height, height)


class Tiling(NamedTuple):
    """How a chain of filters may be divided into strips."""

    halo: int
    """The number of rows above and below a row that are read for it."""
    step: int
    """Strips begin at a multiple of this number of rows."""
    inner: int = 0
    """The number of intermediate halo rows, which one filter computes for the next, rounded up to whole blocks."""


def block_rows(layout: Layout) -> int:
    """Return the number of image rows that one block of threads computes."""
    return 1 if layout.over == "image" else layout.block[1] * layout.rows


def rows_read(first: int, last: int, height: int, tiling: Tiling) -> Rows:
    """Return the rows of an image that are read to compute rows `first` to `last`."""
    top = max(0, first - tiling.halo) // tiling.step * tiling.step
    bottom = max(last + tiling.halo, ceil_div(last + tiling.inner, tiling.step) * tiling.step)
    return Rows(top, min(bottom, height), height)


def rows_of_size(height: int, row_bytes: int, target_bytes: int, tiling: Tiling) -> int:
    """Return the number of rows of equal strips of about `target_bytes` bytes; the height if one strip is enough."""
    rows = max(target_bytes // row_bytes, HALO_SHARE * tiling.halo, 1)
    count = max(1, height // rows)
    return height if count == 1 else ceil_div(ceil_div(height, count), tiling.step) * tiling.step


def fewer_rows(rows: int, tiling: Tiling) -> int:
    """Return about half as many rows, at least one step."""
    return max(1, rows // 2 // tiling.step) * tiling.step


def shares(height: int, count: int, tiling: Tiling) -> list[tuple[int, int]]:
    """Return the first and last row of each device's share; fewer shares if there are too few rows."""
    rows = ceil_div(ceil_div(height, count), tiling.step) * tiling.step
    return [(first, min(first + rows, height)) for first in range(0, height, rows)]
