"""The chain that a command line asks for: a recipe, the filters after -f, or the filter that runs if there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imgcuda.errors import ParameterError
from imgcuda.registry import Registry

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.recipes.recipe import Recipe

DEFAULT = "blur"
"""The filter that runs if there is neither a recipe nor -f."""


def parse_chain(registry: Registry, steps: Sequence[str], recipe: Recipe | None = None) -> list[Filter]:
    """Return the filters of the recipe and of all -f options, in order; the default filter if there are neither."""
    from imgcuda.recipes.chain_text import parse_text  # a filter's own command has no chain to read

    if not steps and recipe is None and DEFAULT not in registry.filters:
        raise ParameterError(f"which filter? Without -f it is '{DEFAULT}', which is not installed; write -f NAME")
    of_recipe = recipe.filters(registry) if recipe else []
    given = steps or ([] if recipe else [DEFAULT])
    return [*of_recipe, *(filter for text in given for filter in parse_text(registry, text, option="-f "))]
