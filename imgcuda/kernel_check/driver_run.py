"""Runs a driver, a Python program that launches kernels by imgcuda.kernels, with each launch checked."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

from imgcuda import kernels
from imgcuda.containment import contained, ends_the_process, in_words
from imgcuda.errors import KernelError, Mistake, last_line
from imgcuda.filters import Filter
from imgcuda.kernel_check.problems import RUN, Problem, of_error


def run_driver(path: Path) -> tuple[list[Problem], list[str]]:
    """Run a program as Python would, and return the faults that are found, and notes. What it prints goes to stderr."""
    try:
        with contained(), kernels.checked():
            names = _run(path)
    except KernelError as error:
        return of_error(error, RUN, path), []
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) or ends_the_process(error, os.getpid()):
            raise
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return [], []
        return [Problem(_mistake(path, error), (RUN,))], []
    return [], list(_notes(path, names))


def _run(path: Path) -> dict[str, object]:
    folder = str(path.parent.resolve())
    sys.argv[:] = [str(path)]
    sys.path.insert(0, folder)
    try:
        return runpy.run_path(str(path), run_name="__main__")
    finally:
        sys.path.remove(folder)


def _mistake(path: Path, error: BaseException) -> Mistake:
    """Return what ended a program, at its own innermost line."""
    place = last_line(error, {path.resolve()})
    number = place[1] if place else (error.lineno or 0) if isinstance(error, SyntaxError) else 0
    lines = path.read_text("utf-8", errors="replace").split("\n")
    message = f"it ends with exit code {error.code}" if isinstance(error, SystemExit) else in_words(error)
    return Mistake(message, str(path), number, text=lines[number - 1] if 0 < number <= len(lines) else "")


def _notes(path: Path, names: dict[str, object]) -> Iterator[str]:
    """Yield a note if a program declares filters, as a plugin does: another command is for these."""
    own = (each for each in names.values() if isinstance(each, type) and each.__module__ == "__main__")
    if any(issubclass(each, Filter) for each in own):
        yield f"{path} declares a filter; imgcuda try {path} IN OUT --check runs it on a picture, checked"
