"""Errors as the page shows them: the sentence, the file, the line and the line's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from imgcuda.errors import ImgcudaError, KernelError, Mistake, printable
from imgcuda.studio.chain_request import StepError

_PLACE = re.compile(r"(?P<file>[^\n:]+\.py):(?P<line>\d+): (?P<message>.*)", re.DOTALL)
"""How an error in a Python file begins."""


class ShownFault(NamedTuple):
    """One error."""

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    text: str = ""
    """The line itself."""
    remedy: str = ""
    step: int | None = None
    """The number of the step that is wrong, counted from 0."""
    at: tuple[float, float] | None = None
    """The place in the picture, in parts of its width and height; None if it has none."""


Locate: TypeAlias = Callable[[Mistake], tuple[float, float] | None]
"""Returns where in the picture a mistake was made, as `ShownFault.at`."""


def faults(error: ImgcudaError, locate: Locate = lambda mistake: None) -> list[dict[str, Any]]:
    """Return the faults that an error tells of."""
    return [fault._asdict() for fault in _each(error, locate)]


def _each(error: ImgcudaError, locate: Locate) -> Iterator[ShownFault]:
    if isinstance(error, KernelError) and error.mistakes:
        for each in error.mistakes:
            name = Path(each.file).name
            yield ShownFault(each.message, name, each.line, each.column, each.text, each.remedy, at=locate(each))
    elif isinstance(error, StepError):
        yield ShownFault(str(error), step=error.step)
    elif place := _PLACE.fullmatch(str(error)):
        file, line = Path(place["file"]), int(place["line"])
        yield ShownFault(place["message"], file.name, line, text=_line(file, line))
    else:
        yield ShownFault(printable(str(error), keep="\n"))


def _line(file: Path, number: int) -> str:
    """Return a line of a file; empty if it is not there any more."""
    try:
        return file.read_text("utf-8", "replace").splitlines()[number - 1].rstrip()
    except (OSError, IndexError):
        return ""
