"""The hook that a plugin implements to provide filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from imgcuda.filters import Filter

PROJECT = "imgcuda"
"""The name of the entry-point group, and of the hooks' markers."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def imgcuda_filters() -> list[type[Filter]]:  # type: ignore[empty-body]
    """Return the filter classes that this plugin provides."""
