"""The site in a real browser: axe-core finds nothing serious. Skipped where Sphinx or Chromium is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from site_pages import ROOT

from support.browser import Opened, chromium

GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built."""
    for name in ("sphinx", "furo", "myst_parser"):
        pytest.importorskip(name, reason="the extra docs is not installed")
    folder = tmp_path_factory.mktemp("site")
    words = ["-q", "-W", "-d", str(folder / "trees"), "-c", "docs/website", ".", str(folder / "site")]
    subprocess.run([sys.executable, "-m", "sphinx", *words], cwd=ROOT, check=True)
    return folder / "site"


@pytest.fixture(scope="module")
def browser(site: Path) -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("page", ["index", "docs/see", "docs/api", "search"])
def test_axe_finds_nothing_serious_on_a_page_of_the_site(
    browser: Any, site: Path, page: str, width: int, scheme: str
) -> None:
    opened = Opened(browser, site / f"{page}.html", width, scheme)
    assert opened.findings(GRAVE) == []


def test_the_site_has_the_gallery_and_the_reference(site: Path) -> None:
    assert "blur.jpg" in (site / "docs" / "filters.html").read_text("utf-8")
    assert 'id="pipeline"' in (site / "docs" / "api.html").read_text("utf-8")


@pytest.mark.parametrize(("scheme", "shown"), [("light", "compare.webp"), ("dark", "compare-dark.webp")])
def test_a_screenshot_is_shown_in_the_colors_of_the_page(browser: Any, site: Path, scheme: str, shown: str) -> None:
    opened = Opened(browser, site / "docs" / "see.html", scheme=scheme)
    sources = opened.page.locator("img:visible").evaluate_all("all => all.map((each) => each.src)")
    assert [source.rpartition("/")[2] for source in sources if "compare" in source] == [shown]
