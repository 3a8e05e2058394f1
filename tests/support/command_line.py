"""Runs command lines of imgcuda in the test's own process, with the installed filters."""

from __future__ import annotations

from collections.abc import Callable

from imgcuda.cli import build, run
from support.installed import installed

Call = Callable[..., tuple[int, str, str]]
"""Runs a command line, and returns its exit code, its output and its errors: the fixture `call`."""


def call(*words: object) -> int:
    """Run a command line, and return its exit code."""
    return run([*map(str, words)], build(installed()))
