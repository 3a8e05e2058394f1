"""What a batch says while it runs and at its end: on a terminal, elsewhere, and as JSON."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from imgcuda.batch import tally as tallies
from imgcuda.batch.progress import NoDisplay, ProgressBar, ProgressLines
from imgcuda.batch.report import KINDS, Report
from imgcuda.batch.tally import Tally, duration, speed
from imgcuda.batch.units import FileUnit, Outcome, State

SAMPLE = Path(__file__).parents[2] / "sample_images" / "horse.png"


def unit(index: int) -> FileUnit:
    return FileUnit(index, Path(f"in/{index}.png"), Path(f"out/{index}.png"))


def outcome(index: int, state: State = "done", error: str = "", *notes: str) -> Outcome:
    return Outcome(unit(index), state, error, tuple(notes), 0.25)


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(tallies, "time", clock)
    return clock


class Lines:
    """What is said, line by line, and a report that says it."""

    def __init__(self, total: int | None = None, **options: bool) -> None:
        self.said: list[str] = []
        self.objects = io.StringIO()
        self.tally = Tally(total)
        self.report = Report(self.tally, NoDisplay(self.said.append), objects=self.objects, **options)


# The tally


def test_the_summary_counts_and_times(clock: Clock) -> None:
    tally = Tally(60)
    states: list[State] = [*["done"] * 57, *["kept"] * 2, "failed"]  # type: ignore[list-item]
    for index, state in enumerate(states):
        tally.finish(outcome(index, state))
    clock.now += 12.3
    assert tally.summary() == "57 done, 2 kept, 1 failed in 12.3 s; 4.6 files/s"


def test_the_summary_leaves_out_what_there_was_none_of(clock: Clock) -> None:
    tally = Tally(1)
    clock.now += 0.25
    assert tally.summary() == "0 done in 0.2 s"


def test_the_time_left_is_by_the_rate_of_what_was_made(clock: Clock) -> None:
    tally = Tally(1000)
    for index in range(100):
        tally.finish(outcome(index, "kept"))
    assert tally.progress() == "100 of 1000 files"
    for index in range(10):
        clock.now += 0.5
        tally.finish(outcome(index))
    assert tally.progress() == "110 of 1000 files; 2.0 files/s; 7 min 25 s left"


def test_the_rate_is_that_of_the_last_files(clock: Clock) -> None:
    tally = Tally()
    for pause in (1.0, 0.1):
        for index in range(tallies.LAST + 1):
            clock.now += pause
            tally.finish(outcome(index))
    assert tally.rate == pytest.approx(10, rel=0.01)
    clock.now += 1000  # a file that takes long
    assert tally.rate == pytest.approx(0.5, rel=0.1)


def test_files_are_current_from_their_start_to_their_end() -> None:
    tally = Tally(3)
    for index in (1, 2):
        tally.start(unit(index))
    tally.finish(outcome(1, "failed", "in/1.png: why"))
    assert (list(tally.current.values()), tally.failed) == ([Path("in/2.png")], 1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (200, "3 min 20 s"), (3600, "1 h"), (7500, "2 h 5 min")],
)
def test_a_duration_is_said_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("rate", "words"),
    [(123.4, "123 files/s"), (4.63, "4.6 files/s"), (0.5, "30 files/min"), (0.05, "3.0 files/min")],
)
def test_a_rate_is_said_in_words(rate: float, words: str) -> None:
    assert speed(rate) == words


# The report


def test_errors_are_said_as_they_happen_one_line_each() -> None:
    lines = Lines(2)
    lines.report.finished(outcome(1, "failed", "in/1.png: it is damaged"))
    assert lines.said == ["Error: in/1.png: it is damaged"]
    lines.report.finished(outcome(2))
    lines.report.end()
    assert lines.said[1].startswith("1 done, 1 failed in ")
    assert len(lines.said) == 2


def test_quiet_leaves_nothing_but_errors() -> None:
    lines = Lines(2, quiet=True)
    lines.report.finished(outcome(1, "failed", "in/1.png: it is damaged"))
    lines.report.finished(outcome(2, "done", "", "out/2.png: alpha is lost"))
    lines.report.end()
    assert lines.said == ["Error: in/1.png: it is damaged"]


def test_a_note_of_many_files_is_said_once_and_counted() -> None:
    lines = Lines()
    for index in range(5):
        lines.report.finished(outcome(index, "done", "", f"out/{index}.png: alpha is lost"))
    lines.report.finished(outcome(9, "done", "", "in/9.png: it has 2 pictures"))
    assert lines.said == ["Note: out/0.png: alpha is lost", "Note: in/9.png: it has 2 pictures"]
    lines.report.end()
    assert lines.said[2] == "Note: 4 files more: alpha is lost"
    assert len(lines.said) == 4


def test_all_notes_are_said_with_verbose() -> None:
    lines = Lines(all_notes=True)
    for index in range(5):
        lines.report.finished(outcome(index, "done", "", f"out/{index}.png: alpha is lost"))
    lines.report.end()
    assert lines.said[:-1] == [f"Note: out/{index}.png: alpha is lost" for index in range(5)]


def test_notes_that_all_differ_do_not_flood_the_terminal() -> None:
    lines = Lines()
    for index in range(KINDS + 100):
        lines.report.finished(outcome(index, "done", "", f"out/{index}.png: lost {index}"))
    lines.report.end()
    assert len(lines.said) == KINDS + 2
    assert lines.said[-2] == "Note: 100 files with other notes, which -v shows"


def test_a_stopped_batch_says_so() -> None:
    lines = Lines(2)
    lines.report.end(stopped=True)
    assert lines.said[0].startswith("Stopped: 0 done in ")
    assert json.loads(lines.objects.getvalue())["stopped"] is True


def test_each_file_is_an_object_and_the_last_is_the_summary(clock: Clock) -> None:
    lines = Lines(3)
    name = "in/\udcff\n\x1b[31m.png"
    strange = Outcome(FileUnit(2, Path(name), Path("out/2.png")), "failed", "why", (), 1.5)
    lines.report.finished(outcome(1, "done", "", "out/1.png: alpha is lost"))
    lines.report.finished(strange)
    clock.now += 2
    lines.report.end()
    made, failed, summary = map(json.loads, lines.objects.getvalue().splitlines())
    assert made == {
        **{"path": "in/1.png", "target": "out/1.png", "state": "done"},
        **{"error": "", "notes": ["out/1.png: alpha is lost"], "seconds": 0.25},
    }
    assert (failed["path"], failed["error"], failed["seconds"]) == (name, "why", 1.5)
    counts = {"done": 1, "kept": 0, "failed": 1, "seconds": 2.0, "files_per_second": 0.5}
    assert summary == {"summary": counts, "stopped": False}


# The displays


def test_off_a_terminal_a_line_is_printed_now_and_then() -> None:
    said: list[str] = []
    tally = Tally(4)
    with ProgressLines(tally, said.append, interval=0.02):
        for index in range(2):
            tally.finish(outcome(index, "kept"))
        deadline = time.monotonic() + 10
        while not said and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)  # nothing changes, and nothing is said
    assert said == ["2 of 4 files"]


class Terminal(io.StringIO):
    """Takes what is written to a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"}.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    yield Terminal()


def test_a_bar_shows_the_counts_and_the_current_files(terminal: Terminal) -> None:
    tally = Tally(4)
    with ProgressBar(tally, terminal) as bar:
        tally.finish(outcome(1, "failed", "why"))
        tally.start(unit(7))
        bar.refresh()
        assert "1 of 4 files; 1 failed" in terminal.getvalue()
        assert "in/7.png" in terminal.getvalue()


def test_errors_stand_above_the_bar_whole_and_harmless(terminal: Terminal) -> None:
    long = f"in/{'x' * 200}[bold].png \x1b[2J is damaged"
    with ProgressBar(Tally(4), terminal) as bar:
        bar.say(f"Error: {long}")
    shown = terminal.getvalue()
    assert f"Error: in/{'x' * 200}[bold].png \\x1b[2J is damaged\n" in shown
    assert "\x1b[2J" not in shown


@pytest.mark.parametrize("total", [None, 0, 10_000], ids=["unknown", "none", "many"])
def test_a_bar_takes_any_number_of_files(terminal: Terminal, total: int | None) -> None:
    tally = Tally(total)
    with ProgressBar(tally, terminal):
        for index in range(10_000):
            tally.start(unit(index))
            tally.finish(outcome(index))
    assert tally.done == 10_000


def test_a_bar_is_gone_when_it_ends(terminal: Terminal) -> None:
    with ProgressBar(Tally(4), terminal) as bar:
        bar.refresh()
    assert terminal.getvalue().endswith("\x1b[2K")


def all_of(terminal: int) -> str:
    """Return all that is written to a terminal until nothing has it open any more, and close it."""
    data = b""
    with suppress(OSError):  # which is how a terminal ends
        while piece := os.read(terminal, 10_000):
            data += piece
    os.close(terminal)
    return data.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")
@pytest.mark.parametrize("quiet", [False, True], ids=["bar", "quiet"])
def test_the_command_draws_a_bar_on_a_terminal_only(tmp_path: Path, quiet: bool) -> None:
    import pty

    (tmp_path / "a.png").write_bytes(SAMPLE.read_bytes())
    (tmp_path / "b.png").write_bytes(SAMPLE.read_bytes()[:300])
    command = [
        sys.executable,
        "-m",
        "imgcuda",
        "batch",
        str(tmp_path),
        "-o",
        str(tmp_path / "out"),
        "-f",
        "invert",
        "--json",
    ]
    ours, theirs = pty.openpty()
    options = ["--device", "cpu", *["--quiet"] * quiet]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200"}
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = all_of(ours)
        assert process.stdout
        told = process.stdout.read()
    assert process.returncode == 1
    assert [json.loads(line).get("state") for line in told.splitlines()] in (
        ["done", "failed", None],
        ["failed", "done", None],
    )
    assert ("\x1b[" in shown) is not quiet
    assert ("1 done, 1 failed in" in shown) is not quiet
    (error,) = re.findall(r"Error: (.*)\r\n", shown)
    assert str(tmp_path / "b.png") in error
