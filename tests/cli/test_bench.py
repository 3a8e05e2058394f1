"""`imgcuda bench`: each contender runs in a process of its own; results and times stand beside each other."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from imgcuda import Pipeline
from imgcuda.bench.comparison import Comparison, ContenderTiming, compare, largest_difference
from imgcuda.bench.comparison_text import REMARK, comparison_text
from imgcuda.bench.contenders import Contender, Excluded, others, ours
from imgcuda.bench.libraries import LIBRARIES, Library
from imgcuda.devices import choose
from imgcuda.errors import ImgcudaError
from support.command_line import Call

NOISE = np.random.default_rng(5).integers(0, 256, (60, 90, 3), dtype=np.uint8)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    PIL.Image.fromarray(NOISE).save(tmp_path / "in.png")
    return tmp_path / "in.png"


@pytest.mark.exhaustive
def test_devices_and_threads_and_libraries_compete(call: Call, picture: Path) -> None:
    words = "--device", "cpu", "--threads", 1, "--threads", 2, "--repeat", 2, "--json"
    code, out, _ = call("bench", picture, "-f", "invert", *words)
    found = json.loads(out)
    who = [(each["contender"]["library"], each["contender"]["threads"]) for each in found["timings"]]
    assert code == 0
    assert who[:5] == [("imgcuda", 1), ("imgcuda", 2), ("OpenCV", 1), ("OpenCV", 2), ("Pillow", None)]
    assert all(each["difference"] == 0 and each["warm"] >= each["fastest"] > 0 for each in found["timings"])
    assert found["timings"][0]["ratio"] == 1
    assert [each["compiling"] is None for each in found["timings"][:3]] == [False, False, True]


@pytest.mark.exhaustive
def test_a_first_run_takes_longer_with_an_empty_cache(call: Call, picture: Path) -> None:
    words = "--device", "cpu", "--threads", 1, "--no-peers", "--repeat", 1, "--json"
    (timing,) = json.loads(call("bench", picture, "-f", "blur:sigma=3", *words)[1])["timings"]
    assert timing["compiling"] > timing["cold"] > 0


def test_the_table_has_a_row_for_each_and_says_who_is_left_out(call: Call, picture: Path) -> None:
    code, out, _ = call("bench", picture, "-f", "invert | emboss", "--device", "cpu", "--threads", 1, "--repeat", 1)
    lines = out.splitlines()
    assert code == 0
    assert lines[:2] == [f"{picture}: 90 x 60 x 3 uint8", "invert | emboss"]
    assert lines[3].split() == ["threads", "warm", "times", "cold", "compiling", "differs", "by"]
    assert lines[4].startswith("imgcuda 0.1.0 on cpu")
    assert "OpenCV has no equal of emboss" in lines


@pytest.mark.exhaustive
def test_a_library_that_cannot_take_the_image_is_left_out_with_its_reason(call: Call, tmp_path: Path) -> None:
    PIL.Image.fromarray(np.dstack([NOISE, NOISE[:, :, :1]])).save(tmp_path / "in.png")
    out = call("bench", tmp_path / "in.png", "-f", "invert", "--device", "cpu", "--threads", 1, "--repeat", 1)[1]
    assert "OpenCV filters alpha as it filters a color" in out
    assert "Pillow inverts alpha, too" in out


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIBRARIES, "OpenCV", Library("no_such_module", ()))
    found = list(others(list(Pipeline.from_text("invert")), [1]))
    assert found[0] == Excluded("OpenCV", "is not installed")


def test_a_chain_that_fails_fails_the_command(call: Call, picture: Path) -> None:
    code, out, err = call("bench", picture, "-f", "crop:width=500,height=2,x=80", "--device", "cpu", "--threads", 1)
    assert (code, out) == (1, "")
    assert err.startswith("Error: imgcuda on cpu: ")


def test_a_process_that_ends_early_fails_the_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ImgcudaError, match="imgcuda on cpu: its process ended with 1"):
        compare(list(Pipeline.from_text("invert")), NOISE, ours([choose("cpu")], [1], "0"), 1)


def test_a_library_that_fails_is_left_out_with_its_error() -> None:
    gone = Contender("no such library", "", "", None)
    found = compare(list(Pipeline.from_text("invert")), NOISE, [*ours([choose("cpu")], [1], "0"), gone], 1)
    assert found.excluded == (Excluded("no such library", "fails: KeyError('no such library')"),)


@pytest.mark.parametrize(
    ("made", "wanted", "difference"),
    [
        ([0.0, 1.0], [0.0, 0.75], 0.25),
        ([np.nan, np.inf], [np.nan, np.inf], 0.0),
        ([np.nan, 1.0], [0.5, 1.0], np.inf),
        ([np.inf, 1.0], [-np.inf, 1.0], np.inf),
        ([0.0, 1.0, 0.0], [0.0, 1.0], np.inf),
    ],
)
def test_the_difference_is_the_largest_of_any_sample(made: list[float], wanted: list[float], difference: float) -> None:
    one, other = (np.array([each], np.float32) for each in (made, wanted))
    assert largest_difference(one, other) == difference


def test_the_difference_is_found_in_any_row_and_is_a_part_of_white() -> None:
    image = np.zeros((700, 2), np.uint16)
    other = image.copy()
    other[650, 1] = 13107
    assert largest_difference(image, other) == largest_difference(other, image) == 0.2
    assert largest_difference(image, image.astype(np.uint8)) == np.inf


def test_a_result_that_differs_gets_a_remark() -> None:
    same = ContenderTiming(Contender("imgcuda", "0", "cpu", 1), 0.5, 0.01, 0.002, 0.002, 0.0, 1.0)
    other = ContenderTiming(Contender("OpenCV", "5", "", 1), None, 0.01, 0.004, 0.004, 6 / 255, 2.0)
    wrong = ContenderTiming(Contender("Pillow", "13", "", None), None, 0.01, 0.004, 0.004, float("inf"), None)

    def text(*timings: ContenderTiming) -> str:
        return comparison_text("in.png", Comparison((60, 90, 3), "uint8", ("blur",), timings, ()))

    assert REMARK not in text(same)
    assert REMARK in text(same, other)
    row = "OpenCV 5 1 4.00 ms 2.00 10.0 ms 6 of 255"
    assert text(same, other, wrong).splitlines()[5].split() == row.split()
    assert text(same, other, wrong).splitlines()[6].endswith("size or type")
