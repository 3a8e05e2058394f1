"""A base class for sessions that are told which filters make their calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from imgcuda.filters import Filter

Phase: TypeAlias = Literal["run", "measure"]
"""The phase of a filter's work: to make a result, or to measure an image first, as two-phase filters do."""


class StepObserver:
    """A base class of sessions that want to know which filters make the calls that follow."""

    def begin(self, filters: Sequence[Filter], phase: Phase) -> None:
        """Take the filters that begin, several if they run as one kernel."""
        raise NotImplementedError

    def end(self) -> None:
        """Learn that the filters have ended, perhaps by an error."""
        raise NotImplementedError
