"""Make the screenshots that the docs show: of the studio, and of the pages of compare, sweep, gallery and explain.

python docs/screenshots.py [FOLDER]     into docs/pictures/screens, or into a folder

It needs the extras `studio` and `browser`, and Chromium: the system's, or Playwright's own. Each is light and dark.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[1]
SCREENS = ROOT / "docs" / "pictures" / "screens"
SAMPLES = ROOT / "sample_images"
SIZE = {"width": 1120, "height": 720}
QUALITY = 72
"""Of WebP: letters are sharp, and no picture has more than 100 KB."""
SCHEMES = {"light": "", "dark": "-dark"}
"""The ending of a picture's name by the colors of its page."""

PAGES: dict[str, list[str]] = {
    "compare": ["compare", "astronaut.png", "-f", "cartoon:black=0.6"],
    "sweep": ["sweep", "coffee.png", "-f", "posterize:levels=2|4|8", "-f", "hue:degrees=0|120", "--size", "240"],
    "gallery": ["gallery", "chelsea.png", "stylize", "--size", "240"],
    "explain": ["explain", "retina.jpg", "-f", "blur:sigma=3", "-f", "invert", "-f", "gamma:gamma=2", "-f", "edges"],
}
"""For each page the command that writes it."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def names() -> set[str]:
    """Return the names of all files that are made."""
    return {f"{name}{ending}.webp" for name in ("studio", *PAGES) for ending in SCHEMES.values()}


def make(folder: Path) -> None:
    """Make all screenshots in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with browser() as started, tempfile.TemporaryDirectory() as pages:
        for name, words in PAGES.items():
            page = Path(pages, f"{name}.html")
            _imgcuda(words, page)
            for scheme, ending in SCHEMES.items():
                _shoot(started, page.as_uri(), scheme, folder / f"{name}{ending}.webp")
        for scheme, ending in SCHEMES.items():
            with _studio(SAMPLES / "coffee.png") as address:
                _shoot(started, address, scheme, folder / f"studio{ending}.webp", _use_studio)


@contextmanager
def browser() -> Iterator[Any]:
    """Start Chromium without a window."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


def _shoot(started: Any, address: str, scheme: str, file: Path, use: Callable[[Any], None] | None = None) -> None:
    """Open an address, use its page, and write what is seen."""
    context = started.new_context(viewport=SIZE, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    if use:
        use(page)
    with Image.open(io.BytesIO(page.screenshot())) as seen:
        seen.convert("RGB").save(file, quality=QUALITY, method=6)
    context.close()


def _use_studio(page: Any) -> None:
    """Add filters, and show the picture before and after."""
    for name in ("tilt-shift", "saturation"):
        page.get_by_text("filtered in").wait_for()
        page.get_by_label("Add a filter").fill(name)
        page.get_by_role("button", name="Add", exact=True).click()
        page.locator("pre#command", has_text=name).wait_for()
    page.get_by_role("radio", name="Both").check()


def _imgcuda(words: Sequence[str], page: Path) -> None:
    subprocess.run(
        [*_command(words), "-o", str(page), "--device", "cpu"], cwd=SAMPLES, check=True, stdout=subprocess.DEVNULL
    )


@contextmanager
def _studio(picture: Path) -> Iterator[str]:
    """Run a studio, and yield its address, which works once."""
    words = _command(["studio", "--no-open", "--device", "cpu", str(picture)])
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()


def _command(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "imgcuda", *words]


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else SCREENS)
