"""Where an image is cut: the rows of each strip, by hand and for any image."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgcuda import Filter, Layout, NeighborhoodFilter, Pipeline, load
from imgcuda.host_to_host import Whole
from imgcuda.pipeline import cut
from imgcuda.strips import Cut, Strip, fewer_rows, rows_of_size, shares, strips

FILTERS = load()
BLUR, EDGES, GRAYSCALE = (FILTERS.create(name, {}) for name in ("blur", "edges", "grayscale"))


class Anything(Filter):
    """Read the whole image."""


class Tall(NeighborhoodFilter):
    """Look three rows far, twelve rows to a block."""

    layout = Layout(block=(32, 4), rows=3)
    halo = 3


# By hand


def test_a_strip_reads_its_halo_as_far_as_there_is_an_image() -> None:
    assert strips(0, 10, 10, 4, Cut(halo=2, step=1)) == [Strip(0, 4, 0, 6), Strip(4, 8, 2, 10), Strip(8, 10, 6, 10)]


def test_a_strip_begins_where_a_block_does() -> None:
    assert strips(0, 100, 100, 32, Cut(halo=2, step=16)) == [
        Strip(0, 32, 0, 34),
        Strip(32, 64, 16, 66),
        Strip(64, 96, 48, 98),
        Strip(96, 100, 80, 100),
    ]


def test_what_one_filter_makes_for_the_next_is_made_in_whole_blocks() -> None:
    assert strips(32, 64, 200, 32, Cut(halo=5, step=16, inner=3)) == [Strip(32, 64, 16, 80)]


def test_a_share_begins_where_the_one_before_ends() -> None:
    assert shares(100, 2, Cut(halo=2, step=16)) == [(0, 64), (64, 100)]
    assert shares(100, 3, Cut(halo=0, step=1)) == [(0, 34), (34, 68), (68, 100)]
    assert shares(10, 4, Cut(halo=1, step=16)) == [(0, 10)]


def test_strips_have_the_size_that_is_wished_for_or_more() -> None:
    assert rows_of_size(1000, 1000, 100_000, Cut(halo=0, step=1)) == 100
    assert rows_of_size(1000, 1000, 100_000, Cut(halo=0, step=32)) == 128
    assert rows_of_size(1000, 1000, 300_000, Cut(halo=0, step=1)) == 334
    assert rows_of_size(1000, 1000, 600_000, Cut(halo=0, step=1)) == 1000
    assert rows_of_size(1000, 1000, 1, Cut(halo=0, step=1)) == 1


def test_strips_are_long_beside_their_halo() -> None:
    assert rows_of_size(1000, 1000, 1, Cut(halo=10, step=1)) == 167
    assert rows_of_size(1000, 1000, 1, Cut(halo=100, step=1)) == 1000


def test_strips_are_halved_down_to_a_step() -> None:
    assert [fewer_rows(rows, Cut(halo=0, step=32)) for rows in (1000, 320, 95, 64, 32, 5)] == [480, 160, 32, 32, 32, 32]


# For a chain


def test_a_chain_is_cut_by_its_halos_and_blocks() -> None:
    assert cut([]) == Cut(halo=0, step=1, inner=0)
    assert cut([GRAYSCALE, GRAYSCALE]) == Cut(halo=0, step=1, inner=0)
    assert cut([EDGES]) == Cut(halo=1, step=32, inner=0)
    assert cut([GRAYSCALE, BLUR, EDGES]) == Cut(halo=9, step=32, inner=1)
    assert cut([EDGES, BLUR, GRAYSCALE]) == Cut(halo=9, step=32, inner=8)
    assert cut([Tall(), EDGES]) == Cut(halo=4, step=96, inner=1)


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
    assert cut([BLUR, filter, GRAYSCALE]) == Whole(why)


def test_the_halo_of_the_cut_is_that_of_the_pipeline() -> None:
    found = cut([BLUR, Tall(), EDGES])
    assert isinstance(found, Cut)
    assert found.halo == Pipeline([BLUR, Tall(), EDGES]).halo


# For any image

CUTS = st.builds(Cut, st.integers(0, 40), st.sampled_from([1, 2, 8, 16, 32, 48]), st.integers(0, 10)).filter(
    lambda cut: cut.inner <= cut.halo
)


@given(cut=CUTS, height=st.integers(1, 500), steps=st.integers(1, 9), count=st.integers(1, 5))
def test_strips_make_every_row_once_from_all_that_it_needs(cut: Cut, height: int, steps: int, count: int) -> None:
    found = [
        strip
        for first, last in shares(height, count, cut)
        for strip in strips(first, last, height, steps * cut.step, cut)
    ]
    assert found[0].first == 0
    assert found[-1].last == height
    assert all(above.last == below.first for above, below in pairwise(found))
    for strip in found:
        assert 0 <= strip.top <= strip.first < strip.last <= strip.bottom <= height
        assert strip.top % cut.step == 0
        assert strip.top == 0 or strip.top <= strip.first - cut.halo
        assert strip.bottom == height or strip.bottom >= strip.last + cut.halo
        # The rows that one filter makes for the next lie in whole blocks.
        assert strip.bottom == height or strip.bottom // cut.step * cut.step >= strip.last + cut.inner


@given(cut=CUTS, height=st.integers(1, 500), row_bytes=st.integers(1, 100), wish=st.integers(1, 10_000))
def test_an_image_is_cut_only_where_two_strips_have_the_size(cut: Cut, height: int, row_bytes: int, wish: int) -> None:
    rows = rows_of_size(height, row_bytes, wish, cut)
    assert rows == height or rows % cut.step == 0
    if rows < height:
        assert rows >= 16 * cut.halo
        assert (rows + 1) * row_bytes > wish
