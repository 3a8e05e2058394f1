"""The manifest of an output folder: a file of records of finished outputs, read by later runs.

A record is appended when its output is in place. So of a run that was killed in between, only that output is made
again, with the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from imgcuda.batch import records, stale_drafts
from imgcuda.batch.history import History, from_folder, settled
from imgcuda.batch.line_file import LineFile, read_lines
from imgcuda.batch.provenance import Provenance
from imgcuda.batch.records import OutputRecord
from imgcuda.batch.stamps import Stamp
from imgcuda.errors import system_words

NAME = ".imgcuda-batch.jsonl"
"""The name of the manifest in the output folder."""

SPARE = 1000
"""Lines of outputs that were made again, from which on the manifest is rewritten when they are the larger part."""


class Manifest(History):
    """The history of an output folder, to which this run adds. Until `close` it is this run's alone: a second run is
    refused.

    `problems` holds a sentence for each thing that was wrong.
    """

    def __init__(self, folder: Path, work: Provenance) -> None:
        self.problems: list[str] = []
        self._path = folder / NAME
        self._swept: set[Path] = set()
        folder.mkdir(parents=True, exist_ok=True)
        self._file = LineFile(self._path)
        try:
            made, works = self._load()
            super().__init__(folder, work, made)
            if work.key not in works:
                self._append(records.work_line(work.key, work.description))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let other runs write to the folder."""
        self._file.close()

    def remove(self) -> None:
        """Remove the manifest, of which no later run has any use."""
        self._path.unlink(missing_ok=True)

    def add(self, source: Path, target: Path, source_stamp: Stamp, target_stamp: Stamp) -> None:
        """Append the record of an output that is in place."""
        name, place = self._name(target), from_folder(source, self._folder)
        line = OutputRecord(name, place, self._work, settled(source_stamp), target_stamp).line
        self._lines[records.key(name)] = line
        self._append(line)

    def begin(self, source: Path, target: Path) -> tuple[int, int] | None:
        """Note that an output is about to be made; return the size and time that its input must still have then."""
        return None

    def give_up(self, source: Path, target: Path) -> None:
        """Note that an output was not made, after all."""

    def sweep(self, folder: Path) -> None:
        """Remove the old drafts in a folder of outputs, when it is used for the first time."""
        if folder not in self._swept:
            self._swept.add(folder)
            stale_drafts.sweep(folder)

    def _again(self, source: Path, target: Path, source_stamp: Stamp, target_stamp: Stamp) -> None:
        self.add(source, target, source_stamp, target_stamp)

    def _append(self, line: str) -> None:
        try:
            self._file.append(line)
        except OSError as error:  # the output itself is made: only the next run has more to do
            why = "a later run makes again what is not recorded"
            self.problems.append(f"{self._path}: {system_words(error)}; {why}")

    def _load(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the records, and the lines that describe work, by their keys."""
        lines = self._file.lines()
        made, works, wrong = _sorted(lines)
        if wrong:
            self.problems.append(f"{self._path}: {_damaged(wrong)}")
        if len(lines) > 2 * len(made) + SPARE:
            self._file.rewrite([*works.values(), *made.values()])
        return made, works


def read(folder: Path) -> dict[str, str]:
    """Return the records of a folder by the keys of their outputs, without locking anything."""
    return _sorted(read_lines(folder / NAME))[0]


def _sorted(lines: list[str]) -> tuple[dict[str, str], dict[str, str], int]:
    """Return the last record of each output and the lines that describe work, by their keys, and the number of
    damaged lines."""
    made: dict[str, str] = {}
    works: dict[str, str] = {}
    wrong = 0
    for line in lines:
        if key := records.key_of_line(line):
            made[key] = line
        elif work := records.work_of_line(line):
            works[work] = line
        else:
            wrong += 1
    return made, works, wrong


def _damaged(lines: int) -> str:
    return "1 damaged line is ignored" if lines == 1 else f"{lines} damaged lines are ignored"
