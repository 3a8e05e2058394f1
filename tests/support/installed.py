"""The installed filters, found once for all tests of a process: to find them anew takes 14 ms."""

from __future__ import annotations

from functools import cache
from typing import Any

from imgcuda import Registry, load
from imgcuda.parameters import needed_values


@cache
def installed() -> Registry:
    """Return the registry of all installed filters. A test that installs a plugin calls imgcuda.load() itself."""
    return load()


def some_values(name: str) -> dict[str, Any]:
    """Return a valid value for each parameter of an installed filter that has no default."""
    return needed_values(installed()[name].parameters())
