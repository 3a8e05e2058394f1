"""Workers of a batch: whatever a filter does to its process, it costs the file that it works on and no other."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import trap
from support.installation import Installation

SENTENCES = {
    "segfault": "its worker crashed (SIGSEGV): a filter has a fault, or what decodes or encodes the file",
    "killed": "its worker was killed, as the system does with a process that takes too much memory",
    "abort": "its worker crashed (SIGABRT): a filter has a fault, or what decodes or encodes the file",
    "exit": "its worker ended without a word, as if the filter had ended it",
    "c-exit": "its worker ended without a word, as if the filter had ended it",
    "hang": "it took longer than 8 s, and nothing was written",
    "eat": "there is not enough memory; --memory allows more",
    "fill": "it takes more than 380 MiB of memory; --memory allows more",
    "raise": "trap failed at trap.py:11: RuntimeError: a fault of the plugin",
}


class Running:
    """Starts commands, and ends them after the test."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[str]] = []

    @property
    def patience(self) -> float:
        """The seconds that an end may take: two, and more where the machine has more to do than it can."""
        return 2 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))

    def start(self, installation: Installation, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "imgcuda", *map(str, arguments)]
        environment = {**os.environ, **installation.variables}
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.started.append(process)
        return process

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something is true; AssertionError after a minute."""
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.02)


@pytest.fixture
def running() -> Iterator[Running]:
    started = Running()
    yield started
    for process in started.started:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=20)


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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with eight good pictures."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(8):
        trap.picture(folder / f"good-{number}.png", "good")
    return folder


def made(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".imgcuda-batch"))


def started_by(process: int) -> list[int]:
    """Return the processes that a process has started, directly or not, and that are there now."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [process]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


def runs(process: int) -> bool:
    """Return whether a process is there, and is not only still to be reaped."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def are_gone(processes: list[int], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while any(map(runs, processes)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_each_fault_costs_its_own_file_and_is_one_line(installation: Installation, folder: Path) -> None:
    faulty = {fate: trap.picture(folder / f"{fate}.png", fate) for fate in SENTENCES}
    out = folder.parent / "out"
    done = installation.run("batch", folder, "-o", out, "-f", "trap", "--timeout", "8", "--memory", "700M")
    errors = sorted(line for line in done.stderr.splitlines() if line.startswith("Error: "))
    assert errors == sorted(f"Error: {path}: {SENTENCES[fate]}" for fate, path in faulty.items())
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
    running.wait_for(lambda: out.is_dir() and len(made(out)) == 8)
    workers = started_by(process.pid)
    began = time.monotonic()
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert time.monotonic() - began < running.patience
    assert process.returncode == code
    assert re.fullmatch(r"Stopped: 8 done in \d.* files/s\n", stderr)
    assert are_gone(workers, 1)
    assert made(out) == [f"good-{number}.png" for number in range(8)]


def test_a_second_signal_ends_all_at_once(installation: Installation, folder: Path, running: Running) -> None:
    for place in range(os.cpu_count() or 1):
        trap.picture(folder / f"hang-{place}.png", "hang")
    out = folder.parent / "out"
    process = running.start(installation, "batch", folder, "-o", out, "-f", "trap")
    running.wait_for(lambda: out.is_dir() and len(made(out)) == 8)
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
    running.wait_for(lambda: out.is_dir() and len(made(out)) == 8)
    workers = started_by(process.pid)
    assert len(workers) > 1
    process.kill()
    process.communicate(timeout=20)
    assert are_gone(workers, running.patience)
