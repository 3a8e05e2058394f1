"""The filters that the studio offers: the installed ones, and those of the file that its user is writing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgcuda.errors import ImgcudaError
from imgcuda.registry import Registry, build
from imgcuda.registry.filter_file import load_filters
from imgcuda.studio.controls import describe

if TYPE_CHECKING:
    from imgcuda.filters import Filter

USAGE = "imgcuda studio IN --plugin my_filter.py"

OWN = "your file"
"""The category of the filters of the file."""


class Catalog:
    """Filters by name. Those of the file hide installed ones of the same name."""

    def __init__(self, registry: Registry, file: Path | None = None) -> None:
        self.registry, self.file = registry, file
        self.own: Mapping[str, type[Filter]] = {}
        """The filters of the file, as it was when it last could be imported."""

    def reload(self) -> None:
        """Import the file anew; raise ImgcudaError, and keep the filters as they were, if it has an error."""
        if self.file:
            self.own = load_filters(self.file, USAGE)

    def create(self, name: str, values: Mapping[str, Any]) -> Filter:
        """Return the filter called `name` with these parameters."""
        return build(self.own[name], values) if name in self.own else self.registry.create(name, values)

    def find(self, name: str) -> type[Filter]:
        """Return the class of the filter called `name`; PluginError if there is none."""
        return self.own.get(name) or self.registry[name]

    def described(self) -> list[dict[str, Any]]:
        """Return what the page shows of each filter. One whose plugin fails is left out."""
        found = [describe(each, OWN, list(each.aliases)) for each in self.own.values()]
        for name in self.registry:
            if name in self.own:
                continue
            try:
                words = [word for word, of in self.registry.aliases.items() if of == name]
                found.append(describe(self.registry[name], self.registry.category(name), words))
            except ImgcudaError:
                continue  # `imgcuda plugins` tells of it
        return found
