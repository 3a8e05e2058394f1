"""Fixtures of the tests of batches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from imgcuda import Registry, load
from support.processes import Running


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load()


@pytest.fixture
def running() -> Iterator[Running]:
    started = Running()
    yield started
    for process in started.started:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=20)
