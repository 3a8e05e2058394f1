"""Batches on full disks, batches that replace their inputs and are killed, and two batches at once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from imgcuda.batch.in_place_manifest import InPlaceManifest
from imgcuda.batch.manifest import NAME, Manifest
from imgcuda.batch.processing import Work, process_unit
from imgcuda.batch.provenance import Provenance
from imgcuda.batch.units import FileUnit
from imgcuda.cli.chain import parse_chain
from imgcuda.file_run import FileOptions
from support.installed import installed
from support.killed_batches import COMMAND, contents, kill_at_random

SAMPLES = Path(__file__).parents[2] / "sample_images"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such limits and signals")


def many(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        shutil.copy(SAMPLES / "horse.png", folder / f"{number:02}.png")
    return folder


def limited(size: int) -> Callable[[], None]:
    """Return a function that limits the size of files, which fails as a full disk does."""

    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


# A full disk


@pytest.mark.exhaustive
def test_outputs_that_find_no_room_fail_and_leave_nothing(tmp_path: Path) -> None:
    folder, out = many(tmp_path / "in", 3), tmp_path / "out"
    shutil.copy(SAMPLES / "chelsea.png", folder / "large.png")
    command = [*COMMAND, str(folder), "-o", str(out), "-f", "invert"]
    full = subprocess.run(command, preexec_fn=limited(50_000), capture_output=True, text=True, check=False)
    assert full.returncode == 1
    assert "3 done, 1 failed" in full.stderr
    assert f"Error: {out / 'large.png'} cannot be written: file too large" in full.stderr
    assert sorted(contents(out)) == ["00.png", "01.png", "02.png"]
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "1 done, 3 kept" in again.stderr


@pytest.mark.exhaustive
def test_a_manifest_that_finds_no_room_costs_only_work_that_is_done_again(tmp_path: Path) -> None:
    folder, out = many(tmp_path / "in", 60), tmp_path / "out"
    command = [*COMMAND, str(folder), "-o", str(out), "-f", "invert"]
    full = subprocess.run(command, preexec_fn=limited(14_000), capture_output=True, text=True, check=True)
    why = "file too large; a later run makes again what is not recorded"
    assert f"Note: {out / NAME}: {why}" in full.stderr
    assert full.stderr.count(why) == 1
    assert "60 done in" in full.stderr
    made = contents(out)
    again = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    summary = json.loads(again.stdout.splitlines()[-1])["summary"]
    assert 0 < summary["done"] < 60
    assert summary["done"] + summary["kept"] == 60
    assert contents(out) == made
    assert len(made) == 60


# Inputs that are replaced


def test_an_input_that_was_replaced_is_not_filtered_again(tmp_path: Path) -> None:
    folder = many(tmp_path / "in", 3)
    (folder / "01.png").write_bytes((folder / "01.png").read_bytes()[:400])
    command = [*COMMAND, str(folder), "--in-place", "-f", "invert"]
    first = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (first.returncode, "2 done, 1 failed" in first.stderr) == (1, True)
    made = contents(folder)
    shutil.copy(SAMPLES / "horse.png", folder / "01.png")
    second = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "1 done, 2 kept" in second.stderr
    assert contents(folder) == {**made, "01.png": made["00.png"]}
    assert not (folder / NAME).exists()  # all is done: the next run is for another time
    assert "3 done in" in subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_an_input_replaced_in_the_moment_of_a_kill_is_not_filtered_again(tmp_path: Path) -> None:
    source = many(tmp_path / "in", 1) / "00.png"
    work = Provenance("2" * 32, {})
    with InPlaceManifest(source.parent, work) as manifest:
        assert not manifest.keeps(source, source)
        times = manifest.begin(source, source)
        assert times == (source.stat().st_size, source.stat().st_mtime_ns)
    with InPlaceManifest(source.parent, work) as manifest:
        assert not manifest.keeps(source, source)  # the kill came before it was replaced
    source.with_name("draft").write_bytes(b"the result")
    source.with_name("draft").replace(source)
    with InPlaceManifest(source.parent, work) as manifest:
        assert manifest.keeps(source, source)
    with InPlaceManifest(source.parent, Provenance("1" * 32, {})) as manifest:
        assert not manifest.keeps(source, source)


def test_a_unit_that_is_given_out_again_is_not_filtered_twice(tmp_path: Path) -> None:
    """As when all workers end at once, in the moment in which one of them has replaced its input."""
    source = many(tmp_path / "in", 1) / "00.png"
    unit = FileUnit(1, source, source, times=(source.stat().st_size, source.stat().st_mtime_ns))
    work = Work(tuple(parse_chain(installed(), ["invert"])), FileOptions(clobber=True, complete=True), "cpu")
    assert process_unit(unit, work).state == "done"
    made = source.read_bytes()
    again = process_unit(unit, work)
    assert (again.state, source.read_bytes()) == ("failed", made)
    assert again.error == f"{source}: it was changed after the batch began with it, and is left as it is"


def killed_in_place(root: Path, times: int, seed: int, count: int) -> None:
    """Kill a batch that replaces its inputs, so many times; in the end each is filtered once."""
    chance, folder = Random(seed), many(root / "in", count)
    command = [*COMMAND, str(folder), "--in-place", "-f", "invert"]
    before = contents(folder)
    for _ in range(times):
        kill_at_random(command, chance)
        if not (folder / NAME).exists() and contents(folder) != before:
            break  # it had done all, and another run would filter all again
    else:
        subprocess.run(command, check=True, capture_output=True)
    shutil.copy(SAMPLES / "horse.png", root / "one.png")
    one = [sys.executable, "-m", "imgcuda", "invert", str(root / "one.png"), str(root / "out.png"), "--device", "cpu"]
    subprocess.run(one, check=True)
    assert set(contents(folder).values()) == {(root / "out.png").read_bytes()}


def test_inputs_are_replaced_once_however_often_the_run_is_killed(tmp_path: Path) -> None:
    killed_in_place(tmp_path, times=3, seed=2, count=60)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(4))
def test_inputs_are_replaced_once_after_ten_kills(tmp_path: Path, seed: int) -> None:
    killed_in_place(tmp_path, times=10, seed=seed, count=200)


# Two at once


def test_a_second_batch_into_the_folder_is_refused_in_a_sentence(tmp_path: Path) -> None:
    folder, out = many(tmp_path / "in", 1), tmp_path / "out"
    command = [*COMMAND, str(folder), "-o", str(out), "-f", "invert"]
    with Manifest(out, Provenance("0" * 32, {})):
        second = subprocess.run(command, capture_output=True, text=True, check=False)
    words = f"is writing to {out}; wait until it ends, or choose another folder"
    assert (second.returncode, second.stderr) == (1, f"Error: another `imgcuda batch` {words}\n")
    assert not contents(out)
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
