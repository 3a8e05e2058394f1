"""The screenshots of the docs: one script makes each that a page shows, small and in both colors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import screenshots
from PIL import Image
from site_pages import ROOT, pages

from support.browser import chromium

SHOWN = re.compile(r"pictures/screens/([\w.-]+)")
LARGEST = 100_000
"""The most bytes of a screenshot."""


def shown() -> set[str]:
    """Return the names of all screenshots that pages show."""
    return {name for page in pages() for name in SHOWN.findall((ROOT / f"{page}.md").read_text("utf-8"))}


def test_the_docs_show_the_screenshots_that_the_script_makes() -> None:
    assert shown() == screenshots.names() == {path.name for path in screenshots.SCREENS.iterdir()}


@pytest.mark.parametrize("name", sorted(screenshots.names()))
def test_a_screenshot_is_small(name: str) -> None:
    assert (screenshots.SCREENS / name).stat().st_size < LARGEST


def test_the_script_makes_them_all_light_and_dark(tmp_path: Path) -> None:
    with chromium():
        pass  # which skips where there is no browser
    pytest.importorskip("uvicorn", reason="the studio's extra is not installed")
    screenshots.make(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == screenshots.names()
    for path in tmp_path.iterdir():
        assert path.stat().st_size < LARGEST
        with Image.open(path) as picture:
            assert picture.size == (screenshots.SIZE["width"], screenshots.SIZE["height"])
            corner = picture.getpixel((picture.width - 1, picture.height - 1))
            assert isinstance(corner, tuple)
            assert (max(corner) < 60) == ("-dark" in path.name), path.name
