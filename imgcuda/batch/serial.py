"""Works through the units of a batch in this process, one after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.batch.work import Work, do


def in_turn(units: Iterable[FileUnit], work: Work) -> Generator[Outcome]:
    """Yield the outcome of each unit, in their order."""
    for unit in units:
        yield do(unit, work)
