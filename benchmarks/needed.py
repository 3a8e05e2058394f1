"""The parameters without which a filter cannot be made, for benchmarks that run all filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imgcuda import Filter  # which cold.py imports as late as a command does


def some_values(kind: type[Filter]) -> dict[str, Any]:
    """Return a valid value for each parameter of a filter that has no default."""
    return {each.name: each.some_value() for each in kind.parameters() if each.required}
