"""Fixtures of the tests of batches."""

from __future__ import annotations

import pytest

from imgcuda import Registry, load


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load()
