"""The plan of a batch: all its units, checked before any work is done, so that no file is written to a wrong place."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from imgcuda.batch.inputs import Input, identity_of
from imgcuda.batch.naming import Naming
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.errors import ImageError

SHOWN = 10
"""How many of several wrong names a message shows."""


@dataclass
class Plan:
    """The units of a batch, and the inputs that have failed before the work begins."""

    _pairs: list[tuple[int, str, str]] = field(default_factory=list)  # a third of the memory of Units
    failed: list[Outcome] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[FileUnit]:
        return (FileUnit(index, Path(source), Path(target)) for index, source, target in self._pairs)

    def add(self, index: int, source: Path, target: Path) -> None:
        """Add a unit."""
        self._pairs.append((index, str(source), str(target)))


def in_folder(inputs: Iterable[Input], naming: Naming, folder: Path) -> Plan:
    """Return the plan to write each input's result into a folder.

    Raises ImageError if two results would be the same file, or if one would replace an input. File systems may take
    upper and lower case for the same, and so do these checks. An output that a link would lead out of the folder fails.
    """
    plan = Plan()
    leads_out = _guard(folder)
    for index, each in enumerate(inputs, 1):
        try:
            target = folder / naming.name(each, index)
            if each.error or leads_out(target.parent) or (target.is_symlink() and leads_out(target)):
                raise ImageError(each.error or f"{target} is not written: a link leads out of {folder}")
        except ImageError as error:
            plan.failed.append(Outcome.failure(FileUnit(index, each.path, folder / each.place), str(error)))
        else:
            plan.add(index, each.path, target)
    _refuse_same_targets(plan)
    _refuse_inputs_as_targets(plan)
    return plan


def in_place(inputs: Iterable[Input]) -> Plan:
    """Return the plan to replace each input by its result. A link is not replaced: its target is."""
    plan = Plan()
    for index, each in enumerate(inputs, 1):
        if each.error:
            plan.failed.append(Outcome.failure(FileUnit(index, each.path, each.path), each.error))
        else:
            plan.add(index, each.path, each.path)
    _refuse_same_targets(plan)
    return plan


def _guard(folder: Path) -> Callable[[Path], bool]:
    """Return a function that tells whether a path leads out of a folder, by links that exist now."""
    root = folder.resolve()

    @cache
    def leads_out(path: Path) -> bool:
        try:
            return not path.resolve().is_relative_to(root)
        except (OSError, RuntimeError):  # links that lead in a circle
            return True

    return leads_out


def _refuse_same_targets(plan: Plan) -> None:
    """Raise ImageError if two inputs would make the same file."""
    first: dict[str, tuple[Path, Path]] = {}
    same: list[str] = []
    count = 0
    for unit in plan:
        source, target = first.setdefault(same_file(unit.target), (unit.source, unit.target))
        if source != unit.source:
            count += 1
            same += [f"{source} and {unit.source} would both become {target}"] * (count <= SHOWN)
    if count:
        way_out = "tell them apart by --name, as --name '{parent}-{stem}' or '{stem}-{ext}'"
        raise ImageError(f"{_list(same, count)}\nDrop one of each, or {way_out}")


def same_file(target: Path) -> str:
    """Return what two paths have in common that a file system may take for the same."""
    return unicodedata.normalize("NFC", os.path.normpath(target)).casefold()


def _refuse_inputs_as_targets(plan: Plan) -> None:
    """Raise ImageError if an output would replace an input."""
    existing = {identity: unit for unit in plan if (identity := identity_of(unit.target))}
    wrong = []
    if existing:
        for unit in plan:
            maker = existing.get(identity_of(unit.source) or (0, 0))
            if maker:
                wrong.append(f"{maker.target} would be replaced, which is the input {unit.source}")
    if wrong:
        raise ImageError(f"{_list(wrong[:SHOWN], len(wrong))}\nWrite to another folder, or use --in-place")


def _list(sentences: list[str], count: int) -> str:
    """Return sentences one a line, and how many more there are."""
    more = count - len(sentences)
    return "\n".join([*sentences, *([f"and {more:,} more"] if more else [])])
