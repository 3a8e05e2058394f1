"""The studio's page in Chromium: what a user does by mouse and by keyboard, and what a page of another site tries."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from imgcuda.cli import build, run
from support.browser import axe_findings, chromium
from support.installed import installed
from support.studio import RunningStudio, running_studio, save_later, studio_process
from support.written_filters import BEYOND, BEYOND_KERNEL, ENDLESS_KERNEL, FILTER, KERNEL

pytestmark = pytest.mark.exhaustive

BLUE = "document.getElementById('after').getContext('2d').getImageData(0, 0, 1, 1).data[2]"
"""The blue of the result's first pixel."""

ADVICE = "willReadFrequently"
"""What Chromium says because the tests read the canvas so often; the page does not."""

WIDTHS = (360, 768, 1280, 2560)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture, and a filter that is not installed."""
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    PIL.Image.fromarray(pixels).save(tmp_path / "in.png")
    (tmp_path / "mine.py").write_text(FILTER)
    (tmp_path / "dim.cu").write_text(KERNEL)
    return tmp_path


class StudioPage:
    """A studio in a browser."""

    def __init__(self, browser: Any, running: RunningStudio, width: int = 1280, scheme: str = "light") -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(running.address)

    def _hear(self, message: Any) -> None:
        if ADVICE not in message.text:
            self.complaints.append(message.text)

    def settle(self) -> None:
        """Wait until the newest request has its result over the whole picture."""
        self.until("document.body.dataset.extent === 'full'")

    def until(self, expression: str) -> None:
        """Wait until an expression is true. (Playwright's own way is refused by the page's Content-Security-Policy.)"""
        end = time.monotonic() + 60
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, expression
            self.page.wait_for_timeout(20)

    def after(self, act: Callable[[], object]) -> None:
        """Do something that changes the chain, and wait for the result."""
        self.page.evaluate("document.body.dataset.extent = ''")
        act()
        self.settle()

    def add(self, name: str) -> None:
        self.page.get_by_label("Add a filter").fill(name)
        self.after(lambda: self.page.get_by_role("button", name="Add", exact=True).click())

    @property
    def pixels(self) -> Any:
        """What the canvas of the result holds."""
        found = self.page.evaluate(
            "() => { const c = document.getElementById('after');"
            "return [c.height, c.width, [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]]; }"
        )
        return np.array(found[2], np.uint8).reshape(found[0], found[1], 4)[..., :3]

    def text(self, id: str) -> str:
        """Return the text of an element."""
        return str(self.page.locator(f"#{id}").text_content())

    @property
    def names(self) -> list[str]:
        """The filters of the chain, in order."""
        return list(self.page.locator(".step h3").all_text_contents())


@contextmanager
def opened(browser: Any, folder: Path, plugin: bool = False, **more: Any) -> Iterator[StudioPage]:
    """Open a studio with the folder's picture; raise AssertionError if it logs an error, or loads a foreign address."""
    with running_studio(folder / "in.png", folder / "mine.py" if plugin else None) as running:
        made = StudioPage(browser, running, **more)
        try:
            made.settle()
            yield made
            assert made.complaints == []
            own = ("http://" + running.access.host, "ws://" + running.access.host, "blob:http://" + running.access.host)
            assert [url for url in made.requests if not url.startswith(own)] == []
        finally:
            made.context.close()


def expected(folder: Path, chain: str) -> Any:
    import imgcuda

    return imgcuda.Pipeline.from_text(chain)(imgcuda.read(folder / "in.png").pixels, device="cpu")


def test_the_picture_changes_while_a_slider_is_dragged(browser: Any, folder: Path) -> None:
    with opened(browser, folder) as studio:
        studio.add("brightness")
        slider = studio.page.get_by_label("factor", exact=True)
        box = slider.bounding_box()
        before = studio.pixels
        studio.page.evaluate("document.body.dataset.extent = ''")
        studio.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        studio.page.mouse.down()
        studio.page.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2, steps=8)
        studio.until("document.body.dataset.extent === 'proxy'")  # and no 'full' before it is let go
        dragged = studio.pixels
        studio.page.mouse.up()
        studio.settle()
        value = studio.page.get_by_label("factor, exactly").input_value()
        assert not np.array_equal(before, dragged)
        assert float(value) < 0.1
        assert np.array_equal(studio.pixels, expected(folder, f"brightness:factor={value}"))


def test_a_chain_is_built_moved_and_taken_apart(browser: Any, folder: Path) -> None:
    with opened(browser, folder) as studio:
        for name in ("invert", "brightness", "posterize"):
            studio.add(name)
        assert np.array_equal(studio.pixels, expected(folder, "invert | brightness | posterize"))
        handle, target = studio.page.locator(".handle").nth(2), studio.page.locator(".step").nth(0)
        studio.after(lambda: handle.drag_to(target))
        assert studio.names == ["posterize", "invert", "brightness"]
        assert np.array_equal(studio.pixels, expected(folder, "posterize | invert | brightness"))
        studio.after(lambda: studio.page.get_by_label("Move down: posterize").click())
        assert studio.names == ["invert", "posterize", "brightness"]
        studio.after(lambda: studio.page.get_by_label("Use posterize").uncheck())
        assert np.array_equal(studio.pixels, expected(folder, "invert | brightness"))
        studio.after(lambda: studio.page.get_by_label("Remove: invert").click())
        assert np.array_equal(studio.pixels, expected(folder, "brightness"))
        assert "-f brightness" in studio.text("command") and "posterize" not in studio.text("command")


def test_a_kernel_is_reloaded_broken_and_mended(browser: Any, folder: Path) -> None:
    with opened(browser, folder, plugin=True) as studio:
        studio.until("document.querySelector('.step h3')?.textContent === 'dim'")
        studio.settle()
        faults = studio.page.locator("#faults .fault")
        save_later(folder / "dim.cu", KERNEL.replace("c.b *= 1.0f - amount", "c.b = amount"))
        studio.until("document.getElementById('after').getContext('2d').getImageData(0,0,1,1).data[2] === 128")
        save_later(folder / "dim.cu", KERNEL.replace("c.b *= 1.0f - amount", "c.b = amont"))
        faults.first.wait_for()
        assert "dim.cu:5" in faults.first.text_content() and "amont" in faults.first.locator("pre").text_content()
        assert "mine.py has an error" in studio.text("plugin")
        save_later(folder / "dim.cu", KERNEL.replace("c.b *= 1.0f - amount", "c.b = 1.0f"))
        studio.until("document.getElementById('after').getContext('2d').getImageData(0,0,1,1).data[2] === 255")
        studio.until("document.querySelectorAll('#faults .fault').length === 0")
        save_later(folder / "mine.py", FILTER.replace("amount: float", "much: float").replace("how much", "how dark"))
        studio.page.get_by_text("how dark", exact=True).wait_for()  # its controls are new
        save_later(folder / "dim.cu", KERNEL.replace("amount", "much"))
        studio.until("document.querySelectorAll('#faults .fault').length === 0")


def test_the_copied_command_makes_the_bytes_that_are_saved(
    browser: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("IMGCUDA_DEVICE", "cpu")
    with opened(browser, folder) as studio:
        studio.add("invert")
        studio.add("brightness")
        exact = studio.page.get_by_label("factor, exactly")
        studio.after(lambda: (exact.fill("0.75"), exact.press("Tab")))
        studio.page.get_by_role("button", name="Copy the command").click()
        studio.page.get_by_text("Copied.").wait_for()
        copied = studio.page.evaluate("navigator.clipboard.readText()")
        with studio.page.expect_download() as download:
            studio.page.get_by_role("button", name="Save the result").click()
        saved = Path(download.value.path()).read_bytes()
        assert download.value.suggested_filename == "out.png"
        seen = studio.pixels
    assert run(shlex.split(copied)[1:], build(installed())) == 0
    assert (folder / "out.png").read_bytes() == saved
    with PIL.Image.open(folder / "out.png") as picture:
        assert np.array_equal(np.asarray(picture), seen)


def test_all_is_done_by_keys(browser: Any, folder: Path) -> None:
    with opened(browser, folder) as studio:
        keys = studio.page.keyboard
        for _ in range(40):
            keys.press("Tab")
            if studio.page.evaluate("document.activeElement.id") == "name":
                break
        keys.type("invert")
        studio.after(lambda: keys.press("Enter"))
        assert studio.names == ["invert"]
        keys.press("Space")  # the box that switches it off has the focus
        studio.until("!document.querySelector('.step input').checked")
        studio.page.locator("#stage").focus()
        for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "3"):
            keys.press(key)
        studio.until("document.getElementById('pixel').textContent.startsWith('2, 10: before')")
        assert studio.page.get_by_role("radio", name="Both").is_checked()
        studio.page.get_by_label("Edge between both").focus()
        keys.press("Home")
        assert (
            studio.page.evaluate("getComputedStyle(document.getElementById('before')).clipPath")
            == "inset(0px 100% 0px 0px)"
        )


def test_a_slider_moves_by_keys(browser: Any, folder: Path) -> None:
    with opened(browser, folder) as studio:
        studio.add("posterize")
        slider = studio.page.get_by_label("levels", exact=True)
        slider.focus()
        value = int(slider.input_value())
        studio.after(lambda: studio.page.keyboard.press("ArrowRight"))
        assert int(slider.input_value()) == value + 1
        assert slider.get_attribute("aria-valuetext") == str(value + 1)
        assert np.array_equal(studio.pixels, expected(folder, f"posterize:levels={value + 1}"))


def test_a_wrong_value_is_told_and_its_step_is_marked(browser: Any, folder: Path) -> None:
    with opened(browser, folder) as studio:
        studio.add("convolve")
        rows = studio.page.get_by_label("kernel", exact=True)
        rows.fill("[[1,2],[3]]")
        rows.press("Tab")
        studio.page.locator("#faults .fault").wait_for()
        assert "kernel must be a matrix" in studio.text("faults")
        assert studio.page.locator(".step.wrong h3").all_text_contents() == ["convolve"]
        rows.fill("[[0,0,0],[0,1,0],[0,0,0]]")
        studio.after(lambda: rows.press("Tab"))
        assert studio.text("faults") == ""
        assert np.array_equal(studio.pixels, expected(folder, "brightness:factor=1"))


def test_files_are_chosen_for_parameters_and_as_the_picture(browser: Any, folder: Path) -> None:
    PIL.Image.new("RGB", (64, 48), (10, 20, 30)).save(folder / "other.png")
    with opened(browser, folder) as studio:
        studio.page.get_by_label("Add a filter").fill("composite")
        studio.page.get_by_role("button", name="Add", exact=True).click()
        studio.page.locator("#faults .fault").wait_for()  # it needs a picture
        chooser = studio.page.get_by_label("image", exact=True)
        studio.after(lambda: chooser.set_input_files(folder / "other.png"))
        assert (studio.pixels == [10, 20, 30]).all()
        assert "composite:image=other.png" in studio.text("command")
        studio.after(lambda: studio.page.get_by_label("Remove: composite").click())
        studio.after(lambda: studio.page.get_by_label("Open a picture").set_input_files(folder / "other.png"))
        assert (studio.pixels == [10, 20, 30]).all()
        assert "other.png: 64 x 48" in studio.text("about")
        (folder / "bad.png").write_bytes(b"bad")
        studio.page.get_by_label("Open a picture").set_input_files(folder / "bad.png")
        studio.page.get_by_text("bad.png cannot be read").wait_for()
        studio.complaints.clear()  # Chromium notes the answer's status


def test_a_chain_that_does_not_end_is_told_and_another_one_runs(browser: Any, folder: Path) -> None:
    (folder / "mine.py").write_text(FILTER.replace("default=0.5", "default=0"))
    (folder / "dim.cu").write_text(ENDLESS_KERNEL)
    with studio_process(folder / "in.png", "--plugin", folder / "mine.py") as running:
        studio = StudioPage(browser, running)
        studio.until("document.querySelector('.step h3')?.textContent === 'dim'")
        studio.settle()
        exact = studio.page.get_by_label("amount, exactly")
        exact.fill("1")
        exact.press("Tab")
        studio.page.get_by_text("The chain has run for 6 s.").wait_for()
        studio.after(lambda: studio.page.get_by_label("Remove: dim").click())
        assert np.array_equal(studio.pixels, expected(folder, "brightness:factor=1"))
        assert studio.complaints == []
        studio.context.close()


def test_findings_of_a_checked_run_are_marks_in_the_picture(browser: Any, folder: Path) -> None:
    (folder / "mine.py").write_text(BEYOND)
    (folder / "beyond.cu").write_text(BEYOND_KERNEL)
    with opened(browser, folder, plugin=True) as studio:
        studio.until("document.querySelector('.step h3')?.textContent === 'beyond'")
        studio.settle()
        studio.page.get_by_role("button", name="Check kernels").click()
        studio.page.get_by_text("a checked run over 64 x 48 pixels").wait_for()
        mark = studio.page.get_by_role("button", name="Finding 1: beyond: thread").bounding_box()
        frame = studio.page.locator("#frame").bounding_box()
        place = [(mark["x"] + mark["width"] / 2 - frame["x"]) / frame["width"],
                 (mark["y"] + mark["height"] / 2 - frame["y"]) / frame["height"]]  # fmt: skip
        assert place == pytest.approx([63.5 / 64, 47.5 / 48], abs=0.01)
        assert "beyond.cu:7" in studio.text("faults")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_every_width_and_is_accessible(browser: Any, folder: Path, width: int, scheme: str) -> None:
    with opened(browser, folder, width=width, scheme=scheme) as studio:
        for name in ("blur", "duotone", "convolve", "levels"):
            studio.add(name)
        wide = studio.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1]
        outside = studio.page.evaluate(
            "[...document.querySelectorAll('button, input, select, textarea')].filter(e => {"
            "const b = e.getBoundingClientRect(); return b.width > 2 && (b.left < 0 || b.right > innerWidth); })"
            ".map(e => e.outerHTML)"
        )
        assert outside == []
        color = studio.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert color == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 22, 18)"}[scheme]
        assert axe_findings(studio.page) == []


# Attacks from a page of another site, in the same browser

ATTACK = """<!doctype html><title>evil</title><script>
const at = "http://HOST", done = {};
const tried = (name, promise) => promise.then((value) => (done[name] = value), () => (done[name] = "refused"));
const loaded = (element, url) => new Promise((yes, no) => {
  Object.assign(element, { onload: () => yes("loaded"), onerror: no, src: at + url });
  document.documentElement.append(element);
});
const socket = new Promise((yes, no) => {
  Object.assign(new WebSocket("ws://HOST/live"), { onopen: () => yes("open"), onerror: no });
});
const post = { method: "POST", mode: "no-cors", credentials: "include", body: "evil" };
Promise.all([
  tried("read", fetch(at + "/studio", { credentials: "include" }).then((answer) => answer.text())),
  tried("post", fetch(at + "/picture?name=a.png", post).then(() => "sent")),
  tried("socket", socket),
  tried("script", loaded(document.createElement("script"), "/page/element.js")),
  tried("picture", loaded(new Image(), "/page/icon.svg")),
]).then(() => {
  window.done = done;
  document.documentElement.dataset.done = "";
});
</script>"""


class EvilSite(BaseHTTPRequestHandler):
    """A page of the same site, since a port does not make another one: the browser sends it the studio's cookie."""

    page = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_a_page_of_another_port_gets_nothing(browser: Any, folder: Path) -> None:
    with running_studio(folder / "in.png") as running:
        studio = StudioPage(browser, running)
        studio.settle()
        site = type("Site", (EvilSite,), {"page": ATTACK.replace("HOST", running.access.host)})
        server = ThreadingHTTPServer(("127.0.0.1", 0), site)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            evil = studio.context.new_page()
            evil.goto(f"http://127.0.0.1:{server.server_address[1]}/")
            evil.locator("html[data-done]").wait_for()
            done = evil.evaluate("window.done")
        finally:
            server.shutdown()
            server.server_close()
        assert done == {
            "read": "refused",
            "post": done["post"],
            "socket": "refused",
            "script": "refused",
            "picture": "refused",
        }
        again = studio.context.new_page()
        again.goto(running.access.origin)
        again.get_by_text("in.png: 64 x 48").wait_for()  # the picture was not replaced, and the cookie is good
        studio.context.close()


def test_the_address_opens_one_browser_only(browser: Any, folder: Path) -> None:
    with running_studio(folder / "in.png") as running:
        studio = StudioPage(browser, running)
        studio.settle()
        assert "token" not in studio.page.url
        studio.page.reload()
        studio.settle()
        assert studio.page.evaluate("document.cookie") == ""
        other = browser.new_context()
        page = other.new_page()
        assert page.goto(running.address).status == 403
        assert "works once" in page.content()
        other.close()
        studio.context.close()
