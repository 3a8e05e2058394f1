"""What the studio answers its page: results, values of pixels, words to copy, files to save, errors with a place."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

import imgcuda
from imgcuda.cli import build, run
from imgcuda.colors import Color
from imgcuda.errors import Mistake
from imgcuda.parameter_types import Matrix
from imgcuda.parameters import Parameter
from imgcuda.programs.layout import Layout
from imgcuda.studio.checked_picture import place
from imgcuda.studio.controls import control, describe
from imgcuda.studio.loaded_picture import reduced
from imgcuda.studio.proxy_side import ProxySide
from imgcuda.studio.shown_picture import LARGEST_SHOWN, histogram, put_rgba, shown
from imgcuda.studio.work_thread import PATIENCE
from support.installed import installed
from support.studio import (
    RunningStudio,
    Shown,
    answered,
    ask,
    heard,
    picture_of,
    running_studio,
    save_later,
    steps,
    studio_process,
)
from support.written_filters import BEYOND, BEYOND_KERNEL, ENDLESS_KERNEL, FILTER, KERNEL


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a picture, and with a filter that is not installed."""
    found = tmp_path_factory.mktemp("studio")
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    PIL.Image.fromarray(pixels).save(found / "in.png", dpi=(300, 300))
    (found / "mine.py").write_text(FILTER)
    (found / "dim.cu").write_text(KERNEL)
    return found


@pytest.fixture(scope="module")
def studio(folder: Path) -> Iterator[RunningStudio]:
    with running_studio(folder / "in.png") as running:
        running.enter()
        yield running


def result(running: RunningStudio, *chain: tuple[str, dict[str, Any]], **more: Any) -> Shown:
    """Return the result of a chain."""
    with running.connect() as live:
        found = ask(live, type="run", id=1, chain=steps(*chain), extent="full", **more)
    assert isinstance(found, Shown), found
    return found


# Results


def test_a_result_has_the_pixels_of_the_chain(studio: RunningStudio, folder: Path) -> None:
    found = result(studio, ("invert", {}), ("brightness", {"factor": 0.5}))
    expected = imgcuda.Pipeline.from_text("invert | brightness:factor=0.5")(imgcuda.read(folder / "in.png").pixels)
    assert np.array_equal(found.pixels[..., :3], expected)
    assert (found.pixels[..., 3] == 255).all()
    assert found.about["size"] == [6, 4]


@pytest.mark.parametrize("extent", ["proxy", "full"])
def test_the_picture_is_shown_as_it_was_opened(studio: RunningStudio, folder: Path, extent: str) -> None:
    answer = studio.send("GET", f"/before?extent={extent}")
    assert answer.status == 200
    assert np.array_equal(picture_of(answer.body).pixels[..., :3], imgcuda.read(folder / "in.png").pixels)


def test_a_step_that_is_off_does_nothing(studio: RunningStudio) -> None:
    with studio.connect() as live:
        found = ask(live, type="run", id=1, chain=[{"filter": "invert", "on": False}], extent="full")
    assert np.array_equal(found.pixels, result(studio).pixels)


def test_of_waiting_requests_the_newest_alone_is_worked_on(studio: RunningStudio) -> None:
    with studio.connect() as live:
        for number in range(50):
            live.send(f'{{"type": "run", "id": {number}, "chain": [], "extent": "proxy"}}')
        numbers = [heard(live).about["id"]]
        while numbers[-1] != 49:
            numbers.append(heard(live).about["id"])
    assert numbers == sorted(numbers)
    assert len(numbers) < 50


def test_pixels_have_their_values_before_and_after(studio: RunningStudio) -> None:
    with studio.connect() as live:
        ask(live, type="run", id=1, chain=steps(("invert", {})), extent="full")
        told = ask(live, type="pixel", x=1, y=2)
    assert (told["before"], told["after"]) == ([39, 40, 41], [216, 215, 214])


def test_a_wrong_value_is_told_with_its_step(studio: RunningStudio) -> None:
    with studio.connect() as live:
        told = ask(live, type="run", id=7, chain=steps(("invert", {}), ("blur", {"sigma": 0})))
    (fault,) = told["faults"]
    assert (told["id"], fault["step"]) == (7, 1)
    assert fault["message"] == "sigma must be from 0.1 to 100; got 0"


def test_an_uploaded_file_is_a_parameter(studio: RunningStudio) -> None:
    file = BytesIO()
    PIL.Image.fromarray(np.full((4, 6, 3), 7, np.uint8)).save(file, "PNG")
    number = studio.send("POST", "/upload?name=other.png", {}, file.getvalue()).json["upload"]
    found = result(studio, ("composite", {"image": {"upload": number}}))
    assert (found.pixels[..., :3] == 7).all()
    assert "image=other.png" in found.about["words"]["command"]
    assert 'image = "other.png"' in found.about["words"]["recipe"]


def test_rows_of_numbers_are_read_as_text(studio: RunningStudio) -> None:
    same = result(studio, ("convolve", {"kernel": "[[0,0,0],[0,1,0],[0,0,0]]"}))
    assert np.array_equal(same.pixels, result(studio).pixels)


# Words and files


CHAINS = [
    [("invert", {}), ("brightness", {"factor": 0.75})],
    [("duotone", {"black": "#102030"}), ("flip", {})],
    [("levels", {"in_low": 0.1, "clip": True})],
    [],
]


@pytest.mark.parametrize("chain", CHAINS, ids=["two", "color", "numbers", "none"])
@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_the_command_makes_the_file_that_is_saved(
    studio: RunningStudio, folder: Path, monkeypatch: pytest.MonkeyPatch, chain: list[Any], ending: str
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("IMGCUDA_DEVICE", "cpu")
    words = result(studio, *chain, target=f"out{ending}").about["words"]["command"]
    assert run([*shlex.split(words)[1:], "--overwrite"], build(installed())) == 0
    body = json.dumps({"chain": steps(*chain), "format": ending[1:]}).encode()
    saved = studio.send("POST", "/save", {}, body)
    assert saved.body == (folder / f"out{ending}").read_bytes()
    assert saved.headers["content-disposition"] == "attachment"


@pytest.mark.parametrize("chain", CHAINS, ids=["two", "color", "numbers", "none"])
def test_the_program_and_the_recipe_make_the_same(
    studio: RunningStudio, folder: Path, monkeypatch: pytest.MonkeyPatch, chain: list[Any]
) -> None:
    monkeypatch.chdir(folder)
    found = result(studio, *chain, target="made.png")
    exec(found.about["words"]["python"], {})
    made = imgcuda.read(folder / "made.png").pixels
    assert np.array_equal(made, found.pixels[..., :3])
    again = imgcuda.Pipeline.from_toml(found.about["words"]["recipe"])(imgcuda.read(folder / "in.png").pixels)
    assert np.array_equal(again, made)


def test_pictures_have_as_many_pixels_as_the_command_allows(folder: Path, tmp_path: Path) -> None:
    PIL.Image.new("RGB", (5, 5)).save(tmp_path / "large.png")
    with studio_process(folder / "in.png", "--max-pixels", 24) as running:
        running.enter()
        refused = running.send("POST", "/picture?name=large.png", {}, (tmp_path / "large.png").read_bytes())
        (fault,) = refused.json["faults"]
        assert (refused.status, fault["message"]) == (
            400,
            "large.png cannot be read: it has 25 pixels, more than 24; --max-pixels allows more",
        )
        with running.connect() as live:
            told = ask(live, type="run", id=1, chain=steps(("resize", {"scale": 2})), extent="full")
            assert told["faults"][0]["message"].endswith("more than 24; --max-pixels allows more")
        body = json.dumps({"chain": steps(("resize", {"scale": 2})), "format": "png"}).encode()
        assert "--max-pixels" in running.send("POST", "/save", {}, body).json["faults"][0]["message"]
        assert running.send("POST", "/save", {}, json.dumps({"chain": [], "format": "png"}).encode()).status == 200


def test_another_picture_is_opened(folder: Path) -> None:
    file = BytesIO()
    PIL.Image.fromarray(np.full((2, 3), 5, np.uint8)).save(file, "PNG")
    with running_studio() as running:
        running.enter()
        assert running.send("GET", "/studio").json["picture"] is None
        about = running.send("POST", "/picture?name=gray.png", {}, file.getvalue()).json["picture"]
        assert (about["name"], about["width"], about["height"]) == ("gray.png", 3, 2)
        assert (result(running).pixels == [5, 5, 5, 255]).all()


# The user's file


def plugin_message(live: Any, is_wanted: Callable[[Any], bool]) -> Any:
    """Return the first message about the user's file that is wanted."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        told = heard(live)
        if isinstance(told, dict) and told["type"] == "plugin" and is_wanted(told["plugin"]):
            return told
    raise AssertionError("nothing was told")


def test_a_kernel_is_loaded_again_when_it_is_saved(folder: Path) -> None:
    with running_studio(folder / "in.png", folder / "mine.py") as running:
        running.enter()
        with running.connect() as live:
            state = running.send("GET", "/studio").json["plugin"]
            if state is None:
                state = plugin_message(live, bool)["plugin"]
            assert (state["names"], state["faults"]) == (["dim"], [])
            dimmed = result(running, ("dim", {"amount": 1}))
            assert (dimmed.pixels[..., :3] == 0).all()
            save_later(folder / "dim.cu", KERNEL.replace("c.b *= 1.0f - amount", "c.b *= 1.0f - amont"))
            (fault,) = plugin_message(live, lambda told: told["faults"])["plugin"]["faults"]
            assert (fault["file"], fault["line"]) == ("dim.cu", 5)
            assert "amont" in fault["message"] and "amont" in fault["text"]
            save_later(folder / "dim.cu", KERNEL.replace("c.b *= 1.0f - amount", "c.b = 1.0f"))
            plugin_message(live, lambda told: not told["faults"])
            assert (result(running, ("dim", {"amount": 1})).pixels[..., :3] == [0, 0, 255]).all()
            save_later(folder / "mine.py", FILTER.replace("amount: float", "amount float"))
            (fault,) = plugin_message(live, lambda told: told["faults"])["plugin"]["faults"]
            assert (fault["file"], fault["line"]) == ("mine.py", 7)
            assert (result(running, ("dim", {"amount": 1})).pixels[..., :3] == [0, 0, 255]).all()  # as it was
            save_later(folder / "mine.py", FILTER.replace("le=1", "le=2"))
            told = plugin_message(live, lambda told: not told["faults"])
            (dim,) = (each for each in told["filters"] if each["name"] == "dim")
            assert dim["controls"][0]["most"] == 2
            words = result(running, ("dim", {"amount": 0.25})).about["words"]["command"]
            assert re.fullmatch(r"imgcuda try \S+mine.py \S+in.png out.png --filter dim --amount=0.25", words)


@pytest.fixture
def endless(folder: Path, tmp_path: Path) -> Path:
    """A filter that works; a test saves a kernel that never ends."""
    (tmp_path / "mine.py").write_text(FILTER.replace("default=0.5", "default=0"))
    (tmp_path / "dim.cu").write_text(ENDLESS_KERNEL)
    return tmp_path


def test_a_chain_that_does_not_end_is_told_and_given_up_for_another(folder: Path, endless: Path) -> None:
    with studio_process(folder / "in.png", "--plugin", endless / "mine.py") as running:
        running.enter()
        with running.connect() as live:
            ask(live, type="run", id=1, chain=[], extent="full")
            live.send(json.dumps({"type": "run", "id": 2, "chain": steps(("dim", {"amount": 1})), "extent": "full"}))
            while (told := heard(live))["type"] == "plugin":
                assert told["plugin"]["faults"] == [], "its default ends"
            assert told == {"type": "slow", "seconds": PATIENCE}
            fault = ask(live, type="run", id=3, chain=steps(("invert", {})), extent="full")
            assert (fault["id"], "given up" in fault["faults"][0]["message"]) == (2, True)
            made = answered(live)
            assert made.about["id"] == 3
            assert np.array_equal(made.pixels, result(running, ("invert", {})).pixels)


def test_a_kernel_that_does_not_end_is_told_and_mended_by_the_next_save(folder: Path, endless: Path) -> None:
    (endless / "mine.py").write_text(FILTER)
    with studio_process(folder / "in.png", "--plugin", endless / "mine.py") as running:
        running.enter()
        with running.connect() as live:
            told = plugin_message(live, lambda told: told["faults"])
            assert told["plugin"]["names"] == ["dim"]
            assert "did not end within 20 s" in told["plugin"]["faults"][0]["message"]
            save_later(endless / "dim.cu", KERNEL)
            plugin_message(live, lambda told: not told["faults"])
            assert (result(running, ("dim", {"amount": 1})).pixels[..., :3] == 0).all()


# Checked runs


def test_a_checked_run_marks_what_it_finds_in_the_picture(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(BEYOND)
    (tmp_path / "beyond.cu").write_text(BEYOND_KERNEL)
    with running_studio(folder / "in.png", tmp_path / "mine.py") as running:
        running.enter()
        with running.connect() as live:
            if running.send("GET", "/studio").json["plugin"] is None:
                plugin_message(live, bool)
            told = ask(live, type="check", chain=steps(("beyond", {})))
            fine = ask(live, type="check", chain=steps(("invert", {})))
    (fault,) = told["faults"]
    assert (fault["file"], fault["line"]) == ("beyond.cu", 7)
    assert fault["at"] == pytest.approx([5.5 / 6, 3.5 / 4])  # the last pixel
    assert fine["faults"] == []
    assert fine["words"] == "a checked run over 6 x 4 pixels"


@pytest.mark.parametrize(
    ("layout", "thread", "pixel"),
    [(Layout(), (3, 2), (3, 2)), (Layout(over="samples", rows=2), (10, 1), (3, 2)),
     (Layout(over="image"), (9, 0), (3, 1)), (Layout(), (99, 99), (5, 3))],
)  # fmt: skip
def test_a_thread_has_its_pixel_by_the_layout(layout: Layout, thread: tuple[int, int], pixel: tuple[int, int]) -> None:
    filter = installed().create("blur", {})
    object.__setattr__(filter, "layout", layout)
    found = place([filter], (4, 6, 3), Mistake("m", filter.source().name, thread=thread))
    assert found == pytest.approx(((pixel[0] + 0.5) / 6, (pixel[1] + 0.5) / 4))


# Controls


def test_every_installed_filter_has_a_control_for_each_parameter() -> None:
    for name in installed():
        found = describe(installed()[name], "", [])
        assert ([each["name"] for each in found["controls"]] and found["summary"]) or not installed()[name].parameters()
        for each in found["controls"]:
            assert each["kind"] in ("choice", "switch", "number", "whole", "color", "text", "rows", "file")
            if each["kind"] in ("number", "whole"):
                assert each["low"] <= each["value"] <= each["high"], (name, each)
                assert each["step"] > 0


def parameter(kind: type, default: Any, ge: float | None = None, le: float | None = None, help: str = "") -> Parameter:
    return Parameter("size", kind, default, ge, le, help, (), False)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (parameter(float, 0.5, 0, 1), {"kind": "number", "low": 0, "high": 1, "step": 0.005, "curved": False}),
        (parameter(float, 2.0, 0.1, 100, "reach, in pixels"), {"low": 0.1, "high": 100, "curved": True, "unit": "px"}),
        (parameter(float, 0.0, -360, 360, "in degrees"), {"low": -360, "high": 360, "step": 2, "unit": "°"}),
        (parameter(int, 0, -100000, 100000, "in pixels"), {"kind": "whole", "low": -1000, "high": 1000, "step": 1}),
        (parameter(int, 3, 1, None), {"low": 1, "high": 30, "least": 1, "most": None}),
        (parameter(bool, True), {"kind": "switch", "value": True}),
        (parameter(Color, Color.of("#102030")), {"kind": "color", "value": "#102030"}),
        (parameter(Matrix, Matrix.of([[1, 2]])), {"kind": "rows", "value": "[[1,2]]"}),
    ],
)  # fmt: skip
def test_a_control_fits_its_parameter(given: Parameter, expected: dict[str, Any]) -> None:
    found = control(given)
    assert {name: found[name] for name in expected} == expected


# The smaller copy, and what is shown


def test_the_copy_becomes_smaller_when_runs_are_slow_and_larger_again() -> None:
    side = ProxySide()
    seen = []
    for milliseconds in (900, 150, 150, 60, 120, 120, 60, 20, 20, 20):
        side.of(["blur"])
        side.took(milliseconds)
        seen.append(side.of(["blur"]))
    assert seen == [1280, 904, 904, 904, 904, 640, 640, 904, 1280, 1280], "the first run compiles"


def test_the_copy_is_never_too_small_and_another_chain_begins_anew() -> None:
    side = ProxySide()
    side.of(["median"])
    for _ in range(20):
        side.took(1000)
    assert side.of(["median"]) == 320
    assert side.of(["median", "invert"]) == 1280


def test_a_slow_chain_is_shown_from_a_smaller_copy_and_whole_in_the_end(tmp_path: Path) -> None:
    PIL.Image.effect_noise((2000, 1500), 60).convert("RGB").save(tmp_path / "large.png")
    chain = steps(("nl-means", {"search_radius": 10}))
    with running_studio(tmp_path / "large.png") as running:
        running.enter()
        with running.connect() as live:
            for _ in range(12):
                made = ask(live, type="run", id=1, chain=chain, extent="proxy")
                if made.about["size"][0] < 1280:
                    break
            assert made.about["size"][0] < 1280
            assert made.about["scale"] == made.about["size"][0] / 2000
            whole = ask(live, type="run", id=2, chain=[], extent="full")
            assert (whole.about["size"], whole.about["scale"]) == ([2000, 1500], 1)


WHITES: list[tuple[type[np.generic], int]] = [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]


def test_a_smaller_copy_has_the_means_of_areas() -> None:
    pixels = np.array([[[0], [10], [20], [30]], [[10], [20], [30], [40]]], np.uint8)
    assert reduced(pixels, 2).tolist() == [[[10], [30]]]
    assert reduced(pixels, 4) is pixels


def test_colors_of_transparent_pixels_are_not_seen_in_a_smaller_copy() -> None:
    pixels = np.array([[[200, 0, 0, 255], [0, 99, 0, 0]]], np.uint8)
    assert reduced(pixels, 1).tolist() == [[[200, 0, 0, 128]]]


@pytest.mark.parametrize(("dtype", "white"), WHITES)
def test_gray_and_alpha_are_shown_as_colors(dtype: type[np.generic], white: int) -> None:
    pixels = np.array([[[white, 0], [0, white]]], dtype)
    made = np.empty((2, 4), np.uint8)
    put_rgba(shown(pixels), made)
    assert made.tolist() == [[255, 255, 255, 0], [0, 0, 0, 255]]


def test_a_result_that_is_too_large_is_shown_smaller() -> None:
    pixels = np.zeros((LARGEST_SHOWN // 1000 * 2, 1000, 1), np.uint8)
    assert shown(pixels).shape == (round(pixels.shape[0] / 2**0.5), round(1000 / 2**0.5), 1)


@pytest.mark.parametrize(("dtype", "white"), WHITES)
def test_a_histogram_counts_levels(dtype: type[np.generic], white: int) -> None:
    pixels = np.array([[[0], [0], [white], [white // 2]]], dtype)
    (gray,) = histogram(pixels, whole=True)
    assert (gray["name"], gray["least"], gray["most"]) == ("gray", 0, white)
    assert sum(gray["bars"]) == 4
    assert gray["bars"][0] == (3 if dtype == np.float32 else 2) and gray["bars"][-1] == 1
    assert gray["mean"] == pytest.approx(pixels.mean(dtype=np.float64))
