"""A run of a batch: each unit is kept or made, recorded in the manifest, and reported."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TypeAlias

from imgcuda.batch.manifest import Manifest
from imgcuda.batch.plan import Plan
from imgcuda.batch.report import Report
from imgcuda.batch.units import FileUnit, Outcome

Workers: TypeAlias = Callable[[Iterable[FileUnit]], Generator[Outcome]]
"""Makes files: takes units when there is room for them, and yields their outcomes as they come, in any order. Closing
the generator stops the work."""


@dataclass
class BatchRun:
    """What the units of a batch pass: a manifest, workers, and a report."""

    workers: Workers
    report: Report
    manifest: Manifest
    force: bool = False
    """Whether nothing is kept."""
    fail_fast: bool = False
    """Whether the batch stops at the first file that fails."""

    def run(self, units: Iterable[FileUnit]) -> bool:
        """Make the files that must be made; return whether all came to their end, whatever that was."""
        with closing(self.workers(self._not_kept(units))) as outcomes:
            for outcome in outcomes:
                self._finish(outcome)
                if self.fail_fast and outcome.state == "failed":
                    return False
        return True

    def _finish(self, outcome: Outcome) -> None:
        unit = outcome.unit
        if outcome.source_stamp and outcome.target_stamp:
            self.manifest.add(unit.source, unit.target, outcome.source_stamp, outcome.target_stamp)
        if outcome.state == "failed":
            self.manifest.give_up(unit.source, unit.target)
        self.report.finished(outcome)
        self._tell_problems()

    def report_failed(self, units: Plan) -> bool:
        """Report the inputs that failed before any work; return whether the batch goes on."""
        for outcome in units.failed:
            self.report.finished(outcome)
        return not (self.fail_fast and units.failed)

    def _not_kept(self, units: Iterable[FileUnit]) -> Iterator[FileUnit]:
        """Yield the units to make; the others are reported."""
        self._tell_problems()
        for unit in units:
            self.manifest.sweep(unit.target.parent)
            if not self.force and self.manifest.keeps(unit.source, unit.target):
                self.report.finished(Outcome(unit, "kept"))
            else:
                self.report.started(unit)
                ours = self.manifest.vouches(unit.target)
                times = self.manifest.begin(unit.source, unit.target)
                yield replace(unit, ours=ours, times=times)

    def _tell_problems(self) -> None:
        while self.manifest.problems:
            self.report.problem(self.manifest.problems.pop(0))
