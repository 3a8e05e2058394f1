"""The command with Zarr: TIFF to Zarr and back, what may be replaced, and what an end at any time leaves behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile

import imgcuda
from imgcuda import Pipeline
from imgcuda.cli import run as main
from support.matrix import exhaustive
from support.processes import wait_for
from support.zarr_folders import noise, read_array, write_array, write_ome

pytest.importorskip("zarr")

Array = npt.NDArray[Any]
Command = Callable[..., str]


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """A function that runs the command in a folder of its own, and returns what it said on stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMGCUDA_DEVICE", "cpu")

    def run(*words: str, code: int = 0) -> str:
        ended = main(words)
        said = capfd.readouterr().err
        assert ended == code, said
        return said

    return run


def test_both_commands_filter_zarr(command: Command) -> None:
    given = noise((70, 60))
    write_array(Path("in.zarr"), given, chunks=(32, 32))
    assert command("blur", "in.zarr", "out.zarr", "--sigma", "2") == ""
    assert command("filter", "in.zarr", "other.zarr", "-f", "blur:sigma=2") == ""
    wanted = Pipeline.from_text("blur:sigma=2")(given, device="cpu")
    for name in ("out.zarr", "other.zarr"):
        assert np.array_equal(read_array(Path(name)), wanted)


@pytest.mark.parametrize("channels", [3, exhaustive(1), exhaustive(4)])
def test_a_tiff_becomes_an_array_and_an_array_a_tiff(channels: int, command: Command) -> None:
    given = np.moveaxis(noise((channels, 200, 90), "uint8"), 0, -1)
    given = given[:, :, 0] if channels == 1 else given
    photometric = "minisblack" if channels == 1 else "rgb"
    extra = ["unassalpha"] if channels == 4 else None
    tifffile.imwrite("slide.tif", given, tile=(64, 64), photometric=photometric, extrasamples=extra)
    command("filter", "slide.tif", "out.zarr", "-f", "blur:sigma=2 | auto-contrast")
    wanted = Pipeline.from_text("blur:sigma=2 | auto-contrast")(given, device="cpu")
    assert np.array_equal(read_array(Path("out.zarr")), wanted)
    command("filter", "out.zarr", "back.tif", "-f", "invert")
    assert np.array_equal(imgcuda.read("back.tif").pixels, Pipeline.from_text("invert")(wanted, device="cpu"))


def test_three_channels_of_a_microscope_become_a_color_tiff(command: Command) -> None:
    given = noise((3, 70, 60), "uint8")
    write_ome(Path("in.zarr"), given, "cyx", chunks=(1, 32, 32))
    command("filter", "in.zarr", "out.tif", "-f", "blur:sigma=2")
    wanted = Pipeline.from_text("blur:sigma=2")(np.moveaxis(given, 0, -1), device="cpu")
    assert np.array_equal(imgcuda.read("out.tif").pixels, wanted)


def test_convert_and_recipes_take_zarr(command: Command) -> None:
    given = noise((70, 60), "uint8")
    tifffile.imwrite("in.tif", given, tile=(32, 32))
    assert command("convert", "in.tif", "out.zarr", "-q") == ""
    assert np.array_equal(read_array(Path("out.zarr")), given)
    command("convert", "out.zarr", "back.tif")
    assert np.array_equal(imgcuda.read("back.tif").pixels, given)


def test_bands_go_from_tiff_to_zarr_and_back(command: Command) -> None:
    given = noise((70, 60, 9))
    tifffile.imwrite("in.tif", given, tile=(32, 32), photometric="minisblack", planarconfig="contig")
    command("filter", "in.tif", "out.zarr", "-f", "blur:sigma=2")
    wanted = Pipeline.from_text("blur:sigma=2")(given, device="cpu")
    assert np.array_equal(read_array(Path("out.zarr")), wanted)
    command("convert", "out.zarr", "back.tif")
    assert np.array_equal(tifffile.imread("back.tif"), wanted)


def test_what_a_tiff_or_another_format_cannot_hold_is_refused(command: Command) -> None:
    write_ome(Path("in.zarr"), noise((2, 70, 60)), "zyx", chunks=(1, 32, 32))
    assert "in.zarr holds 2 pictures" in command("filter", "in.zarr", "out.tif", "-f", "invert", code=1)
    assert "a TIFF or Zarr can be made, not PNG" in command("filter", "in.zarr", "out.png", "-f", "invert", code=1)
    assert not Path("out.tif").exists()


def test_metadata_without_a_place_in_zarr_is_reported(command: Command) -> None:
    tifffile.imwrite("in.tif", noise((70, 60), "uint8"), extratags=[(700, 1, 12, b"<x:xmpmeta/>", True)])
    assert "xmp) is left out, for which Zarr has no place" in command("invert", "in.tif", "out.zarr")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["in.zarr", "out.zarr", "--depth", "8"], "--depth is not for Zarr"),
        (["in.zarr", "out.zarr", "--frame", "1"], "--frame is not for Zarr"),
        (["in.zarr", "out.zarr", "--no-auto-orient"], "--no-auto-orient is not for Zarr"),
        (["in.zarr", "-", "--format", "tiff"], "neither standard input nor standard output"),
    ],
)
def test_options_without_a_meaning_are_refused(words: list[str], message: str, command: Command) -> None:
    write_array(Path("in.zarr"), noise((40, 30)))
    assert message in command("invert", *words, code=2)


def test_our_own_output_is_replaced_and_no_other(command: Command) -> None:
    write_array(Path("in.zarr"), noise((70, 60)), chunks=(32, 32))
    command("invert", "in.zarr", "out.zarr")
    assert "--no-clobber keeps it" in command("invert", "in.zarr", "out.zarr", "--no-clobber", code=1)
    command("blur", "in.zarr", "out.zarr")
    before = snapshot(Path("out.zarr"))
    command("blur", "in.zarr", "out.zarr")  # what it says of itself holds for a result, too
    assert snapshot(Path("out.zarr")) == before

    Path("out.zarr", "notes.txt").write_text("mine")
    assert "imgcuda did not write it, or it was changed since" in command("blur", "in.zarr", "out.zarr", code=1)
    assert Path("out.zarr", "notes.txt").read_text() == "mine"
    command("invert", "in.zarr", "out.zarr", "--overwrite")
    assert not Path("out.zarr", "notes.txt").exists()

    shutil.copytree("in.zarr", "theirs.zarr")
    assert "imgcuda did not write it" in command("blur", "in.zarr", "theirs.zarr", code=1)
    assert snapshot(Path("theirs.zarr")) == snapshot(Path("in.zarr"))


@pytest.mark.parametrize("overwrite", [[], ["--overwrite"]])
def test_what_is_no_zarr_is_never_replaced(overwrite: list[str], command: Command) -> None:
    write_array(Path("in.zarr"), noise((40, 30)))
    Path("folder.zarr").mkdir()
    Path("folder.zarr", "thesis.txt").write_text("mine")
    Path("file.zarr").write_text("mine")
    for name in ("folder.zarr", "file.zarr"):
        said = command("invert", "in.zarr", name, *overwrite, code=1)
        assert f"{name} cannot be written: something else than Zarr is there, which is never replaced" in said
    assert Path("folder.zarr", "thesis.txt").read_text() == Path("file.zarr").read_text() == "mine"


def test_the_input_is_replaced_only_if_that_is_asked_for(command: Command) -> None:
    given = noise((70, 60), "uint8")
    write_array(Path("in.zarr"), given, chunks=(32, 32))
    assert "is the input itself" in command("invert", "in.zarr", "in.zarr", code=1)
    command("invert", "in.zarr", "in.zarr", "--overwrite")
    assert np.array_equal(read_array(Path("in.zarr")), 255 - given)
    assert "lies in the other" in command("invert", "in.zarr", "in.zarr/out.zarr", code=1)


def test_damage_leaves_the_old_output_as_it_was(command: Command) -> None:
    write_array(Path("in.zarr"), noise((70, 60)), chunks=(32, 32))
    command("invert", "in.zarr", "out.zarr")
    before = snapshot(Path("out.zarr"))
    Path("in.zarr", "c", "2", "1").write_bytes(b"damage")
    assert "in.zarr cannot be read" in command("invert", "in.zarr", "out.zarr", code=1)
    assert snapshot(Path("out.zarr")) == before
    assert _names() == ["in.zarr", "out.zarr"]


@pytest.mark.parametrize(
    "ending", [signal.SIGTERM, *map(exhaustive, (signal.SIGINT, signal.SIGKILL))], ids=lambda each: each.name
)
def test_an_end_at_any_time_leaves_nothing(ending: signal.Signals, command: Command) -> None:
    write_array(Path("in.zarr"), noise((3000, 3000)), chunks=(100, 3000))
    command("invert", "in.zarr", "out.zarr")
    before = snapshot(Path("out.zarr"))
    words = ["filter", "in.zarr", "out.zarr", "-f", "median:radius=10", "--device", "cpu"]
    process = subprocess.Popen([sys.executable, "-m", "imgcuda", *words], start_new_session=True)
    try:
        wait_for(lambda: any(Path().glob(".imgcuda-*/c")) or process.poll() is not None)
        assert process.poll() is None
        os.killpg(process.pid, ending)
        assert process.wait(20) != 0
    finally:
        process.kill()
    wait_for(lambda: _names() == ["in.zarr", "out.zarr"])
    assert snapshot(Path("out.zarr")) == before


def _names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
