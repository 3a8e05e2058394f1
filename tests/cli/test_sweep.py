"""`imgcuda sweep`: sheets as pages and as pictures."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

import imgcuda
from imgcuda.images.preview import smaller
from imgcuda.pages.cards import Card, CardWords
from imgcuda.pages.sheet_picture import GAP, LINE, sheet_picture
from support.command_line import call
from support.pages import read_page

CAT = Path(__file__).parents[2] / "sample_images" / "chelsea.png"


def made(chain: str, size: int) -> npt.NDArray[Any]:
    """Return what a chain makes of the cat, made smaller."""
    return smaller(imgcuda.Pipeline.from_text(chain)(imgcuda.read(CAT).pixels), size)


def test_a_page_has_a_picture_for_each_value_and_its_options(tmp_path: Path) -> None:
    page_file = tmp_path / "sheet.html"
    assert call("sweep", CAT, "-f", "blur:sigma=1..3/3", "-f", "invert", "--size", 100, "-o", page_file) == 0
    page = read_page(page_file)
    assert page.one("h1").text == "chelsea.png: sigma of blur"
    figures = page.all("figure")
    assert [each.one("span", class_="title").text for each in figures] == ["sigma=1", "sigma=2", "sigma=3"]
    for sigma, figure in enumerate(figures, 1):
        assert figure.one("code").text == f"-f blur:sigma={sigma} -f invert"
        assert np.array_equal(figure.one("img").pixels, made(f"blur:sigma={sigma} | invert", 100))


def test_two_parameters_are_the_rows_and_columns_of_a_table(tmp_path: Path) -> None:
    options = ["-f", "blur:sigma=1|4", "-f", "gamma:gamma=0.5|1|2", "--size", "64", "-o", tmp_path / "sheet.html"]
    assert call("sweep", CAT, *options) == 0
    page = read_page(tmp_path / "sheet.html")
    assert [each.text for each in page.all("th", scope="row")] == ["blur: sigma=1", "blur: sigma=4"]
    columns = [each.text for each in page.all("th", scope="col")]
    assert columns == ["gamma: gamma=0.5", "gamma: gamma=1", "gamma: gamma=2"]
    (first, second) = page.one("tbody").all("tr")
    cell = second.all("td")[0]
    assert cell.one("code").text == "-f blur:sigma=4 -f gamma:gamma=0.5"
    assert np.array_equal(cell.one("img").pixels, made("blur:sigma=4 | gamma:gamma=0.5", 64))
    assert len(first.all("img")) == 3


def test_options_that_a_shell_would_read_are_quoted(tmp_path: Path) -> None:
    options = ["-f", "convolve:kernel=[[0,1,0]]|[[1,0,1]]", "--size", "32", "-o", tmp_path / "sheet.html"]
    assert call("sweep", CAT, *options) == 0
    first, _ = (each.text for each in read_page(tmp_path / "sheet.html").all("code"))
    assert shlex.split(first) == ["-f", "convolve:kernel=[[0,1,0]]"]


def test_a_sheet_is_a_picture_if_its_name_is_one(tmp_path: Path) -> None:
    sheet_file = tmp_path / "sheet.png"
    assert call("sweep", CAT, "-f", "blur:sigma=1|4", "-f", "invert", "--size", 120, "-o", sheet_file) == 0
    sheet = imgcuda.read(sheet_file).pixels
    for column, sigma in enumerate((1, 4)):
        expected = made(f"blur:sigma={sigma} | invert", 120)
        height, width = expected.shape[:2]
        left = GAP + column * (120 + GAP)
        assert np.array_equal(sheet[GAP : GAP + height, left : left + width], expected)
        below = sheet[GAP + height : GAP + height + LINE, left : left + width]
        assert (below < 128).any(), "the text is there"
    assert call("sweep", CAT, "-f", "blur:sigma=1|4", "-o", sheet_file) == 0, "it is ours, and may be replaced"


def test_each_value_has_its_own_text_in_a_picture() -> None:
    gray = np.zeros((40, 200), np.uint8)
    texts = [Card(CardWords("", f"-f blur:sigma={sigma}"), gray) for sigma in (1, 2)]
    sheet = sheet_picture(texts, columns=2)
    assert sheet.shape == (2 * GAP + 40 + LINE, 3 * GAP + 400, 3)
    left, right = (sheet[GAP + 40 :, begin : begin + 200] for begin in (GAP, 2 * GAP + 200))
    assert (left < 128).any() and not np.array_equal(left, right)


def test_long_texts_break_and_make_room_for_themselves() -> None:
    words = CardWords("", "-f " + "a" * 80)
    sheet = sheet_picture([Card(words, np.zeros((10, 100), np.uint8))], columns=1)
    lines = (sheet.shape[0] - 2 * GAP - 10) // LINE
    assert lines > 4
    assert (sheet[:, -GAP:] == 255).all(), "no letter reaches beyond the picture"


def test_what_fails_has_its_sentence_and_the_others_their_pictures(tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    PIL.Image.new("RGB", (50, 50)).save(small)
    assert call("sweep", small, "-f", "crop:width=40|60", "-o", tmp_path / "sheet.html") == 0
    good, bad = read_page(tmp_path / "sheet.html").all("figure")
    assert good.one("img").pixels.shape == (50, 40, 3)
    assert "60" in bad.one("p", class_="failed").text and not bad.all("img")


def test_a_sweep_of_which_all_fails_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = tmp_path / "small.png"
    PIL.Image.new("RGB", (5, 5)).save(small)
    assert call("sweep", small, "-f", "crop:width=40|60", "-o", tmp_path / "sheet.html") == 1
    assert capsys.readouterr().err.startswith("Error: ")
    assert not (tmp_path / "sheet.html").exists()


def test_a_sweep_of_too_many_pictures_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ["-f", "blur:sigma=1..8/20", "-f", "gamma:gamma=1..2/20", "-o", tmp_path / "sheet.png"]
    assert call("sweep", CAT, *options) == 2
    assert capsys.readouterr().err == "Error: these are 20 x 20 = 400 pictures, and a sheet has at most 100\n"
