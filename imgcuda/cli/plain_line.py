"""Runs the plainest command lines without Typer, whose import takes longer than filtering a small image.

Plain is `imgcuda NAME IN OUT` with options of the filter's own and --device, all of them valid. Everything else goes to
Typer, which knows all options, and tells what is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from imgcuda import startup
from imgcuda.cli import by_shell
from imgcuda.cli.job import Job
from imgcuda.cli.lookup import COMMANDS
from imgcuda.cli.run_job import run_job
from imgcuda.errors import ParameterError
from imgcuda.recipes.parameter_values import read_value
from imgcuda.registry import Registry, build

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter

_DEVICE = "--device"


class PlainLine(NamedTuple):
    """A parsed command line: a filter, its parameters, and the files."""

    filter: type[Filter]
    values: dict[str, Any]
    job: Job


def run_plain(registry: Registry, words: Sequence[str]) -> bool:
    """Run a plain command line; return whether it was one."""
    line = _read(registry, words)
    if line is None:
        return False
    from imgcuda.cli import run_file  # noqa: F401  # all that reads, filters and writes is imported before it starts

    startup.started()
    run_job(lambda: [build(line.filter, line.values)], line.job)
    return True


def _read(registry: Registry, words: Sequence[str]) -> PlainLine | None:
    """Parse a command line; return None for one that Typer must read."""
    name = words[0] if words else ""
    if name in COMMANDS or by_shell.VARIABLE in os.environ or not registry.name_of(name):
        return None
    found, preset = registry.meaning(name)
    try:
        paths, values, device = _given(words[1:], _plain_options(found))
    except (ParameterError, LookupError):
        return None
    values = {**preset, **values}
    missing = any(parameter.required and parameter.name not in values for parameter in found.parameters())
    if missing or len(paths) != 2 or any(path.is_dir() for path in paths):
        return None
    source, target = paths
    return PlainLine(found, values, Job(source, target, device=device))


def _given(words: Sequence[str], known: Mapping[str, Parameter]) -> tuple[list[Path], dict[str, Any], str]:
    """Return the paths, the values of parameters, and the device; LookupError or ParameterError for anything else."""
    paths, values, device = list[Path](), dict[str, Any](), os.environ.get("IMGCUDA_DEVICE") or "auto"
    for word, value in _pairs(words, {_DEVICE, *known}):
        if value is None:
            paths.append(Path(word))
        elif word == _DEVICE:
            device = value
        else:
            values[known[word].name] = _value(known[word], value)
    return paths, values, device


def _plain_options(filter_class: type[Filter]) -> dict[str, Parameter]:
    """Return a filter's options that take a value, without names that mean something else for every filter."""
    return {
        parameter.options[0]: parameter
        for parameter in filter_class.parameters()
        if parameter.type is not bool and parameter.name not in Job._fields and not parameter.name.startswith("no_")
    }


def _pairs(words: Sequence[str], known: Container[str]) -> Iterator[tuple[str, str | None]]:
    """Yield each option with its value, and each path with None; LookupError for anything else."""
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") and word:
            yield word, None
            continue
        option, equals, value = word.partition("=")
        value = value if equals else next(rest, "-")
        if option not in known or (value.startswith("-") and not equals):
            raise LookupError(option)
        yield option, value


def _value(parameter: Parameter, text: str) -> Any:
    """Return an option's value; a text that may name a file is returned as it is, and read when the run has begun."""
    return read_value(parameter, text) if parameter.plain else text
