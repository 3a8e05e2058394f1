"""A batch that goes on where an earlier one was: it redoes what it must, and nothing else."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imgcuda import Registry
from imgcuda.batch import provenance
from imgcuda.batch.manifest import NAME
from imgcuda.batch.software import Software
from imgcuda.cli import build, run
from support.installation import Installation, filter_of
from support.killed_batches import COMMAND, contents, kill_at_random
from support.matrix import every_third

SAMPLE = Path(__file__).parents[2] / "sample_images" / "horse.png"


class Batch:
    """A folder with three pictures, and the command run on it in this process."""

    def __init__(self, root: Path, registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
        self.inputs, self.out = root / "in", root / "out"
        self._registry, self._capsys = registry, capsys
        self.inputs.mkdir()
        for name in ("a", "b", "c"):
            shutil.copy(SAMPLE, self.inputs / f"{name}.png")

    def run(self, *arguments: object) -> tuple[int, str, str]:
        """Run a batch, and return its exit code and what it said."""
        words = ["batch", self.inputs, "-o", self.out, *arguments]
        return self.command(*words, "--device", "cpu")

    def command(self, *words: object) -> tuple[int, str, str]:
        code = run([*map(str, words)], build(self._registry))
        return code, *self._capsys.readouterr()

    def states(self, *arguments: object) -> dict[str, str]:
        """Run a batch, and return what became of each file."""
        code, out, _ = self.run("--json", "-f", "invert", *arguments)
        assert code == 0
        *files, _ = map(json.loads, out.splitlines())
        return {Path(each["path"]).stem: each["state"] for each in files}

    @property
    def made(self) -> dict[str, bytes]:
        return contents(self.out)


@pytest.fixture
def batch(tmp_path: Path, registry: Registry, capsys: pytest.CaptureFixture[str]) -> Batch:
    return Batch(tmp_path, registry, capsys)


DONE, KEPT = dict.fromkeys("abc", "done"), dict.fromkeys("abc", "kept")


# What is redone


def test_a_second_run_keeps_all(batch: Batch) -> None:
    assert batch.states() == DONE
    before = {path: path.stat().st_mtime_ns for path in batch.out.glob("*.png")}
    assert batch.states() == KEPT
    assert {path: path.stat().st_mtime_ns for path in batch.out.glob("*.png")} == before


def test_a_changed_a_new_and_a_lost_file_are_made_and_no_other(batch: Batch) -> None:
    assert batch.states() == DONE
    shutil.copy(SAMPLE.with_name("chelsea.png"), batch.inputs / "a.png")
    shutil.copy(SAMPLE, batch.inputs / "d.png")
    (batch.out / "b.png").unlink()
    assert batch.states() == {"a": "done", "b": "done", "c": "kept", "d": "done"}


CHANGES = {
    "another value": ("-f", "blur:sigma=2"),
    "another filter": ("-f", "sepia"),
    "another option": ("-f", "blur:sigma=1", "--depth", "16"),
    "another encoding": ("-f", "blur:sigma=1", "--compress", "9"),
    "no metadata": ("-f", "blur:sigma=1", "--strip"),
}


@pytest.mark.parametrize("change", every_third((each,) for each in CHANGES.values()), ids=CHANGES)
def test_other_work_makes_all_again(batch: Batch, change: tuple[str, ...]) -> None:
    batch.run("-f", "blur:sigma=1")
    assert "3 done in" in batch.run(*change)[2]
    assert "0 done, 3 kept" in batch.run(*change)[2]
    assert "3 done in" in batch.run("-f", "blur:sigma=1")[2]


@pytest.mark.parametrize("option", every_third(["--overwrite", "--no-clobber", "-v", "-q", "--max-pixels=1000000"]))
def test_options_that_change_no_byte_redo_nothing(batch: Batch, option: str) -> None:
    assert batch.states() == DONE
    assert batch.states(option) == KEPT


def test_force_makes_all_again(batch: Batch) -> None:
    assert batch.states() == DONE
    assert batch.states("--force") == DONE


def test_files_without_mark_are_replaced_if_they_are_recorded(batch: Batch) -> None:
    batch.run("-f", "invert", "--strip")
    assert "3 done in" in batch.run("-f", "sepia", "--strip")[2]
    (batch.out / NAME).unlink()
    code, _, err = batch.run("-f", "invert", "--strip")
    assert (code, err.count("imgcuda did not write it")) == (1, 3)


def test_files_that_are_merely_there_are_not_taken_for_done(batch: Batch) -> None:
    batch.run("-f", "invert")
    (batch.out / NAME).unlink()
    (batch.out / "b.png").write_bytes(b"a file of another program's")
    code, _, err = batch.run("-f", "invert")
    assert code == 1
    assert "2 done, 1 failed" in err
    assert "b.png" in err
    assert (batch.out / "b.png").read_bytes() == b"a file of another program's"


def test_failed_files_are_tried_again(batch: Batch) -> None:
    (batch.inputs / "b.png").write_bytes(SAMPLE.read_bytes()[:500])
    assert "2 done, 1 failed" in batch.run("-f", "invert")[2]
    assert "2 kept, 1 failed" in batch.run("-f", "invert")[2]
    shutil.copy(SAMPLE, batch.inputs / "b.png")
    assert batch.states() == {**KEPT, "b": "done"}


def test_a_dry_run_tells_what_would_be_kept_and_writes_nothing(batch: Batch) -> None:
    assert batch.run("-f", "invert", "--dry-run")[0] == 0
    assert not batch.out.exists()
    batch.states()
    (batch.out / "b.png").unlink()
    _, out, _ = batch.run("-f", "invert", "--dry-run")
    assert [line.endswith(" (kept)") for line in out.splitlines()] == [True, False, True]
    _, out, _ = batch.run("-f", "invert", "--dry-run", "--json")
    assert [json.loads(line)["state"] for line in out.splitlines()] == ["kept", "planned", "kept"]


def test_a_batch_of_no_files_says_so_and_makes_no_folder(batch: Batch) -> None:
    shutil.rmtree(batch.inputs)
    batch.inputs.mkdir()
    code, out, err = batch.run("--json")
    assert (code, err) == (0, "There was nothing to do\n")
    assert json.loads(out)["summary"]["done"] == 0
    assert not batch.out.exists()


# Filters and their versions


@pytest.fixture
def plugin(tmp_path: Path) -> Installation:
    """A plugin with a filter of its own, installed in a folder."""
    installation = Installation(tmp_path)
    installation.add(filter_of())
    installation.variables["IMGCUDA_DEVICE"] = "cpu"
    (installation.folder / "postcard.cu").write_text(
        "__device__ color postcard(color c, float strength) { return c; }\n"
    )
    (tmp_path / "in").mkdir()
    shutil.copy(SAMPLE, tmp_path / "in" / "a.png")
    return installation


def summary(plugin: Installation, *arguments: object) -> str:
    root = plugin.folder.parent
    done = plugin.run("batch", root / "in", "-o", root / "out", "-f", "postcard", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr.partition(" in ")[0]


def test_a_changed_kernel_makes_all_again(plugin: Installation) -> None:
    assert [summary(plugin), summary(plugin)] == ["1 done", "0 done, 1 kept"]
    kernel = plugin.folder / "postcard.cu"
    kernel.write_text(kernel.read_text().replace("return c", "c.r = 1; return c"))
    assert summary(plugin) == "1 done"


@pytest.mark.exhaustive
def test_a_changed_class_and_a_new_version_make_all_again(plugin: Installation) -> None:
    assert summary(plugin) == "1 done"
    plugin.write("postcard", filter_of(summary="Print in two other colors."))
    assert summary(plugin) == "1 done"
    info = plugin.folder / "old_photo-0.3.dist-info" / "METADATA"
    info.write_text(info.read_text().replace("Version: 0.3", "Version: 0.4"))
    assert [summary(plugin), summary(plugin)] == ["1 done", "0 done, 1 kept"]


def test_each_kind_of_value_of_a_filter_counts(registry: Registry, batch: Batch) -> None:
    import numpy as np

    from imgcuda.file_run import FileOptions

    def key(name: str, **values: Any) -> str:
        return provenance.provenance([registry.create(name, values)], FileOptions(), Software((), ())).key

    table = np.linspace(0, 1, 1000)
    other = table.copy()
    other[500] += 1e-9  # which no text of the table shows
    image = np.zeros((4, 4), np.uint8)
    keys = [
        key("blur", sigma=1.0),
        key("blur", sigma=np.nextafter(1.0, 2.0)),
        key("convolve", kernel=[[0, 1, 0], [1, 1, 1], [0, 1, 0]]),
        key("convolve", kernel=[[0, 1, 0], [1, 1 + 1e-12, 1], [0, 1, 0]]),
        key("composite", image=image),
        key("composite", image=image + 1),
    ]
    assert len(set(keys)) == len(keys)
    assert key("blur", sigma=1.0) == keys[0]
    assert key("composite", image=image.copy()) == keys[4]


# Killed runs


def kill_and_resume(root: Path, times: int, seed: int, count: int) -> None:
    """Kill a batch at random moments, so many times, then let it end, with the bytes of a run that nothing killed."""
    folder, out, whole = root / "in", root / "out", root / "whole"
    folder.mkdir()
    for number in range(count):
        shutil.copy(SAMPLE, folder / f"{number:03}.png")
    command = [*COMMAND, str(folder), "-f", "blur:sigma=2"]
    subprocess.run([*command, "-o", str(whole)], check=True, capture_output=True)
    chance, least = random.Random(seed), 0
    for _ in range(times):
        finished = kill_at_random([*command, "-o", str(out)], chance)
        made = contents(out)
        assert made.items() <= contents(whole).items()
        assert len(made) >= max(finished, least)
        least = len(made)
    done = subprocess.run([*command, "-o", str(out), "--json"], check=True, capture_output=True, text=True)
    summary = json.loads(done.stdout.splitlines()[-1])["summary"]
    assert summary["done"] + summary["kept"] == count
    assert summary["kept"] > 0
    assert contents(out) == contents(whole)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, 4, seed=1, count=40)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(4))
def test_runs_killed_at_ten_random_moments_end_with_the_same_bytes(tmp_path: Path, seed: int) -> None:
    kill_and_resume(tmp_path, 10, seed, count=100)
