"""A recipe: filters with their parameters, and how pictures are read and written."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from imgcuda.errors import LONGEST_MESSAGE, FilterError, ImageError, ParameterError, PluginError, shown

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter
    from imgcuda.registry import Registry

FORMATS_OWN = {"quality", "compress", "lossless", "progressive"}
"""The options that only some formats take."""


@dataclass(frozen=True)
class Recipe:
    """What a recipe's file says. Its filters are made when they are asked for, since they may read other files."""

    source: str
    """The file's name, for messages."""
    folder: str = ""
    """The folder that its files are relative to; empty for the current one."""
    description: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The values of its tables `input` and `output`, by the names of the command's options."""
    steps: tuple[Mapping[str, Any], ...] = ()
    """The tables of its filters: "name", and the parameters as TOML has them."""

    def options_for(self, takes: Collection[str], given: Collection[str] = ()) -> dict[str, Any]:
        """Return its options, without the names in `given` and the options that the format does not take.

        `takes` are the format's own options: the field `options` of a Format.
        """
        left_out = {*given, *(FORMATS_OWN - {*takes})}
        return {name: value for name, value in self.options.items() if name not in left_out}

    def filters(self, registry: Registry) -> list[Filter]:
        """Return its filters; ParameterError or PluginError, with the file and the filter's place, if one is wrong."""
        made = []
        for number, step in enumerate(self.steps, 1):
            try:
                made.append(self._filter(registry, step))
            except (ParameterError, PluginError, FilterError, ImageError) as error:
                words = str(error) if len(str(error)) <= LONGEST_MESSAGE else f"{str(error)[:LONGEST_MESSAGE]}..."
                place = f"{self.source}, filter {number} ({shown(step['name'])[1:-1]})"
                raise type(error)(f"{place}: {words}") from error
        return made

    def _filter(self, registry: Registry, step: Mapping[str, Any]) -> Filter:
        if str(step["name"]).startswith("@"):
            raise ParameterError("a recipe holds filters, and no other recipe; write that one's filters here")
        known = {parameter.name: parameter for parameter in registry[step["name"]].parameters()}
        values: dict[str, Any] = {}
        for key, value in step.items():
            name = key.replace("-", "_")  # as after -f
            if name in values:
                raise ParameterError(f"{name} is given twice")
            if key != "name":
                values[name] = self._located(known[name], value) if name in known else value
        return registry.create(step["name"], values)

    def _located(self, parameter: Parameter, value: Any) -> Any:
        """Return a value; if it is the name of a file, relative to the recipe's folder."""
        return os.path.join(self.folder, value) if is_file_name(parameter, value) else value  # noqa: PTH118  # kept as given


def is_file_name(parameter: Parameter, value: Any) -> bool:
    """Return whether a parameter's value, as a recipe has it, is the name of a file."""
    reads_files = getattr(parameter.type, "reads_files", False)
    return reads_files and isinstance(value, str) and not value.lstrip().startswith("[")
