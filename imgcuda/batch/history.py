"""What earlier runs made in an output folder: decides which outputs are kept, and which are made again.

An output is kept if its record agrees with the input, the work and the output. What is there without a record is not
taken for done.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from imgcuda.batch import records, stamps
from imgcuda.batch.provenance import Provenance
from imgcuda.batch.records import OutputRecord
from imgcuda.batch.stamps import Stamp
from imgcuda.errors import ImageError

SETTLED = 2 * 10**9
"""Nanoseconds after which a change gives a file another time, on any file system: FAT counts in steps of 2 s."""


class History:
    """The records of one output folder, compared with the work of this run."""

    def __init__(self, folder: Path, work: Provenance, lines: Mapping[str, str]) -> None:
        """`lines` are the records, by the keys of their outputs."""
        self._folder, self._work = folder, work.key
        self._lines = dict(lines)

    def keeps(self, source: Path, target: Path) -> bool:
        """Return whether an output is as it was made, by the same work and from the same input."""
        record = self._record(target)
        if record is None or record.work != self._work or not is_as(target, record.target_stamp):
            return False
        with suppress(OSError, ImageError):
            return self._same_input(source, target, record)
        return False

    def vouches(self, target: Path) -> bool:
        """Return whether the file in an output's place is what an earlier run made there, of whatever input."""
        record = self._record(target)
        return record is not None and is_as(target, record.target_stamp)

    def _same_input(self, source: Path, target: Path, record: OutputRecord) -> bool:
        """Return whether an input is as recorded: by its place, size and time, or else by its content."""
        status = source.stat()
        if record.source == from_folder(source, self._folder) and record.source_stamp.has_times_of(status):
            return True
        if status.st_size != record.source_stamp.size:
            return False
        found = stamps.take(source)
        if found.digest != record.source_stamp.digest:
            return False
        if settled(found) == found:  # next time its size and time will do
            self._again(source, target, found, record.target_stamp)
        return True

    def _again(self, source: Path, target: Path, source_stamp: Stamp, target_stamp: Stamp) -> None:
        """Note that an input has the content that is recorded, but another place or time."""

    def _record(self, target: Path) -> OutputRecord | None:
        line = self._lines.get(records.key(self._name(target)))
        return OutputRecord.read(line) if line else None

    def _name(self, target: Path) -> str:
        return Path(os.path.relpath(target, self._folder)).as_posix()


def is_as(target: Path, stamp: Stamp) -> bool:
    """Return whether an output is as it was made: by its size and time or, as in a copied folder, by content."""
    with suppress(OSError, ImageError):
        status = target.stat()
        if stamp.has_times_of(status):
            return True
        return status.st_size == stamp.size and stamps.take(target).digest == stamp.digest
    return False


def from_folder(source: Path, folder: Path) -> str:
    """Return an input's path as the manifest has it: from the output folder, so that both may be moved together;
    absolute if they have no folder in common."""
    absolute = os.path.abspath(source)  # noqa: PTH100  # links stay as they are
    base = os.path.abspath(folder)  # noqa: PTH100
    try:
        common = os.path.commonpath([absolute, base])
    except ValueError:  # on two drives
        return absolute
    return absolute if common == Path(base).anchor else Path(os.path.relpath(absolute, base)).as_posix()


def settled(stamp: Stamp) -> Stamp:
    """Return a stamp whose time tells of later changes: a file that was changed a moment ago can be changed again
    without getting another time, so it is recognized by its content alone."""
    return stamp if time.time_ns() - stamp.mtime_ns > SETTLED else stamp._replace(mtime_ns=0)
