"""Workers of a batch: whatever a filter does to its process, it costs the file that it works on and no other."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import trap
from support.installation import Installation
from support.processes import Running, are_gone, started_by, wait_for

SAMPLES = Path(__file__).parents[2] / "sample_images"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation with a plugin that has every fault, whose kernel is compiled."""
    made = Installation(tmp_path_factory.mktemp("trap"))
    made.variables["IMGCUDA_DEVICE"] = "cpu"
    trap.install(made)
    source = trap.picture(made.folder / "warm.png", "good")
    done = made.run("filter", source, made.folder / "out.png", "-f", "trap")
    assert done.returncode == 0, done.stderr
    return made


def made(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".imgcuda-batch"))


def test_each_fault_costs_its_own_file_and_is_one_line(installation: Installation, folder: Path) -> None:
    faulty = {fate: trap.picture(folder / f"{fate}.png", fate) for fate in trap.SENTENCES}
    out = folder.parent / "out"
    done = installation.run("batch", folder, "-o", out, "-f", "trap", "--timeout", "8", "--memory", "700M")
    errors = sorted(line for line in done.stderr.splitlines() if line.startswith("Error: "))
    assert errors == sorted(f"Error: {path}: {trap.SENTENCES[fate]}" for fate, path in faulty.items())
    assert (done.returncode, done.stdout) == (1, "")
    assert made(out) == [f"good-{number}.png" for number in range(8)]


def test_a_plugin_that_workers_cannot_import_fails_the_files(folder: Path) -> None:
    (folder.parent / "broken").mkdir()
    broken = Installation(folder.parent / "broken")
    trap.install(broken)
    plugin = broken.folder / "trap.py"
    plugin.write_text(f"import multiprocessing\nassert multiprocessing.parent_process() is None\n{plugin.read_text()}")
    done = broken.run("batch", folder, "-o", folder.parent / "out", "-f", "trap", "--device", "cpu")
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 8
    assert all("its filters cannot be loaded in a worker: AssertionError" in error for error in errors)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_stops_all_within_two_seconds(
    number: int, code: int, installation: Installation, folder: Path, running: Running
) -> None:
    """Even where every worker hangs in a filter; what was made before stays whole, and nothing else is there."""
    for place in range(os.cpu_count() or 1):
        trap.picture(folder / f"hang-{place}.png", "hang")
    out = folder.parent / "out"
    process = running.start(installation, "batch", folder, "-o", out, "-f", "trap")
    wait_for(lambda: out.is_dir() and len(made(out)) == 8)
    workers = started_by(process.pid)
    began = time.monotonic()
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert time.monotonic() - began < running.patience
    assert process.returncode == code
    assert re.search(r"Stopped: 8 done in \d.* files/(s|min)\n\Z", stderr)
    assert are_gone(workers, 1)
    assert made(out) == [f"good-{number}.png" for number in range(8)]


def test_a_second_signal_ends_all_at_once(installation: Installation, folder: Path, running: Running) -> None:
    for place in range(os.cpu_count() or 1):
        trap.picture(folder / f"hang-{place}.png", "hang")
    out = folder.parent / "out"
    process = running.start(installation, "batch", folder, "-o", out, "-f", "trap")
    wait_for(lambda: out.is_dir() and len(made(out)) == 8)
    workers = started_by(process.pid)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode in (130, 143)
    assert are_gone(workers, running.patience)


def test_workers_end_with_a_command_that_was_killed(installation: Installation, folder: Path, running: Running) -> None:
    for place in range(os.cpu_count() or 1):
        trap.picture(folder / f"hang-{place}.png", "hang")
    out = folder.parent / "out"
    process = running.start(installation, "batch", folder, "-o", out, "-f", "trap")
    wait_for(lambda: out.is_dir() and len(made(out)) == 8)
    workers = started_by(process.pid)
    assert len(workers) > 1
    process.kill()
    process.communicate(timeout=20)
    assert are_gone(workers, running.patience)


NOTHING_NEW = """
import sys, threading
from pathlib import Path
import imgcuda.batch.preloaded
assert threading.active_count() == 1, "a forked worker would not have the threads"
before = set(sys.modules)
from imgcuda.batch.units import FileUnit
from imgcuda.batch.processing import Work, process_unit
from imgcuda.file_run import FileOptions
for name in ("chelsea.png", "rocket.jpg"):
    made = process_unit(FileUnit(1, Path(sys.argv[1], name), Path(sys.argv[2], name)), Work((), FileOptions(), "cpu"))
    assert made.state == "done", made
print(*sorted(set(sys.modules) - before))
"""


def test_a_worker_is_forked_with_all_modules_that_jpeg_and_png_need(tmp_path: Path) -> None:
    command = [sys.executable, "-c", NOTHING_NEW, str(SAMPLES), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
