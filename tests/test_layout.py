"""The arithmetic of a launch: blocks that cover an image, each pixel once, within a device's limits."""

from __future__ import annotations

from itertools import product

import pytest

from imgcuda.programs.layout import Dim3, LaunchLimits, Layout, ceil_div, excess

LAYOUTS = [
    Layout(),
    Layout(block=(16, 16)),
    Layout(block=(1, 1)),
    Layout(over="samples", block=(128, 1), rows=32),
    Layout(over="samples", block=(64, 4), rows=3),
    Layout(over="image", block=(256, 1)),
    Layout(over="image", block=(256, 1), pack=4),
    Layout(over="image", block=(16, 1), rows=5, pack=4),
    Layout(over="samples", block=(64, 1), rows=16, pack=4),
]


@pytest.mark.parametrize(
    ("dividend", "divisor", "quotient"), [(0, 4, 0), (1, 4, 1), (4, 4, 1), (5, 4, 2), (10**18 + 1, 10, 10**17 + 1)]
)
def test_a_quotient_is_rounded_up(dividend: int, divisor: int, quotient: int) -> None:
    assert ceil_div(dividend, divisor) == quotient


@pytest.mark.parametrize(
    ("layout", "grid"),
    [
        (Layout(over="pixels", block=(32, 8)), Dim3(4, 7)),  # 100 / 32 and 50 / 8
        (Layout(over="pixels", block=(32, 8), rows=2), Dim3(4, 4)),
        (Layout(over="samples", block=(32, 8)), Dim3(10, 7)),  # 300 / 32
        (Layout(over="image", block=(256, 1)), Dim3(20)),  # 5000 / 256
        (Layout(over="image", block=(256, 1), pack=4), Dim3(5)),
        (Layout(over="image", block=(32, 1), rows=8, pack=4), Dim3(5)),  # 5000 / 1024
        (Layout(over="samples", block=(32, 1), rows=8, pack=4), Dim3(3, 7)),  # 300 / 128
        (Layout(over="samples", block=(32, 1), rows=8, pack=4, margin=16), Dim3(4, 7)),  # 300 / (128 - 32)
    ],
)
def test_a_grid_covers_an_image_of_100_by_50_rgb(layout: Layout, grid: Dim3) -> None:
    assert layout.grid(100, 50, 3) == grid


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_every_place_is_covered_with_no_block_to_spare(layout: Layout) -> None:
    for width, height, channels in product((1, 2, 31, 32, 33, 300), (1, 7, 8, 9, 97), (1, 3, 4)):
        grid = layout.grid(width, height, channels)
        across, down = layout.block[0] * layout.pack, layout.block[1] * layout.rows
        columns, rows = (width * channels, height) if layout.over == "samples" else (width, height)
        if layout.over == "image":
            across, down, columns, rows = across * layout.rows, 1, width * height, 1
        assert (grid.x - 1) * across < columns <= grid.x * across
        assert (grid.y - 1) * down < rows <= grid.y * down
        assert grid.z == 1


def test_a_kernel_is_told_its_layout() -> None:
    layout = Layout(over="samples", block=(128, 2), rows=32, pack=4)
    assert layout.constants == {"BLOCK_WIDTH": 128, "BLOCK_HEIGHT": 2, "ROWS": 32, "PACK": 4, "MARGIN": 0}


@pytest.mark.parametrize(
    ("layout", "block"),
    [
        (Layout(block=(32, 8)), (32, 8)),
        (Layout(block=(64, 2), pack=4), (256, 2)),
        (Layout(block=(128, 1), pack=16), (1024, 1)),
    ],
)
def test_without_packs_a_block_covers_the_same_with_more_threads(layout: Layout, block: tuple[int, int]) -> None:
    assert layout.unpacked() == Layout(block=block)


def test_without_packs_a_block_that_makes_rounds_makes_more_of_them() -> None:
    layout = Layout(over="image", block=(256, 1), rows=12, pack=16).unpacked()
    assert layout == Layout(over="image", block=(64, 1), rows=768)
    assert layout.grid(256 * 16 * 12, 10, 3) == Dim3(10)
    narrow = Layout(over="image", block=(32, 1), rows=12)
    assert narrow.unpacked() == narrow


def test_a_layout_may_have_another_for_the_cpu() -> None:
    cpu = Layout(over="samples", block=(1024, 1))
    assert Layout(over="samples", block=(128, 1), rows=16, cpu=cpu).unpacked() == cpu


def test_a_size_counts_its_threads() -> None:
    assert Dim3(8, 4, 2).total == 64
    assert Dim3(5) == (5, 1, 1)


@pytest.mark.parametrize(
    ("grid", "block", "why"),
    [
        (Dim3(1), Dim3(1024), ""),
        (Dim3(2**31 - 1, 65535, 65535), Dim3(1), ""),
        (Dim3(1), Dim3(32, 33), "a block of 32x33x1 threads; at most 1024 threads fit"),
        (Dim3(1), Dim3(1, 1, 65), "a block of 65 along z; it must be from 1 to 64"),
        (Dim3(1, 65536), Dim3(1), "a grid of 65536 along y; it must be from 1 to 65535"),
        (Dim3(2**31), Dim3(1), "a grid of 2147483648 along x; it must be from 1 to 2147483647"),
        (Dim3(0), Dim3(1), "a grid of 0 along x; it must be from 1 to 2147483647"),
        (Dim3(1), Dim3(1, 0), "a block of 0 along y; it must be from 1 to 1024"),
    ],
)
def test_what_is_beyond_a_device_is_said_in_words(grid: Dim3, block: Dim3, why: str) -> None:
    assert excess(grid, block, LaunchLimits()) == why
