"""The arithmetic of strips: an image's rows cut into parts that a chain of filters can run over one by one.

To make rows `first` to `last` a chain reads those up to its halo above and below. Where that is beyond the image the
strip ends where the image does, and the filters do there what they always do at the image's edge. Everywhere else it
ends in the middle of the image: the filters take the cut for an edge, and what they make near it is wrong, but that
is within the halo, and cropped.

A strip begins at a multiple of the rows that a kernel's blocks make (Layout.rows). So its blocks are those of the
whole image, each with the same rows in it, and run the same instructions in the same order. That is what makes the
result the same to the bit: a compiler may round one row of a block otherwise than the next, by making a product and a
sum into one operation in one copy of an unrolled loop and not in another.
"""

from __future__ import annotations

from typing import NamedTuple

from imgcuda.programs.layout import Layout, ceil_div

STEP = 32
"""Rows that strips begin at a multiple of, where no layout asks for more: what blocks mostly make divides it."""

HALO_SHARE = 16
"""A strip has at least so many times the halo's rows: what is read and made twice stays small beside the rest."""


class Rows(NamedTuple):
    """Rows `first` to `last`, the end not included, of an image that has `height` of them."""

    first: int
    last: int
    height: int

    @property
    def number(self) -> int:
        """How many they are."""
        return self.last - self.first


def all_rows(height: int) -> Rows:
    """Return the rows of a whole image."""
    return Rows(0, height, height)


class Cut(NamedTuple):
    """How a chain of filters lets an image be cut."""

    halo: int
    """Rows above and below a row that it is made from."""
    step: int
    """Rows that strips begin at a multiple of."""
    inner: int = 0
    """Rows above and below that are made on the way by one filter for the next: those in whole blocks, too."""


def block_rows(layout: Layout) -> int:
    """Return how many rows of an image one block makes."""
    return 1 if layout.over == "image" else layout.block[1] * layout.rows


def reach(first: int, last: int, height: int, cut: Cut) -> Rows:
    """Return the rows of an image from which rows `first` to `last` are made."""
    top = max(0, first - cut.halo) // cut.step * cut.step
    bottom = max(last + cut.halo, ceil_div(last + cut.inner, cut.step) * cut.step)
    return Rows(top, min(bottom, height), height)


def rows_of_size(height: int, row_bytes: int, wish: int, cut: Cut) -> int:
    """Return how many rows strips of about `wish` bytes have, all alike; the height itself if one is enough."""
    rows = max(wish // row_bytes, HALO_SHARE * cut.halo, 1)
    count = max(1, height // rows)
    return height if count == 1 else ceil_div(ceil_div(height, count), cut.step) * cut.step


def fewer_rows(rows: int, cut: Cut) -> int:
    """Return about half as many rows, at least one step."""
    return max(1, rows // 2 // cut.step) * cut.step


def shares(height: int, count: int, cut: Cut) -> list[tuple[int, int]]:
    """Return the rows that each of several devices makes, from and to; fewer shares if there are too few."""
    rows = ceil_div(ceil_div(height, count), cut.step) * cut.step
    return [(first, min(first + rows, height)) for first in range(0, height, rows)]
