"""Fixtures of the tests of commands."""

from __future__ import annotations

import pytest

from support import command_line
from support.command_line import Call


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs a command line; it returns the exit code, the output and the errors."""
    return lambda *words: (command_line.call(*words), *capsys.readouterr())
