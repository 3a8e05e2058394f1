"""Reads simple values of options and arguments without pydantic.

Typer reads every value with pydantic, whose import takes longer than filtering a small image. So values that are valid
as they are, like a text or a number in range, are read here; all others go to Typer, which reads or refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from typer.core import TyperCommand

_UNSURE = object()
"""Returned for a value that Typer is to read."""


class PlainCommand(TyperCommand):
    """A command whose parameters read simple values themselves."""

    def get_params(self, ctx: Any) -> list[Any]:
        return with_plain_values(super().get_params(ctx))


def with_plain_values(parameters: list[Any]) -> list[Any]:
    """Make Typer's parameters read simple values themselves, if this version of Typer lets them."""
    for parameter in parameters:
        descriptor = getattr(parameter, "type_descriptor", None)
        if descriptor is not None and "get_runtime_param" not in vars(parameter):
            reader = _PlainReader(descriptor, parameter.get_runtime_param)
            parameter.get_runtime_param = lambda reader=reader: reader
    return parameters


class _PlainReader:
    """Reads the values of one parameter, as Typer's own RuntimeParam does."""

    def __init__(self, descriptor: Any, typers: Callable[[], Any]) -> None:
        self._type, self._info, self._typers = descriptor.annotation, descriptor.parameter_info, typers

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        read = self._plain(value)
        return self._typers().coerce(value, param=param, ctx=ctx) if read is _UNSURE else read

    def _plain(self, value: Any) -> Any:
        """Return the value of a text or a default if it is simple and valid, else the marker for Typer."""
        if self._info.parser is not None:
            return self._parsed(value)
        if self._type is str or value in get_args(self._type):
            return value if isinstance(value, str) else _UNSURE
        if self._type == list[str] and isinstance(value, tuple | list):
            return list(value) if all(isinstance(each, str) for each in value) else _UNSURE
        if self._type is Path and isinstance(value, str | Path):
            return Path(value) if self._takes_any_path() else _UNSURE
        return self._whole(value) if self._type is int else _UNSURE

    def _parsed(self, value: Any) -> Any:
        try:
            return self._info.parser(value)
        except Exception:  # Typer will meet it, too, and report it
            return _UNSURE

    def _takes_any_path(self) -> bool:
        info = self._info
        asks = info.exists or info.readable or info.writable or info.resolve_path or info.path_type
        return info.file_okay and info.dir_okay and not asks

    def _whole(self, value: Any) -> Any:
        number = int(value) if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value) else value
        low, high = self._info.min, self._info.max
        fits = type(number) is int and (low is None or low <= number) and (high is None or number <= high)
        return number if fits else _UNSURE
