"""Problem: a mistake in a file, and which compilers or runs found it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from imgcuda.errors import KernelError, Mistake

CPU = "cpu"
"""The CPU engine's compiler, in `Problem.found_by`."""

RUN = "run"
"""A checked run."""


@dataclass(frozen=True)
class Problem:
    """A mistake in a file, whose name is its path."""

    mistake: Mistake
    found_by: tuple[str, ...]
    """"cpu", "sm_80" and other architectures, or "run"."""

    def __str__(self) -> str:
        """Return the place, the message, the remedy and the compilers that found it, then the line with a caret."""
        by = f" [{', '.join(self.found_by)}]"
        own = self.mistake
        return str(replace(own, remedy=own.remedy + by) if own.remedy else replace(own, message=own.message + by))


def of_error(error: KernelError, found_by: str, path: Path) -> list[Problem]:
    """Return the problems that an error tells of a file; its mistakes name files as they are beside that file."""
    told = error.mistakes or (Mistake(str(error).removeprefix(f"{path.name}: "), path.name),)
    return [Problem(replace(each, file=_path_of(each.file, path)), (found_by,)) for each in told]


def _path_of(name: str, path: Path) -> str:
    """Return the path of a file that a mistake in the file `path` names: the same file, or one beside it."""
    beside = path.parent / name
    return str(path) if name == path.name else str(beside) if beside.is_file() else name


def merged(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems, each once, in the order of lines.

    Of what compilers find in one line, the first is kept, since others are mostly its consequences. The CPU engine's
    comes first, with its column and remedy.
    """
    made: list[Problem] = []
    for problem in problems:
        same = next((n for n, other in enumerate(made) if _same(other, problem)), None)
        if same is None:
            made.append(problem)
        else:
            by = dict.fromkeys([*made[same].found_by, *problem.found_by])
            made[same] = replace(made[same], found_by=tuple(by))
    return sorted(made, key=lambda each: (each.mistake.line, each.mistake.column))


def _same(one: Problem, other: Problem) -> bool:
    a, b = one.mistake, other.mistake
    if (a.file, a.line) != (b.file, b.line):
        return False
    compilers = RUN not in (*one.found_by, *other.found_by)
    return a.message == b.message or (compilers and a.line > 0)
