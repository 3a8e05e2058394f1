"""The run of a batch: what is kept, made, recorded and reported, with workers that make nothing."""

from __future__ import annotations

import io
import time
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import pytest

from imgcuda.batch import stamps
from imgcuda.batch.batch_run import BatchRun
from imgcuda.batch.manifest import Manifest
from imgcuda.batch.progress import Display, NoDisplay, ProgressBar, ProgressLines
from imgcuda.batch.provenance import Provenance
from imgcuda.batch.report import Report
from imgcuda.batch.tally import Tally
from imgcuda.batch.units import FileUnit, Outcome

WORK = Provenance("0" * 32, {})


class Idle:
    """Workers that write a byte for each file, or fail, and note what they were given."""

    def __init__(self, *failing: str) -> None:
        self._failing = failing
        self.given: list[FileUnit] = []
        self.closed = False

    def __call__(self, units: Iterable[FileUnit]) -> Generator[Outcome]:
        try:
            for unit in units:
                self.given.append(unit)
                yield self.outcome(unit)
        finally:
            self.closed = True

    def outcome(self, unit: FileUnit) -> Outcome:
        if unit.source.name in self._failing:
            return Outcome.failure(unit, "it is damaged")
        unit.target.write_bytes(b"x")
        return Outcome(unit, "done", "", (), 0.0, stamps.take(unit.source), stamps.take(unit.target))


@pytest.fixture
def units(tmp_path: Path) -> list[FileUnit]:
    """Three units, with their inputs and the output folder."""
    (tmp_path / "out").mkdir()
    names = ("a", "b", "c")
    for name in names:
        (tmp_path / name).write_text(name)
    return [FileUnit(index, tmp_path / name, tmp_path / "out" / name) for index, name in enumerate(names, 1)]


def run(units: Iterable[FileUnit], workers: Idle, folder: Path, force: bool = False, fail_fast: bool = False) -> Tally:
    """Run a batch over units, and return the tally."""
    tally = Tally()
    report = Report(tally, NoDisplay(lambda text: None))
    with Manifest(folder, WORK) as manifest:
        whole = BatchRun(workers, report, manifest, force, fail_fast).run(units)
    assert whole is not (fail_fast and tally.failed > 0)
    assert workers.closed
    return tally


def test_only_what_is_not_kept_is_given_to_workers(units: list[FileUnit], tmp_path: Path) -> None:
    assert run(units, Idle(), tmp_path / "out").done == 3
    (tmp_path / "b").write_text("other")
    again = Idle()
    tally = run(units, again, tmp_path / "out")
    assert ([unit.source.name for unit in again.given], tally.done, tally.kept) == (["b"], 1, 2)


def test_outputs_of_earlier_runs_are_given_as_ours(units: list[FileUnit], tmp_path: Path) -> None:
    run(units, Idle(), tmp_path / "out")
    (tmp_path / "out" / "b").write_text("of another program")
    again = Idle()
    run(units, again, tmp_path / "out", force=True)
    assert [unit.ours for unit in again.given] == [True, False, True]


def test_a_failed_file_is_no_reason_to_stop(units: list[FileUnit], tmp_path: Path) -> None:
    tally = run(units, Idle("a"), tmp_path / "out")
    assert (tally.done, tally.failed) == (2, 1)


def test_fail_fast_stops_the_workers(units: list[FileUnit], tmp_path: Path) -> None:
    workers = Idle("a")
    tally = run(units, workers, tmp_path / "out", fail_fast=True)
    assert (tally.done, tally.failed, len(workers.given)) == (0, 1, 1)


def test_a_file_that_may_have_changed_meanwhile_is_not_recorded(units: list[FileUnit], tmp_path: Path) -> None:
    class Careless(Idle):
        def outcome(self, unit: FileUnit) -> Outcome:
            unit.target.write_bytes(b"x")
            return Outcome(unit, "done", target_stamp=stamps.take(unit.target))

    assert run(units, Careless(), tmp_path / "out").done == 3
    assert run(units, Idle(), tmp_path / "out").kept == 0


def test_units_are_taken_as_workers_ask_for_them(tmp_path: Path, units: list[FileUnit]) -> None:
    taken: list[int] = []

    def endless() -> Iterator[FileUnit]:
        for unit in units:
            taken.append(unit.index)
            yield unit

    class Curious(Idle):
        def outcome(self, unit: FileUnit) -> Outcome:
            assert taken[-1] == unit.index
            return super().outcome(unit)

    assert run(endless(), Curious(), tmp_path / "out").done == 3


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("kind", ["none", "lines", "bar", "json"])
def test_ten_thousand_files_cost_no_time_to_report(
    kind: str, units: list[FileUnit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    tally, count = Tally(10_000), 10_000
    displays: dict[str, Display] = {
        "lines": ProgressLines(tally, lambda text: None),
        "bar": ProgressBar(tally, Screen()),
    }
    display = displays.get(kind) or NoDisplay(lambda text: None)
    report = Report(tally, display, objects=io.StringIO() if kind == "json" else None)
    stamp = stamps.take(units[0].source)

    def idle(given: Iterable[FileUnit]) -> Generator[Outcome]:
        return (Outcome(unit, "done", "", (), 0.1, stamp, stamp) for unit in given)

    many = (FileUnit(index, units[0].source, tmp_path / "out" / f"{index}.png") for index in range(count))
    with Manifest(tmp_path / "out", WORK) as manifest, display:
        began = time.process_time()
        assert BatchRun(idle, report, manifest).run(many)
        assert time.process_time() - began < 5  # 0.5 s here
    assert tally.done == count
