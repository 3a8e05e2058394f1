"""The unit of work of a batch, one file to make from another, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from imgcuda.batch.stamps import Stamp

State: TypeAlias = Literal["done", "kept", "failed"]
"""Made now; there already, from an earlier run; or not made, for an error."""


@dataclass(frozen=True)
class FileUnit:
    """One file to make: where it is read, and where the result is written."""

    index: int
    """Its number in the batch, from 1, in the order of the inputs."""
    source: Path
    target: Path
    ours: bool = False
    """Whether an earlier run is known to have made the file in the target's place, even if it has no mark."""
    times: tuple[int, int] | None = None
    """The size and the time that the source must still have to be read; None if any will do."""


@dataclass(frozen=True)
class Outcome:
    """What became of a unit."""

    unit: FileUnit
    state: State
    error: str = ""
    """Why it failed, in one sentence that names the file."""
    notes: tuple[str, ...] = ()
    """What was lost, a sentence each, with the name of the file."""
    seconds: float = 0.0
    source_stamp: Stamp | None = None
    """The source as it was read; None if it was not, or if it may have changed meanwhile."""
    target_stamp: Stamp | None = None
    """The target as it was written; None if nothing was."""
    lacked_memory: bool = False
    """Whether it failed for want of memory, so that it may succeed with all of it."""

    @staticmethod
    def failure(unit: FileUnit, error: str, seconds: float = 0.0, lacked_memory: bool = False) -> Outcome:
        """Return the outcome of a unit that failed; the sentence gets the source's name, if it does not have it."""
        named = error if str(unit.source) in error or str(unit.target) in error else f"{unit.source}: {error}"
        return Outcome(unit, "failed", named, seconds=seconds, lacked_memory=lacked_memory)
