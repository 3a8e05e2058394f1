"""Fixtures of the tests of batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imgcuda import Registry
from support import trap
from support.installed import installed
from support.processes import Running


@pytest.fixture(scope="session")
def registry() -> Registry:
    return installed()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with eight good pictures."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(8):
        trap.picture(folder / f"good-{number}.png", "good")
    return folder


@pytest.fixture
def running() -> Iterator[Running]:
    started = Running()
    yield started
    for process in started.started:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=20)
