"""Finds the files that arrive in folders: each when it is whole, and again when it has changed.

It looks at the folders again and again, which works on every file system, also where the system reports no changes
(NFS, SMB, folders of a container), and which a file that is still being written needs in any case. A look takes as long
as listing the folders, and the pauses are so long that looking takes at most a tenth of the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from imgcuda.batch import plan
from imgcuda.batch.inputs import Input
from imgcuda.batch.naming import Naming
from imgcuda.batch.plan import Plan
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.errors import ImageError

PAUSE = 1.0
"""Seconds between two looks, at least. A file is whole if it has not changed from one look to the next."""

SHARE = 10
"""How much longer a pause is than the look before it."""


class FileState(NamedTuple):
    """What changes of a file while it is written."""

    size: int
    mtime_ns: int
    inode: int


def arrivals(look: Callable[[], Iterable[Input]], pause: float = PAUSE) -> Iterator[list[Input]]:
    """Yield, without end, the files found by `look` that are new or have changed since the last round."""
    taken: dict[Path, FileState] = {}
    waiting: dict[Path, FileState] = {}
    while True:
        began = time.monotonic()
        found = {each.path: each for each in look()}
        now = {path: state for path in found if (state := _state(path))}
        changed = {path: state for path, state in now.items() if taken.get(path) != state}
        whole = [path for path, state in changed.items() if waiting.get(path) == state]
        waiting = changed
        took = time.monotonic() - began
        if whole:
            taken |= {path: changed[path] for path in whole}
            yield [found[path] for path in whole]
        time.sleep(max(pause, SHARE * took))


def _state(path: Path) -> FileState | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return FileState(status.st_size, status.st_mtime_ns, status.st_ino)


@dataclass
class ArrivalPlans:
    """Plans what arrives, a few files at a time: of two that would become the same file, only the first is made."""

    naming: Naming
    folder: Path
    _makers: dict[str, Path] = field(default_factory=dict)
    _count: int = 0

    def plan(self, arrived: Iterable[Input]) -> Plan:
        """Return the plan for the files that have arrived."""
        made = Plan()
        for each in arrived:
            self._count += 1
            try:
                one = plan.in_folder([each], self.naming, self.folder)
            except ImageError as error:
                made.failed.append(Outcome.failure(FileUnit(self._count, each.path, self.folder), str(error)))
                continue
            made.failed += one.failed
            for unit in one:
                self._add(unit, made)
        return made

    def _add(self, unit: FileUnit, made: Plan) -> None:
        maker = self._makers.setdefault(plan.same_file(unit.target), unit.source)
        if maker == unit.source:
            made.add(self._count, unit.source, unit.target)
        else:
            made.failed.append(Outcome.failure(unit, f"{unit.source}: {unit.target} is made from {maker} already"))
