"""A real browser for tests: Chromium, driven by Playwright; where either is missing, a test is skipped."""

from __future__ import annotations

import io
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
"""What Chromium is called where a distribution or a user installs it."""


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium, without a window; skip the test if it is not here, or if it does not start."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    with playwright.sync_playwright() as driver:
        try:  # as root, Chromium has no sandbox; without a path, it is Playwright's own
            started = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except playwright.Error as error:
            pytest.skip(f"no browser: {str(error).splitlines()[0]}")
        try:
            yield started
        finally:
            started.close()


IMPACTS = ("minor", "moderate", "serious", "critical")
"""How grave axe-core calls a finding."""


def axe_findings(page: Any, impacts: Collection[str] = IMPACTS) -> list[tuple[str, list[str]]]:
    """Return the rules of axe-core that a page breaks, each with its elements; skip the test if it is not installed."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found if each["impact"] in impacts]


class Opened:
    """A page that a browser shows, with what it has complained of, and what it has asked of the network."""

    def __init__(self, browser: Any, path: Path, width: int = 1000, scheme: str = "light") -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.page = context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def check_quiet(self, path: Path) -> None:
        """Raise AssertionError if anything but the page itself and its own pictures was loaded, or an error told."""
        assert self.complaints == []
        assert {url for url in self.requests if not url.startswith("data:image/png;")} == {path.as_uri()}

    def value(self, expression: str) -> Any:
        """Return the value of an expression in JavaScript."""
        return self.page.evaluate(expression)

    def findings(self, impacts: Collection[str] = IMPACTS) -> list[tuple[str, list[str]]]:
        """Return what axe-core finds wrong for users of screen readers and keyboards: each rule, and the elements."""
        return axe_findings(self.page, impacts)

    def seen(self, selector: str) -> npt.NDArray[np.uint8]:
        """Return what an element looks like, in red, green and blue."""
        with PIL.Image.open(io.BytesIO(self.page.locator(selector).screenshot())) as picture:
            return np.asarray(picture.convert("RGB"))
