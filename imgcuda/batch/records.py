"""The lines of a manifest: JSON objects, one for each output that was made, and one for each kind of work.

A line is compared with the exact form in which it is written, and decoded only when its output is looked up: a hundred
thousand lines are read in a third of a second. A manifest may come from a stranger, and a line of any other form is no
record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from imgcuda.batch.stamps import DIGEST_BYTES, Stamp

_TEXT = r'"(?:[ !#-\[\]-~]|\\(?:["\\/bfnrt]|u[0-9a-f]{4}))*+"'
_DIGEST = rf'"[0-9a-f]{{{2 * DIGEST_BYTES}}}"'
_NUMBER = r"(?:0|-?[1-9]\d{0,18})"
_STAMP = rf"\[{_NUMBER}, {_NUMBER}, {_DIGEST}\]"
_RECORD = re.compile(
    rf'\{{"target": ({_TEXT}), "source": {_TEXT}, "work": {_DIGEST}, '
    rf'"source_stamp": {_STAMP}, "target_stamp": {_STAMP}\}}'
)
_WORK = re.compile(rf'\{{"work": ({_DIGEST}), .*\}}')


class OutputRecord(NamedTuple):
    """How one output was made, and the files as they were then."""

    target: str
    """The output's path in the output folder, with "/" between its parts."""
    source: str
    """The input's path, from the output folder, or absolute if the two have no folder in common but the root."""
    work: str
    """The key of the work: filters, options and versions."""
    source_stamp: Stamp
    target_stamp: Stamp

    @property
    def line(self) -> str:
        """The record as a line of a manifest."""
        return json.dumps(self._asdict())

    @classmethod
    def read(cls, line: str) -> OutputRecord:
        """Return the record in a line for which `key` returns a key."""
        fields = json.loads(line)
        source_stamp, target_stamp = (Stamp(*fields.pop(name)) for name in ("source_stamp", "target_stamp"))
        return cls(**fields, source_stamp=source_stamp, target_stamp=target_stamp)


def key(target: str) -> str:
    """Return the key of an output's record: its path, as it is written in the line."""
    return json.dumps(target)


def key_of_line(line: str) -> str | None:
    """Return the key of the output that a line is about; None if the line is not a whole record."""
    found = _RECORD.fullmatch(line)
    return found[1] if found else None


def work_line(work: str, description: Mapping[str, object]) -> str:
    """Return a line of the manifest that describes the filters and options, for human readers."""
    return json.dumps({"work": work, **description})


def work_of_line(line: str) -> str | None:
    """Return the key of the work that a line describes; None for any other line."""
    found = _WORK.fullmatch(line)
    return found[1].strip('"') if found else None
