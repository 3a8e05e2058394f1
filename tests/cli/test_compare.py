"""`imgcuda compare`: the page, its pictures, and the errors."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

import imgcuda
from imgcuda.pages.compare_page import MOST_PIXELS, Side, compare_page
from imgcuda.pages.differences import ROWS, difference
from imgcuda.pages.histogram import histograms
from imgcuda.pages.markup import joined, tag
from imgcuda.statistics.channels import ChannelStatistics
from support.command_line import call
from support.pages import read_page

SAMPLES = Path(__file__).parents[2] / "sample_images"
CAT = SAMPLES / "chelsea.png"

Pixels = npt.NDArray[Any]


def cat() -> Pixels:
    return imgcuda.read(CAT).pixels


def test_the_page_has_the_picture_and_what_the_filters_make_of_it(tmp_path: Path) -> None:
    page_file = tmp_path / "page.html"
    assert call("compare", CAT, "-f", "blur:sigma=3", "-f", "invert", "-o", page_file) == 0
    page = read_page(page_file)
    filtered = imgcuda.Pipeline.from_text("blur:sigma=3 | invert")(cat())
    assert np.array_equal(page.one("img", id="left").pixels, cat())
    assert np.array_equal(page.one("img", id="right").pixels, filtered)
    apart = np.abs(cat().astype(int) - filtered)
    assert np.array_equal(page.one("img", id="difference").pixels, apart)
    assert page.one("h1").text == "chelsea.png and blur:sigma=3 | invert"
    said = page.one("p", id="apart").text
    assert f"by at most {apart.max()}, where white is 255, and by {apart.mean():.4g} on average" in said


def test_the_command_on_the_page_makes_the_second_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ["-f", "blur:sigma=2", "--depth", "16", "--linear", "-o", tmp_path / "page.html"]
    assert call("compare", CAT, *options) == 0
    page = read_page(tmp_path / "page.html")
    program, *words = shlex.split(page.one("header").one("code").text)
    monkeypatch.chdir(tmp_path)
    assert (program, call(*words)) == ("imgcuda", 0)
    shown = page.one("img", id="right").pixels
    whole = imgcuda.read(tmp_path / "out.png").pixels
    assert whole.dtype == np.uint16
    assert np.array_equal(shown, (whole.astype(int) + 128) // 257)


def test_two_files_are_compared_and_equal_ones_are_said_to_be(tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    PIL.Image.fromarray(cat()).save(copy)
    assert call("compare", CAT, copy, "-o", tmp_path / "page.html") == 0
    page = read_page(tmp_path / "page.html")
    assert page.one("p", id="apart").text == "The pictures are equal."
    assert not page.one("header").all("code")


def test_filters_may_be_compared_with_a_file(tmp_path: Path) -> None:
    expected = tmp_path / "expected.png"
    PIL.Image.fromarray(255 - cat()).save(expected)
    assert call("compare", CAT, expected, "-f", "invert", "-o", tmp_path / "page.html") == 0
    page = read_page(tmp_path / "page.html")
    assert page.one("h1").text == "invert and expected.png"
    assert page.one("p", id="apart").text == "The pictures are equal."


def test_pictures_of_two_sizes_have_no_difference_but_histograms(tmp_path: Path) -> None:
    assert call("compare", CAT, "-f", "crop:width=100,height=50", "-o", tmp_path / "page.html") == 0
    page = read_page(tmp_path / "page.html")
    assert page.one("p", id="apart").text == "The pictures have different sizes, 451 x 300 and 100 x 50 pixels."
    assert not page.all("img", id="difference") and not page.all("input", value="difference")
    assert [each.text for each in page.all("figcaption")] == ["red", "green", "blue"]
    assert page.one("img", id="right").attributes["style"] == "width:22.1729%;height:16.6667%"


def test_a_smaller_copy_covers_the_whole_picture(tmp_path: Path) -> None:
    assert call("compare", CAT, "-f", "resize:width=226", "-o", tmp_path / "page.html") == 0
    page = read_page(tmp_path / "page.html")
    assert "style" not in page.one("img", id="right").attributes


def test_names_and_values_cannot_change_the_page(tmp_path: Path) -> None:
    name = tmp_path / "<b>&\"'.png"
    PIL.Image.fromarray(cat()).save(name)
    assert call("compare", name, "-f", "invert", "-o", tmp_path / "page.html") == 0
    page = read_page(tmp_path / "page.html")
    assert page.one("head").one("title").text == "<b>&\"'.png | invert"
    assert not page.all("b")


def test_a_page_of_ours_is_replaced_and_no_other_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    for _ in range(2):
        assert call("compare", CAT, "-f", "invert", "-o", page) == 0
    assert call("compare", CAT, "-f", "invert", "-o", page, "--no-clobber") == 1
    page.write_text("<p>mine</p>")
    assert call("compare", CAT, "-f", "invert", "-o", page) == 1
    assert "--overwrite replaces it" in capsys.readouterr().err
    assert page.read_text() == "<p>mine</p>"
    assert call("compare", CAT, "-f", "invert", "-o", page, "--overwrite") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([CAT, "-o", "page.html"], "compare IN with what? Write -f NAME for a filter, or the name of another image"),
        ([CAT, "-f", "invert", "-o", "page.png"], "a page is written to a file that ends with .html; got page.png"),
    ],
)
def test_a_comparison_of_nothing_or_to_no_page_is_refused(
    arguments: list[object], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("compare", *arguments) == 2
    assert capsys.readouterr().err == f"Error: {message}\n"


def test_a_picture_too_large_for_a_page_is_refused() -> None:
    pixels = np.broadcast_to(np.uint8(0), (1, MOST_PIXELS + 1))
    side = Side("huge.png", imgcuda.Image(pixels), [])
    with pytest.raises(
        imgcuda.ImageError, match=r"huge.png has 40,000,001 pixels, and a page shows at most 40,000,000"
    ):
        compare_page(side, side)


# Differences


def test_a_difference_is_counted_in_levels() -> None:
    one = np.zeros((ROWS + 1, 2), np.uint8)
    other = one.copy()
    other[ROWS, 1] = 51
    found = difference(one, other)
    assert found is not None
    samples = one.size
    assert (found.white, found.largest, found.mean) == (255, 51, 51 / samples)
    assert found.share == 1 / samples
    assert found.psnr == pytest.approx(10 * np.log10(samples / 0.04))
    assert found.picture[ROWS, 1].tolist() == [51, 51, 51] and found.picture.sum() == 3 * 51


@pytest.mark.parametrize(("dtype", "step"), [(np.uint16, 1), (np.float32, 1e-6)])
def test_the_least_difference_of_deep_samples_can_be_seen(dtype: npt.DTypeLike, step: float) -> None:
    one = np.zeros((2, 2, 3), dtype)
    other = one.copy()
    other[0, 1, 2] = step
    found = difference(one, other)
    assert found is not None and found.picture[0, 1].tolist() == [0, 0, 1]


def test_gray_is_compared_with_color_and_a_difference_of_alpha_is_white() -> None:
    gray = np.full((1, 1, 2), (100, 255), np.uint8)
    color = np.full((1, 1, 4), (100, 90, 100, 205), np.uint8)
    found = difference(gray, color)
    assert found is not None and found.picture[0, 0].tolist() == [50, 50, 50]
    opaque = difference(gray[:, :, 0], color[:, :, :3])
    assert opaque is not None and opaque.picture[0, 0].tolist() == [0, 10, 0]


def test_types_are_compared_by_their_white() -> None:
    found = difference(np.full((1, 1), 255, np.uint8), np.full((1, 1), 65535, np.uint16))
    assert found is not None and (found.largest, found.white) == (0, 65535)
    deep = difference(np.full((1, 1), 255, np.uint8), np.full((1, 1), 0.75, np.float32))
    assert deep is not None and (deep.largest, deep.white) == (0.25, 1)


# Histograms and markup


def test_a_histogram_has_a_text_for_those_who_do_not_see_it() -> None:
    statistics = ChannelStatistics(4, 0, 255, 12.5, 1, 2, 0.5, 0, (3, 1, *[0] * 254))
    drawn = histograms([statistics], [statistics, statistics])
    assert 'aria-label="Histogram of gray: the mean is 12.5 in the first and 12.5 in the second"' in drawn
    assert 'aria-label="Histogram of alpha: the mean is 12.5 in the second"' in drawn
    assert "M0 100L0 0.0L1 0.0L1 42.3L2 42.3L2 100.0" in drawn


def test_texts_and_attributes_are_escaped_and_markup_is_not() -> None:
    inner = tag("b", "1 < 2", title='"')
    assert tag("p", inner, " & ", None, hidden=True, id=None) == '<p hidden><b title="&quot;">1 &lt; 2</b> &amp; </p>'
    assert tag("input", aria_label="x", class_="y") == '<input aria-label="x" class="y">'
    assert joined(inner, 3) == f"{inner}3"


# Opening a page


@pytest.mark.parametrize("has_browser", [True, False])
def test_a_page_is_opened_on_request_or_its_address_is_told(
    has_browser: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def browse(address: str) -> bool:
        opened.append(address)
        return has_browser

    monkeypatch.setattr("webbrowser.open", browse)
    page = tmp_path / "a page.html"
    assert call("compare", CAT, "-f", "invert", "-o", page) == 0
    assert opened == []
    assert call("compare", CAT, "-f", "invert", "-o", page, "--open") == 0
    assert opened == [page.as_uri()]
    told = "" if has_browser else f"Note: no browser was found; open {page.as_uri()}\n"
    assert capsys.readouterr().err == told
