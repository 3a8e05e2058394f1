"""`--show` of compare, sweep and gallery: pictures in a terminal, read back from what was written to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

import imgcuda
from support.command_line import Call

pytest.importorskip("textual_image", reason="textual-image is not installed")
pytest.importorskip("pty", reason="there are no pseudo terminals")

from support.terminal import in_terminal, of_half_blocks, of_kitty, of_sixel

WIDTH, HEIGHT = 60, 40
"""The size of the picture, which covers whole characters."""
NEXT = 27 * 10
"""The pixels from one of three pictures to the next, in 80 columns: 25 columns, and two between."""
COLORS = np.array([(200, 40, 20), (10, 60, 250)], np.uint8)


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    """A picture whose left half has one color, and the right half another."""
    pixels = np.repeat(COLORS[None], WIDTH // 2, axis=1).repeat(HEIGHT, axis=0)
    PIL.Image.fromarray(pixels).save(tmp_path / "in.png")
    return tmp_path / "in.png"


def read(path: Path) -> npt.NDArray[Any]:
    return imgcuda.read(path).pixels


def tile(picture: npt.NDArray[Any], left: int) -> npt.NDArray[Any]:
    """Return one of the pictures that stand side by side."""
    return picture[:HEIGHT, left : left + WIDTH, :3]


def test_kitty_gets_the_pixels_of_both_pictures_and_their_difference(halves: Path) -> None:
    seen = in_terminal("kitty", "compare", halves, "-f", "invert", "--show")
    assert (seen.code, seen.errors) == (0, "")
    (picture,) = of_kitty(seen.drawn)
    before, after = read(halves), 255 - read(halves)
    assert np.array_equal(tile(picture, 0), before)
    assert np.array_equal(tile(picture, NEXT), after)
    assert np.array_equal(tile(picture, 2 * NEXT), np.abs(before.astype(int) - after))
    assert (picture[:, WIDTH:NEXT, 3] == 0).all(), "between them the terminal's own color is seen"
    words = seen.drawn.decode()
    assert words.count("\U0010eeee") == picture.shape[0] * picture.shape[1] // 200  # a place for each character
    assert "100.00% of the pixels differ" in words and "invert" in words


def test_sixel_draws_the_colors_of_a_sweep_row_by_row(halves: Path) -> None:
    seen = in_terminal("sixel", "sweep", halves, "-f", "brightness:factor=0|0.5|1|0.25", "--show")
    assert (seen.code, seen.errors) == (0, "")
    first, second = of_sixel(seen.drawn)
    for picture, left, factor in ((first, 0, 0), (first, NEXT, 0.5), (first, 2 * NEXT, 1), (second, 0, 0.25)):
        expected = imgcuda.Pipeline.from_text(f"brightness:factor={factor}")(read(halves))
        apart = np.abs(tile(picture, left).astype(int) - expected)
        assert apart.max() <= 3, "Sixel has colors in percent"
    assert "-f brightness:factor=0.25" in seen.drawn.decode()


def test_half_blocks_are_drawn_where_the_terminal_does_not_answer(halves: Path) -> None:
    seen = in_terminal("nothing", "gallery", halves, "invert", "--show", size=(30, 24))
    assert (seen.code, seen.errors) == (0, "")
    picture = of_half_blocks(seen.drawn)
    assert picture.shape[1] == WIDTH // 10, "pictures stand below one another, first the original"
    for rows, colors in ((slice(0, 4), COLORS), (slice(4, 8), 255 - COLORS)):
        assert (picture[rows, 0] == colors[0]).all() and (picture[rows, -1] == colors[1]).all()


def test_pixels_come_by_a_pipe_and_answers_from_the_terminal(halves: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    with halves.open("rb") as file:
        seen = in_terminal("kitty", "compare", "-", "-f", "invert", "--show", "-o", page, input=file.fileno())
    assert (seen.code, seen.errors) == (0, "")
    assert page.exists()
    (picture,) = of_kitty(seen.drawn)
    assert np.array_equal(tile(picture, 0), read(halves))


def test_a_row_has_what_fits_a_narrow_terminal(halves: Path) -> None:
    seen = in_terminal("kitty", "compare", halves, "-f", "invert", "--show", size=(30, 24))
    assert [each.shape[:2] for each in of_kitty(seen.drawn)] == [(HEIGHT, WIDTH)] * 3


def test_a_large_picture_is_drawn_no_higher_than_the_terminal(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (40, 900)).save(tmp_path / "high.png")
    seen = in_terminal("kitty", "compare", tmp_path / "high.png", "-f", "invert", "--show", size=(80, 24))
    (picture,) = of_kitty(seen.drawn)
    assert picture.shape[0] <= 24 * 20


def test_without_a_terminal_it_is_refused_before_any_work(call: Call, tmp_path: Path) -> None:
    for command in ("compare", "sweep", "gallery"):
        words = [] if command == "gallery" else ["-f", "invert"]
        code, out, errors = call(command, tmp_path / "missing.png", *words, "--show")
        assert (code, out) == (2, "")
        assert errors == (
            "Error: --show draws in a terminal, and standard output is none; -o PAGE.html writes a page\n"
        )


def test_without_a_file_and_without_show_both_are_named(call: Call, halves: Path) -> None:
    code, _, errors = call("compare", halves, "-f", "invert")
    assert (code, errors) == (2, "Error: where to? -o PAGE.html writes a page, and --show draws in the terminal\n")
    code, _, errors = call("gallery", halves, "--open", "--show")
    assert (code, errors) == (2, "Error: --open opens a page; -o PAGE.html says which\n")


def test_without_textual_image_the_command_that_installs_it_is_told(halves: Path, tmp_path: Path) -> None:
    (tmp_path / "textual_image").mkdir()
    (tmp_path / "textual_image" / "__init__.py").write_text("raise ImportError('hidden')")
    seen = in_terminal("kitty", "compare", halves, "-f", "invert", "--show", path=tmp_path)
    assert (seen.code, seen.drawn) == (2, b"")
    assert seen.errors == "Error: --show needs textual-image: pip install 'imgcuda[show]'\n"


def test_a_terminal_of_no_size_or_without_colors_is_refused(halves: Path) -> None:
    seen = in_terminal("kitty", "compare", halves, "-f", "invert", "--show", size=(0, 0))
    assert seen.code == 2 and "stty cols 80 rows 24" in seen.errors
    seen = in_terminal("nothing", "compare", halves, "-f", "invert", "--show", term="dumb")
    assert seen.code == 2 and "has none" in seen.errors
