"""`imgcuda gallery`: a card for every filter, also of other plugins, and for filters that fail."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import imgcuda
from imgcuda.images.preview import smaller
from support.command_line import call
from support.installation import Installation, filter_of
from support.installed import installed
from support.pages import read_page

CAT = Path(__file__).parents[2] / "sample_images" / "chelsea.png"

INVERTING = """
    from pathlib import Path
    Path(__file__).with_name("postcard.cu").write_text(
        "__device__ color postcard(color c, float strength) { c.r = 1.0f - c.r; return c; }"
    )
"""
"""What gives the plugin of `filter_of` a kernel."""


def test_each_filter_of_a_category_has_a_card_with_its_result(tmp_path: Path) -> None:
    page_file = tmp_path / "page.html"
    assert call("gallery", CAT, "threshold", "--size", 80, "-o", page_file) == 0
    page = read_page(page_file)
    names = installed().categories["threshold"]
    section = page.one("section", aria_label="threshold")
    assert [each.one("span", class_="title").text for each in section.all("figure")] == names
    small = smaller(imgcuda.read(CAT).pixels, 80)
    for name, figure in zip(names, section.all("figure"), strict=True):
        assert figure.one("code").text == f"-f {name}"
        assert np.array_equal(figure.one("img").pixels, np.squeeze(imgcuda.apply(small, name)))
        assert figure.one("span", class_="note").text.startswith(installed().entries[name].summary)
    original, *_ = page.one("main").all("figure")
    assert np.array_equal(original.one("img").pixels, small)


def test_a_filter_that_needs_a_value_has_an_example(tmp_path: Path) -> None:
    assert call("gallery", CAT, "convolve", "--size", 40, "-o", tmp_path / "page.html") == 0
    (figure,) = read_page(tmp_path / "page.html").one("section").all("figure")
    kernel = "[[0,-1,0],[-1,5,-1],[0,-1,0]]"
    small = smaller(imgcuda.read(CAT).pixels, 40)
    assert f"kernel={kernel}" in figure.one("code").text
    assert np.array_equal(figure.one("img").pixels, imgcuda.apply(small, "convolve", kernel=kernel))


def test_a_third_partys_filter_is_shown_and_a_broken_plugin_is_told(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    installation.add(filter_of() + INVERTING)
    installation.add("raise ImportError('no such lens')", "other-lens", modules="lens")
    picture = tmp_path / "in.png"
    PIL.Image.new("RGB", (8, 8), (255, 10, 20)).save(picture)
    done = installation.run("gallery", picture, "postcard", "-o", tmp_path / "page.html", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    page = read_page(tmp_path / "page.html")
    (figure,) = page.one("section", aria_label="postcard").all("figure")
    assert figure.one("img").pixels[0, 0].tolist() == [0, 10, 20]
    assert "lens (other-lens 0.3) is left out: ImportError: no such lens" in page.one("p", class_="failed").text


def test_a_filter_that_fails_is_shown_with_its_sentence(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    installation.add(filter_of())  # which has no kernel
    assert installation.run("gallery", CAT, "postcard", "-o", tmp_path / "page.html").returncode == 0
    (figure,) = read_page(tmp_path / "page.html").one("section").all("figure")
    assert "postcard.cu" in figure.one("p", class_="failed").text
    assert not figure.all("img")


def test_words_that_fit_no_filter_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("gallery", CAT, "xyzzy", "-o", tmp_path / "page.html") == 2
    assert capsys.readouterr().err.startswith("Error: no filter fits 'xyzzy'")


@pytest.mark.exhaustive
def test_every_built_in_filter_has_a_picture(tmp_path: Path) -> None:
    assert call("gallery", CAT, "--size", 64, "-o", tmp_path / "page.html") == 0
    page = read_page(tmp_path / "page.html")
    assert len(page.all("img")) == len(installed().entries) + 1
    assert not page.all("p", class_="failed")
