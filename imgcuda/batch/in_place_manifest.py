"""The manifest of --in-place, where each result replaces its input: a run that goes on must not filter one twice."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from imgcuda.batch import records
from imgcuda.batch.history import from_folder, is_as
from imgcuda.batch.manifest import Manifest
from imgcuda.batch.records import OutputRecord
from imgcuda.batch.stamps import DIGEST_BYTES, Stamp

UNKNOWN = Stamp(0, 0, "0" * 2 * DIGEST_BYTES)
"""The stamp of a result that is not made yet."""

NO_WORK = "0" * 2 * DIGEST_BYTES
"""The key of no work at all."""


class InPlaceManifest(Manifest):
    """A manifest that also notes each input before it is replaced.

    A run may be killed between the two. Then the input's size and time tell whether it was replaced.
    """

    def keeps(self, source: Path, target: Path) -> bool:
        """Return whether an input was replaced already, by the same work."""
        record = self._record(target)
        if record is None or record.work != self._work:
            return False
        if record.target_stamp != UNKNOWN:
            return is_as(target, record.target_stamp)
        with suppress(OSError):
            return not record.source_stamp.has_times_of(source.stat())
        return False

    def begin(self, source: Path, target: Path) -> tuple[int, int] | None:
        """Note an input that is about to be replaced, and return its size and time."""
        with suppress(OSError):
            status = source.stat()
            stamp = UNKNOWN._replace(size=status.st_size, mtime_ns=status.st_mtime_ns)
            self._note(source, target, self._work, stamp)
            return stamp.size, stamp.mtime_ns
        return None

    def give_up(self, source: Path, target: Path) -> None:
        """Note that an input was not replaced; if it was, and its worker ended in that moment, it stays noted."""
        record = self._record(target)
        with suppress(OSError):
            if record and record.source_stamp.has_times_of(source.stat()):
                self._note(source, target, NO_WORK, UNKNOWN)

    def _note(self, source: Path, target: Path, work: str, source_stamp: Stamp) -> None:
        line = OutputRecord(self._name(target), from_folder(source, self._folder), work, source_stamp, UNKNOWN).line
        self._lines[records.key(self._name(target))] = line
        self._append(line)
