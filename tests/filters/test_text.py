"""Text: where it lies, its color, and that it is what Pillow draws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

import imgcuda
from imgcuda import ParameterError, Pipeline
from imgcuda.testing import assert_close
from support.installed import installed

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def text(image: Image, device: str, words: str = "Hi", **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "text", device=device, text=words, **parameters))


def box(made: Image) -> tuple[int, int, int, int]:
    """Return the first and last row and column that are not black."""
    rows, columns = np.flatnonzero(made.any(axis=1)), np.flatnonzero(made.any(axis=0))
    return rows[0], rows[-1], columns[0], columns[-1]


def drawn(words: str, font: Any, size: tuple[int, int], x: int, y: int) -> Image:
    """Return what Pillow draws, white on black, with the upper left corner of the text's box at (x, y)."""
    picture = Pillow.new("L", size)
    left, top, *_ = ImageDraw.Draw(picture).multiline_textbbox((0, 0), words, font)
    ImageDraw.Draw(picture).multiline_text((x - left, y - top), words, 255, font)
    return np.asarray(picture)


def test_pillow_draws_the_text(device: str) -> None:
    made = text(np.zeros((60, 100), np.uint8), device, "Hi\\nthere", size=20, gravity="northwest", x=5, y=3)
    assert_close(made, drawn("Hi\nthere", ImageFont.load_default(20), (100, 60), 5, 3))
    assert made.any()


def test_the_box_around_the_text_lies_at_an_edge(device: str) -> None:
    image = np.zeros((80, 120), np.uint8)
    top, bottom, left, right = box(text(image, device, "H", gravity="northwest", x=0, y=0))
    height, width = bottom - top, right - left
    assert (top, left) <= (1, 2)  # a letter has some room on either side
    top, bottom, left, right = box(text(image, device, "H", gravity="southeast", x=7, y=9))
    assert bottom == 79 - 9
    assert 119 - 7 - 2 <= right <= 119 - 7
    assert (bottom - top, right - left) == (height, width)


def test_the_text_has_its_color_and_opacity(device: str) -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    white = text(image[..., 0], device, size=30)
    for channel, level in enumerate((255, 128, 0)):
        made = text(image, device, size=30, color="#ff8000", opacity=0.5)[..., channel]
        assert_close(made, white * (0.5 * level / 255), 1)
    half = text(image, device, size=30, color=(1, 128 / 255, 0, 0.5))
    assert_close(half, text(image, device, size=30, color="#ff8000", opacity=0.5), 1)


def test_a_font_may_come_from_a_file(device: str, tmp_path: Path) -> None:
    font = tmp_path / "font.ttf"
    own = ImageFont.load_default(10)
    assert isinstance(own, ImageFont.FreeTypeFont)
    font.write_bytes(own.font_bytes)
    made = text(np.zeros((40, 60), np.uint8), device, size=30, font=str(font), gravity="northwest", x=4, y=2)
    assert_close(made, drawn("Hi", ImageFont.truetype(font, 30), (60, 40), 4, 2))


def test_a_file_that_is_no_font_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.ttf").write_bytes(b"no font")
    for file in ("no.ttf", "missing.ttf"):
        with pytest.raises(ParameterError, match=f"font must be the file of a .* font; .*{file}' cannot be read as a"):
            installed().create("text", {"text": "a", "font": str(tmp_path / file)})


def test_a_text_without_an_end_is_refused(device: str) -> None:
    with pytest.raises(ParameterError, match=r"text must fit into 33,554,432 pixels; .* make size less"):
        text(np.zeros((4, 4), np.uint8), device, "endless " * 1000, size=2000)


def test_lines_are_kept_in_a_recipe() -> None:
    pipeline = Pipeline.from_text(r"text:text='a, b\nc | d',size=20")
    assert Pipeline.from_text(str(pipeline)) == pipeline
    assert Pipeline.from_toml(pipeline.to_toml()) == pipeline


def test_in_strips_it_is_the_same(device: str, random_image: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    image = random_image((2100, 60))
    whole = text(image, device, "a\\nb\\nc", size=60, gravity="center", x=0, y=0)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(2 * image.nbytes))
    assert_close(text(image, device, "a\\nb\\nc", size=60, gravity="center", x=0, y=0), whole)
