"""--watch: what arrives is made when it is whole, and again when it changes."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path, PurePath

import pytest

from imgcuda import Registry
from imgcuda.batch import local_run, watch
from imgcuda.batch.inputs import Input
from imgcuda.batch.interruption import Interruption
from imgcuda.batch.local_run import LastingWorkers, Limits
from imgcuda.batch.naming import naming
from imgcuda.batch.processing import Work
from imgcuda.batch.units import FileUnit
from imgcuda.cli import build, run
from imgcuda.file_run import FileOptions
from support.processes import Running, are_gone

SAMPLE = Path(__file__).parents[2] / "sample_images" / "horse.png"


class Watched:
    """A folder that is watched, with a step of the test before each look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: list[Callable[[], object]] = []

    def look(self) -> Iterator[Input]:
        if not self.steps:
            raise KeyboardInterrupt
        self.steps.pop(0)()
        return (Input(path, PurePath(path.name)) for path in sorted(self.folder.iterdir()))

    def arrived(self, *steps: Callable[[], object]) -> list[list[str]]:
        """Return the names of the files that each look finds whole."""
        self.steps = list(steps)
        found: list[list[str]] = []
        with pytest.raises(KeyboardInterrupt):
            for each in watch.arrivals(self.look, pause=0.0):
                found.append([input.path.name for input in each])  # noqa: PERF401  # it ends by an exception
        return found

    def write(self, name: str, text: str) -> Callable[[], object]:
        return lambda: (self.folder / name).write_text(text)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def nothing() -> None:
    """Do nothing before a look."""


def test_a_file_that_is_still_written_is_left_alone(watched: Watched) -> None:
    steps = [watched.write("a", "1"), watched.write("a", "12"), watched.write("a", "123")]
    assert watched.arrived(*steps) == []
    assert watched.arrived(*steps, nothing, nothing) == [["a"]]


def test_a_file_that_changes_arrives_again(watched: Watched) -> None:
    steps = [watched.write("a", "1"), nothing, watched.write("a", "other"), nothing, nothing]
    assert watched.arrived(*steps) == [["a"], ["a"]]


def test_a_file_that_is_replaced_arrives_again(watched: Watched) -> None:
    """Another file of the same size, and of the same time, as `mv` and `cp -p` put it there."""

    def replace() -> None:
        shutil.copy2(watched.folder / "a", watched.folder / "b")
        (watched.folder / "b").replace(watched.folder / "a")

    assert watched.arrived(watched.write("a", "1"), nothing, replace, nothing) == [["a"], ["a"]]


def test_files_that_go_away_are_no_trouble(watched: Watched) -> None:
    steps = [watched.write("a", "1"), watched.write("b", "1"), (watched.folder / "b").unlink, nothing]
    assert watched.arrived(*steps) == [["a"]]


class Clock:
    """A clock that looks and work set forward, and that notes the pauses."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def takes(self, seconds: float) -> Callable[[], None]:
        """Return a step that takes so long."""
        return lambda: setattr(self, "now", self.now + seconds)


def test_pauses_grow_with_the_time_that_a_look_takes(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(watch, "time", clock)
    (watched.folder / "a").write_text("1")
    watched.steps = [clock.takes(0.5), clock.takes(0.01), clock.takes(0.01)]
    with pytest.raises(KeyboardInterrupt):
        for _ in watch.arrivals(watched.look, pause=1.0):
            clock.now += 1000  # the work on what has arrived, after which the next look is soon
    assert clock.pauses == [5.0, 1.0, 1.0]


def test_of_two_files_for_one_output_the_first_is_made(tmp_path: Path) -> None:
    for name in ("a.png", "a.PNG", "a.bmp"):
        shutil.copy(SAMPLE, tmp_path / name)
    plans = watch.ArrivalPlans(naming("{stem}", "png", False, ""), tmp_path / "out")
    first = plans.plan([Input(tmp_path / "a.png", PurePath("a.png"))])
    second = plans.plan([Input(tmp_path / name, PurePath(name)) for name in ("a.PNG", "a.bmp", "a.png")])
    assert [unit.source.name for unit in first] == ["a.png"]
    assert [unit.source.name for unit in second] == ["a.png"]
    made = f"is made from {tmp_path / 'a.png'} already"
    assert [each.error for each in second.failed] == [
        f"{tmp_path / 'a.PNG'}: {tmp_path / 'out' / 'a.PNG'} {made}",
        f"{tmp_path / 'a.bmp'}: {tmp_path / 'out' / 'a.png'} {made}",
    ]


# The command


@pytest.mark.parametrize(
    "arguments",
    [["--verify"], ["--dry-run"], ["--fail-fast"], ["--in-place"], ["--name", "{index}"], ["-"]],
    ids=lambda words: words[0],
)
def test_options_that_do_not_fit_are_refused(
    arguments: list[str], tmp_path: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = [] if arguments == ["-"] else [str(tmp_path)]
    output = [] if arguments == ["--in-place"] else ["-o", str(tmp_path / "out")]
    assert run(["batch", *inputs, *output, "--watch", *arguments], build(registry)) == 2
    assert "--watch" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
def test_what_arrives_is_made_until_ctrl_c(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    shutil.copy(SAMPLE, folder / "a.png")
    command = [sys.executable, "-m", "imgcuda", "batch", str(folder), "-o", str(out), "-f", "invert", "--watch"]
    with subprocess.Popen([*command, "--json", "--device", "cpu"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            assert json.loads(process.stdout.readline())["path"] == str(folder / "a.png")
            whole = SAMPLE.read_bytes()
            with (folder / "b.png").open("wb") as file:
                for start in range(0, len(whole), len(whole) // 6):
                    file.write(whole[start : start + len(whole) // 6])
                    file.flush()
                    time.sleep(0.3)
            told = json.loads(process.stdout.readline())
            assert (told["path"], told["state"]) == (str(folder / "b.png"), "done")
            process.send_signal(signal.SIGINT)
            *more, last = map(json.loads, process.stdout)
            assert process.wait(30) == 0
        finally:
            process.kill()
    # On a busy machine a file may look whole while it is written, and is made again when it has changed, unless Ctrl-C
    # comes first.
    assert {each["path"] for each in more} <= {str(folder / "b.png")}
    again = [each for each in more if each["state"] == "done"]
    assert (last["summary"]["done"], last["summary"]["failed"]) == (2 + len(again), 0)
    assert (out / "a.png").read_bytes() == (out / "b.png").read_bytes()


# The workers


@pytest.fixture
def lasting(registry: Registry) -> Iterator[LastingWorkers]:
    with LastingWorkers(Work((registry.create("invert", {}),), FileOptions(), "cpu"), Limits(), Interruption()) as made:
        yield made


def made_by(lasting: LastingWorkers, folder: Path, *names: str) -> list[str]:
    """Return what is wrong with the outputs that workers make."""
    units = [FileUnit(number, SAMPLE, folder / name) for number, name in enumerate(names)]
    return [outcome.error for outcome in lasting.run(units)]


def workers_of_this_process() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid}


def test_workers_wait_for_what_arrives_next(
    lasting: LastingWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, running: Running
) -> None:
    before = workers_of_this_process()
    assert made_by(lasting, tmp_path, "a.png") == [""]
    assert workers_of_this_process() == before  # none for a single file
    assert made_by(lasting, tmp_path, "b.png", "c.png") == ["", ""]
    first = workers_of_this_process()
    assert first > before
    assert made_by(lasting, tmp_path, "d.png", "e.png", "f.png") == ["", "", ""]
    assert made_by(lasting, tmp_path, "g.png") == [""]
    lasting.end_if_idle()
    assert workers_of_this_process() == first
    monkeypatch.setattr(local_run, "IDLE", 0.0)
    lasting.end_if_idle()
    assert are_gone([*first - before], running.patience)
    assert made_by(lasting, tmp_path, "h.png", "i.png") == ["", ""]


def test_waiting_workers_that_were_killed_are_replaced(lasting: LastingWorkers, tmp_path: Path) -> None:
    before = workers_of_this_process()
    assert made_by(lasting, tmp_path, "a.png", "b.png") == ["", ""]
    for child in multiprocessing.active_children():
        if child.pid not in before:
            child.kill()
            child.join()
    assert made_by(lasting, tmp_path, "c.png", "d.png") == ["", ""]


def test_workers_end_with_a_run_that_is_not_taken_to_its_end(
    lasting: LastingWorkers, tmp_path: Path, running: Running
) -> None:
    before = workers_of_this_process()
    units = [FileUnit(number, SAMPLE, tmp_path / f"{number}.png") for number in range(20)]
    with closing(lasting.run(units)) as outcomes:
        assert next(outcomes).error == ""
        started = [*workers_of_this_process() - before]
    assert started
    assert are_gone(
        started, running.patience
    )  # multiprocessing learns of an end by the server, later on a busy machine
