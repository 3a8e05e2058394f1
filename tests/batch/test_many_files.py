"""Many files: the memory that a batch takes does not grow with their number, and is bounded for large ones."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import tifffile

from imgcuda import DeviceError, ParameterError
from imgcuda.batch import footprint, worker, worker_pool
from imgcuda.batch.interruption import Interruption
from imgcuda.batch.local_run import Limits, run
from imgcuda.batch.processing import Work
from imgcuda.batch.units import FileUnit
from imgcuda.batch.worker import PoolSetting
from imgcuda.batch.worker_pool import AHEAD, WorkerPool
from imgcuda.file_run import FileOptions
from imgcuda_plugins import Invert

WORK = Work((Invert(),), FileOptions(), "cpu")


@pytest.fixture
def picture_file(tmp_path: Path) -> Path:
    PIL.Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "in.png")
    return tmp_path / "in.png"


def units(source: Path, count: int) -> Iterator[FileUnit]:
    return (FileUnit(number, source, source.parent / "out" / f"{number}.png") for number in range(count))


def test_units_are_taken_only_as_workers_are_free(picture_file: Path) -> None:
    taken: list[FileUnit] = []

    def source() -> Iterator[FileUnit]:
        for unit in units(picture_file, 60):
            taken.append(unit)
            yield unit

    with WorkerPool(WORK, PoolSetting(2)) as pool:
        for finished, outcome in enumerate(pool.outcomes(source(), Interruption()), 1):
            assert outcome.error == ""
            assert len(taken) - finished <= AHEAD * 2 + 1
    assert len(taken) == len(list((picture_file.parent / "out").iterdir())) == 60


def test_a_file_that_is_too_large_for_the_bound_runs_alone(picture_file: Path, tmp_path: Path) -> None:
    PIL.Image.fromarray(np.zeros((2000, 2000, 3), np.uint8)).save(tmp_path / "large.png")
    given = [*units(picture_file, 6), FileUnit(6, tmp_path / "large.png", tmp_path / "out" / "large.png")]
    most = footprint.needed(given[-1], WORK)
    with WorkerPool(WORK, PoolSetting(2, memory=most - 1)) as pool:
        outcomes = pool.outcomes([given[-1], *given[:-1]], Interruption())
        together = [(outcome.unit.target.name, outcome.state) for outcome in outcomes]
    assert together[0] == ("large.png", "done")
    assert sorted(state for _, state in together) == ["done"] * 7


def test_a_large_tiff_runs_in_strips_in_little_memory(tmp_path: Path) -> None:
    """Its pixels alone take more than the workers may."""
    unit = FileUnit(1, tmp_path / "in.tif", tmp_path / "out" / "in.tif")
    pixels = tifffile.memmap(unit.source, shape=(9_000, 10_000, 3), dtype=np.uint8, photometric="rgb")
    pixels[-1] = 1
    pixels.flush()
    setting = PoolSetting(1, memory=9_000 * 10_000 * 3 - 1)
    with WorkerPool(WORK, setting) as pool:
        (outcome,) = pool.outcomes([unit], Interruption())
    assert (outcome.state, outcome.error) == ("done", "")
    assert np.array_equal(tifffile.memmap(unit.target, mode="r")[-2:, :1, 0], [[255], [254]])
    assert footprint.needed(unit, WORK) < pixels.shape[0] * pixels.shape[1] * footprint.PER_SAMPLE_BYTE


def test_a_footprint_is_told_by_the_header_and_the_options(tmp_path: Path) -> None:
    for name, pixels in (("8.png", np.zeros((50, 40), np.uint8)), ("16.png", np.zeros((50, 40), np.uint16))):
        PIL.Image.fromarray(pixels).save(tmp_path / name)
    sizes = {
        name: footprint.needed(FileUnit(1, tmp_path / source, tmp_path / "out.png"), Work((), options))
        for name, source, options in (
            ("8 bits", "8.png", FileOptions()),
            ("16 bits", "16.png", FileOptions()),
            ("to 16", "8.png", FileOptions(depth="16")),
            ("linear", "8.png", FileOptions(linear=True)),
            ("missing", "none.png", FileOptions()),
        )
    }
    one = 50 * 40 * footprint.PER_SAMPLE_BYTE
    assert sizes == {"8 bits": one, "16 bits": 2 * one, "to 16": 2 * one, "linear": 4 * one, "missing": 0}


@pytest.mark.parametrize(
    ("text", "size"), [("4G", 2**32), ("512M", 2**29), ("1.5 GiB", 3 * 2**29), ("268435456", 2**28)]
)
def test_a_size_is_read_with_its_unit(text: str, size: int) -> None:
    assert footprint.size(text) == size


@pytest.mark.parametrize("text", ["", "4", "1M", "-4G", "G", "4X", "1e9"])
def test_another_size_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="--memory takes a size of at least 256M, as 4G"):
        footprint.size(text)


def test_by_default_a_part_of_the_free_memory_is_taken() -> None:
    assert footprint.SMALLEST <= footprint.default() < 2**50


def test_a_single_file_starts_no_process(picture_file: Path) -> None:
    before = set(sys.modules)
    (outcome,) = run(units(picture_file, 1), WORK, Limits(), Interruption())
    assert outcome.state == "done"
    assert "pebble" in before or "pebble" not in sys.modules


def test_workers_that_never_begin_are_replaced_and_then_given_up(
    picture_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "STALLED", 0.0)
    monkeypatch.setattr(worker, "begin", time.sleep)  # which takes no WorkerStart: each worker ends as it starts
    with WorkerPool(WORK, PoolSetting(2)) as pool, pytest.raises(DeviceError, match="no worker process stays alive"):
        list(pool.outcomes(units(picture_file, 3), Interruption()))
    assert not (picture_file.parent / "out").exists()


def peak(process: int) -> int:
    """Return the most KiB that a process has had in memory; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


@pytest.mark.exhaustive
def test_ten_thousand_files_take_the_memory_of_a_thousand(picture_file: Path) -> None:
    """The command's own process: it holds the names, and nothing else of each file."""
    peaks = []
    for count in (1_000, 10_000):
        folder = picture_file.parent / f"in-{count}"
        folder.mkdir()
        for number in range(count):
            os.link(picture_file, folder / f"{number}.png")
        command = [sys.executable, "-P", "-m", "imgcuda", "batch", str(folder), "-o", f"{folder}-out", "-f", "invert"]
        process = subprocess.Popen([*command, "--quiet", "--device", "cpu"])
        most = 0
        while process.poll() is None:
            most = max(most, peak(process.pid))
            time.sleep(0.05)
        assert process.returncode == 0
        assert len(list(Path(f"{folder}-out").glob("*.png"))) == count
        peaks.append(most)
    assert peaks[1] - peaks[0] < 40 * 1024, f"{peaks} KiB"
