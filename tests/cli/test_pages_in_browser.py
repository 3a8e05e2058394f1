"""The pages in a real browser: what a user sees, by mouse and by keyboard. Skipped where there is no Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from imgcuda.cli import build, run
from support.browser import Opened, chromium
from support.installed import installed

FIRST, SECOND = (200, 40, 20), (55, 215, 235)
WIDTH, HEIGHT = 60, 40


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that compares a picture of one color with its negative."""
    folder = tmp_path_factory.mktemp("pages")
    PIL.Image.new("RGB", (WIDTH, HEIGHT), FIRST).save(folder / "in.png")
    page = folder / "page.html"
    assert run(["compare", str(folder / "in.png"), "-f", "invert", "-o", str(page)], build(installed())) == 0
    return page


@pytest.fixture(scope="module")
def sheet(comparison: Path) -> Path:
    """A page with a grid of pictures."""
    page = comparison.with_name("sheet.html")
    steps = ["-f", "gamma:gamma=0.5..2/4", "-f", "edges:operator=sobel|scharr"]
    assert run(["sweep", str(comparison.with_name("in.png")), *steps, "-o", str(page)], build(installed())) == 0
    return page


def colors(opened: Opened) -> set[tuple[int, ...]]:
    """Return the colors of the picture that is seen, but for its rim, which may share pixels with the page."""
    inside = opened.seen("#frame")[4:-4, 4:-4]
    return {tuple(color) for color in np.unique(inside.reshape(-1, 3), axis=0).tolist()}


def test_an_edge_is_dragged_between_both_pictures(browser: Any, comparison: Path) -> None:
    opened = Opened(browser, comparison)
    box = opened.page.locator("#frame").bounding_box()
    middle = box["y"] + box["height"] / 2
    opened.page.mouse.move(box["x"] + box["width"] / 2, middle)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + box["width"] / 4, middle)
    opened.page.mouse.up()
    seen = opened.seen("#frame")
    row = seen[seen.shape[0] // 2]
    assert tuple(row[len(row) // 8]) == FIRST
    assert tuple(row[len(row) // 2]) == SECOND
    assert opened.page.get_by_label("Edge between both").input_value() == "250"
    opened.check_quiet(comparison)


def test_the_edge_moves_by_keys(browser: Any, comparison: Path) -> None:
    opened = Opened(browser, comparison)
    edge = opened.page.get_by_label("Edge between both")
    edge.focus()
    opened.page.keyboard.press("Home")
    row = opened.seen("#frame")[20]
    assert tuple(row[len(row) // 2]) == SECOND
    opened.page.keyboard.press("End")
    row = opened.seen("#frame")[20]
    assert tuple(row[len(row) // 2]) == FIRST


def test_pictures_and_the_difference_are_chosen_by_controls_and_keys(browser: Any, comparison: Path) -> None:
    opened = Opened(browser, comparison)
    for label, key, color in (("First", "2", FIRST), ("Second", "3", SECOND)):
        opened.page.get_by_label(label, exact=True).check()
        assert colors(opened) == {color}
        opened.page.locator("#stage").press("1")
        assert opened.page.get_by_label("Both", exact=True).is_checked()
        opened.page.locator("#stage").press(key)
        assert colors(opened) == {color}
    opened.page.get_by_label("Difference", exact=True).check()
    apart = np.abs(np.subtract(FIRST, SECOND))
    assert colors(opened) == {tuple(apart.tolist())}
    opened.page.get_by_label("Difference times").select_option("4")
    assert colors(opened) == {tuple(np.minimum(4 * apart, 255).tolist())}


def test_a_pixel_is_told_and_zoomed_to_by_keys(browser: Any, comparison: Path) -> None:
    opened = Opened(browser, comparison)
    stage = opened.page.get_by_role("group", name="The pictures")
    opened.page.get_by_label("Zoom").select_option("16")
    assert opened.value("document.getElementById('frame').clientWidth") == 16 * WIDTH
    for key in ("ArrowRight", "Shift+ArrowLeft", "ArrowUp", "+"):
        stage.press(key)
    assert opened.page.locator("#pixel").text_content() == (
        f"x {WIDTH // 2 - 9}, y {HEIGHT // 2 - 1}: first 200 40 20; second 55 215 235"
    )
    assert opened.page.get_by_label("Zoom").input_value() == "32"
    assert opened.value("getComputedStyle(document.getElementById('left')).imageRendering") == "pixelated"
    stage.press("0")
    assert opened.page.get_by_label("Zoom").input_value() == "0"


def test_the_pixel_under_the_mouse_is_told(browser: Any, comparison: Path) -> None:
    opened = Opened(browser, comparison)
    opened.page.get_by_label("Zoom").select_option("8")
    box = opened.page.locator("#frame").bounding_box()
    opened.page.mouse.move(box["x"] + 8 * 7 + 4, box["y"] + 8 * 3 + 4)
    assert str(opened.page.locator("#pixel").text_content()).startswith("x 7, y 3: ")


def test_the_command_is_copied(browser: Any, comparison: Path) -> None:
    opened = Opened(browser, comparison)
    opened.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.page.get_by_role("button", name="Copy the command").click()
    opened.page.get_by_text("Copied").wait_for()
    command = f"imgcuda filter {comparison.with_name('in.png')} out.png -f invert"
    assert opened.value("navigator.clipboard.readText()") == command


PAGES: dict[str, list[str]] = {
    "compare": ["-f", "invert"],
    "sweep": ["-f", "gamma:gamma=0.5..2/4", "-f", "edges:operator=sobel|scharr"],
    "row": ["-f", "crop:width=40|80"],  # the second fails
    "gallery": ["threshold"],
    "explain": ["-f", "invert", "-f", "blur"],
}
"""The words of the command of each page."""


@pytest.fixture(scope="module")
def every_page(comparison: Path) -> dict[str, Path]:
    """A page of each kind."""
    found = {name: comparison.with_name(f"every-{name}.html") for name in PAGES}
    for name, words in PAGES.items():
        command = [name.replace("row", "sweep"), str(comparison.with_name("in.png")), *words, "-o", str(found[name])]
        assert run(command, build(installed())) == 0
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_a_page(
    browser: Any, every_page: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    opened = Opened(browser, every_page[name], width, scheme)
    opened.value("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert opened.findings() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 2560])
@pytest.mark.parametrize("page", ["comparison", "sheet"])
def test_a_page_fits_small_and_large_screens_light_and_dark(
    browser: Any, comparison: Path, sheet: Path, page: str, width: int, scheme: str
) -> None:
    shown = {"comparison": comparison, "sheet": sheet}[page]
    opened = Opened(browser, shown, width, scheme)
    assert opened.value("document.documentElement.scrollWidth") == width
    brightness = int(opened.seen("h1").max(axis=2)[0, -1])
    assert brightness > 200 if scheme == "light" else brightness < 50
    opened.check_quiet(shown)


def test_options_are_copied_from_a_sheet_by_keys(browser: Any, sheet: Path) -> None:
    opened = Opened(browser, sheet)
    opened.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = opened.page.get_by_role("button", name="Copy the options of gamma=0.5, operator=scharr")
    button.focus()
    opened.page.keyboard.press("Enter")
    opened.page.get_by_text("Copied").wait_for()
    assert opened.value("navigator.clipboard.readText()") == "-f gamma:gamma=0.5 -f edges:operator=scharr"


def test_a_gallery_shows_the_filters_that_are_searched_for(browser: Any, comparison: Path) -> None:
    page = comparison.with_name("gallery.html")
    words = ["gallery", str(comparison.with_name("in.png")), "threshold", "-o", str(page)]
    assert run(words, build(installed())) == 0
    opened = Opened(browser, page)
    assert opened.page.locator("section .card:visible").count() == len(installed().categories["threshold"])
    opened.page.get_by_label("Search").fill("OTSU auto")
    assert opened.page.locator("section .card:visible .title").all_text_contents() == ["auto-threshold"]
    assert opened.page.locator("#found").text_content() == "1 filter"
    opened.page.get_by_label("Search").fill("nothing like it")
    assert opened.page.locator("section:visible").count() == 0
    opened.check_quiet(page)
