"""The installed filters, found once for all tests of a process: to find them anew takes 14 ms."""

from __future__ import annotations

from functools import cache

from imgcuda import Registry, load


@cache
def installed() -> Registry:
    """Return the registry of all installed filters. A test that installs a plugin calls imgcuda.load() itself."""
    return load()
