"""The rows of each strip of an image, by hand and for any image."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgcuda import Filter, Layout, NeighborhoodFilter, Pipeline
from imgcuda.execution.schedule import Schedule, tiling, why_whole
from imgcuda.programs.strips import Rows, Tiling, fewer_rows, rows_of_size, rows_read, shares
from support.installed import installed

FILTERS = installed()
BLUR, EDGES, GRAYSCALE = (FILTERS.create(name, {}) for name in ("blur", "edges", "grayscale"))


class Anything(Filter):
    """Read the whole image."""


class Tall(NeighborhoodFilter):
    """Look three rows far, twelve rows to a block."""

    layout = Layout(block=(32, 4), rows=3)
    halo = 3


# By hand


def test_a_strip_reads_its_halo_as_far_as_there_is_an_image() -> None:
    tiling = Tiling(halo=2, step=1)
    assert [rows_read(*strip, 10, tiling)[:2] for strip in ((0, 4), (4, 8), (8, 10))] == [(0, 6), (2, 10), (6, 10)]


def test_a_strip_begins_where_a_block_does() -> None:
    strips = [(0, 32), (32, 64), (64, 96), (96, 100)]
    read = [(0, 34), (16, 66), (48, 98), (80, 100)]
    assert [rows_read(*strip, 100, Tiling(halo=2, step=16))[:2] for strip in strips] == read


def test_what_one_filter_makes_for_the_next_is_made_in_whole_blocks() -> None:
    assert rows_read(32, 64, 200, Tiling(halo=5, step=16, inner=3)) == Rows(16, 80, 200)


def test_a_share_begins_where_the_one_before_ends() -> None:
    assert shares(100, 2, Tiling(halo=2, step=16)) == [(0, 64), (64, 100)]
    assert shares(100, 3, Tiling(halo=0, step=1)) == [(0, 34), (34, 68), (68, 100)]
    assert shares(10, 4, Tiling(halo=1, step=16)) == [(0, 10)]


def test_strips_have_the_size_that_is_asked_for_or_more() -> None:
    assert rows_of_size(1000, 1000, 100_000, Tiling(halo=0, step=1)) == 100
    assert rows_of_size(1000, 1000, 100_000, Tiling(halo=0, step=32)) == 128
    assert rows_of_size(1000, 1000, 300_000, Tiling(halo=0, step=1)) == 334
    assert rows_of_size(1000, 1000, 600_000, Tiling(halo=0, step=1)) == 1000
    assert rows_of_size(1000, 1000, 1, Tiling(halo=0, step=1)) == 1


def test_strips_are_long_beside_their_halo() -> None:
    assert rows_of_size(1000, 1000, 1, Tiling(halo=10, step=1)) == 167
    assert rows_of_size(1000, 1000, 1, Tiling(halo=100, step=1)) == 1000


def test_strips_are_halved_down_to_a_step() -> None:
    assert [fewer_rows(rows, Tiling(halo=0, step=32)) for rows in (1000, 320, 95, 64, 32, 5)] == [
        480,
        160,
        32,
        32,
        32,
        32,
    ]


# For a chain


def test_a_chain_is_cut_by_its_halos_and_blocks() -> None:
    assert tiling([]) == Tiling(halo=0, step=1, inner=0)
    assert tiling([GRAYSCALE, GRAYSCALE]) == Tiling(halo=0, step=1, inner=0)
    assert tiling([EDGES]) == Tiling(halo=1, step=32, inner=0)
    assert tiling([GRAYSCALE, BLUR, EDGES]) == Tiling(halo=9, step=32, inner=1)
    assert tiling([EDGES, BLUR, GRAYSCALE]) == Tiling(halo=9, step=32, inner=8)
    assert tiling([Tall(), EDGES]) == Tiling(halo=4, step=96, inner=1)


@pytest.mark.parametrize(
    ("filter", "why"),
    [
        (Anything(), "anything reads the image as a whole"),
        (
            FILTERS.create("edges", {"border": "wrap"}),
            "edges with border=wrap reads at one end of the image what lies at the other",
        ),
    ],
    ids=["whole", "wrap"],
)
def test_a_chain_that_cannot_be_cut_says_why(filter: Filter, why: str) -> None:
    assert why_whole([BLUR, filter, GRAYSCALE]) == Schedule([BLUR, filter, GRAYSCALE], 10, 10).whole == why


def test_the_halo_of_the_cut_is_that_of_the_pipeline() -> None:
    assert tiling([BLUR, Tall(), EDGES]).halo == Pipeline([BLUR, Tall(), EDGES]).halo


# For any image

CUTS = st.builds(Tiling, st.integers(0, 40), st.sampled_from([1, 2, 8, 16, 32, 48]), st.integers(0, 10)).filter(
    lambda tiling: tiling.inner <= tiling.halo
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # as on a machine that is busy
@given(tiling=CUTS, height=st.integers(1, 500), steps=st.integers(1, 9), count=st.integers(1, 5))
def test_strips_make_every_row_once_from_all_that_it_needs(tiling: Tiling, height: int, steps: int, count: int) -> None:
    rows = steps * tiling.step
    found = [
        (start, min(start + rows, last))
        for first, last in shares(height, count, tiling)
        for start in range(first, last, rows)
    ]
    assert (found[0][0], found[-1][1]) == (0, height)
    assert all(above[1] == below[0] for above, below in pairwise(found))
    for first, last in found:
        top, bottom, _ = rows_read(first, last, height, tiling)
        assert 0 <= top <= first < last <= bottom <= height
        assert top % tiling.step == 0
        assert top == 0 or top <= first - tiling.halo
        assert bottom == height or bottom >= last + tiling.halo
        # The rows that one filter makes for the next lie in whole blocks.
        assert bottom == height or bottom // tiling.step * tiling.step >= last + tiling.inner


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # as on a machine that is busy
@given(tiling=CUTS, height=st.integers(1, 500), row_bytes=st.integers(1, 100), target_bytes=st.integers(1, 10_000))
def test_an_image_is_cut_only_where_two_strips_have_the_size(
    tiling: Tiling, height: int, row_bytes: int, target_bytes: int
) -> None:
    rows = rows_of_size(height, row_bytes, target_bytes, tiling)
    assert rows == height or rows % tiling.step == 0
    if rows < height:
        assert rows >= 16 * tiling.halo
        assert (rows + 1) * row_bytes > target_bytes
