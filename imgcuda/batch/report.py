"""Reports a batch: errors and notes as they come, a JSON object for each file, and a summary at the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, TextIO

from imgcuda.batch.progress import Display
from imgcuda.batch.tally import Tally
from imgcuda.batch.units import FileUnit, Outcome

KINDS = 50
"""Kinds of notes that are told each; a note of a further kind is counted only."""


class Report:
    """Tells what becomes of each file, and of all.

    A note that many files share is told of the first, and at the end of how many more.
    """

    def __init__(
        self,
        tally: Tally,
        display: Display,
        *,
        quiet: bool = False,
        all_notes: bool = False,
        objects: TextIO | None = None,
    ) -> None:
        """`quiet` leaves out all but errors; `all_notes` tells each note; `objects` takes JSON, an object a line."""
        self._tally, self._display = tally, display
        self._quiet, self._all_notes, self._objects = quiet, all_notes, objects
        self._notes: Counter[str] = Counter()
        self._problems: set[str] = set()

    def finished(self, outcome: Outcome) -> None:
        """Report a file that is finished."""
        self._tally.finish(outcome)
        if self._objects:
            self._write(_of_file(outcome))
        if outcome.error:
            self._display.say(f"Error: {outcome.error}")
        if not self._quiet:
            for note in outcome.notes:
                self._note(note, _kind(note, outcome))

    def started(self, unit: FileUnit) -> None:
        """Show a file as being worked on."""
        self._tally.start(unit)

    def say(self, sentence: str) -> None:
        """Print a sentence, unless it is quiet."""
        if not self._quiet:
            self._display.say(sentence)

    def problem(self, sentence: str) -> None:
        """Report something that is wrong with the batch, and stops nothing; each sentence once."""
        if sentence not in self._problems:
            self._problems.add(sentence)
            self.say(f"Note: {sentence}")

    def end(self, stopped: bool = False) -> None:
        """Report the whole batch; `stopped` if it did not come to its end."""
        if self._objects:
            self._write({"summary": _of_all(self._tally), "stopped": stopped})
        for sentence in self._shared():
            self.say(f"Note: {sentence}")
        self.say(f"{'Stopped: ' if stopped else ''}{self._tally.summary()}")

    def _note(self, note: str, kind: str) -> None:
        if self._all_notes or (kind not in self._notes and len(self._notes) < KINDS):
            self._display.say(f"Note: {note}")
        if kind in self._notes or len(self._notes) < KINDS:
            self._notes[kind] += 1
        else:
            self._notes[""] += 1

    def _shared(self) -> Iterator[str]:
        """Return what was told of one file only, and holds for several."""
        if self._all_notes:
            return
        for kind, count in self._notes.items():
            if kind and count > 1:
                yield f"{_files(count - 1)} more: {kind}"
            elif not kind:
                yield f"{_files(count)} with other notes, which -v shows"

    def _write(self, line: dict[str, Any]) -> None:
        assert self._objects
        self._objects.write(json.dumps(line) + "\n")
        self._objects.flush()


def _kind(note: str, outcome: Outcome) -> str:
    """Return a note without the name of its file."""
    for path in (outcome.unit.source, outcome.unit.target):
        note = note.removeprefix(f"{path}: ")
    return note


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _of_file(outcome: Outcome) -> dict[str, Any]:
    return {
        "path": str(outcome.unit.source),
        "target": str(outcome.unit.target),
        "state": outcome.state,
        "error": outcome.error,
        "notes": list(outcome.notes),
        "seconds": round(outcome.seconds, 6),
    }


def _of_all(tally: Tally) -> dict[str, Any]:
    counts = {"done": tally.done, "kept": tally.kept, "failed": tally.failed}
    return {**counts, "seconds": round(tally.seconds, 6), "files_per_second": round(tally.done / tally.seconds, 6)}
