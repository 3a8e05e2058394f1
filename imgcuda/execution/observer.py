"""What a session may be besides: an observer, which is told the filters that its calls belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from imgcuda.filters import Filter

Phase: TypeAlias = Literal["run", "measure"]
"""What filters do: make a result, or measure an image, as the first phase of a two-phase filter."""


class StepObserver:
    """A base class of sessions that want to know which filters make the calls that follow."""

    def begin(self, filters: Sequence[Filter], phase: Phase) -> None:
        """Take the filters that begin, several if they run as one kernel."""
        raise NotImplementedError

    def end(self) -> None:
        """Learn that the filters have ended, perhaps by an error."""
        raise NotImplementedError
