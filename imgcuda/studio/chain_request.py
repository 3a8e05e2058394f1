"""Makes the filters of a chain from a request of the page, which is JSON, and checks each part of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from imgcuda.errors import ParameterError, shown
from imgcuda.parameter_text import read_json
from imgcuda.studio.catalog import Catalog
from imgcuda.studio.uploads import Uploads

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter

LONGEST = 64
"""The most filters of a chain."""


class ChainReader:
    """Makes filters from requests, with the filters and the uploads that there are."""

    def __init__(self, catalog: Catalog, uploads: Uploads) -> None:
        self._catalog, self._uploads = catalog, uploads

    def filters(self, steps: object) -> list[Filter]:
        """Return the filters of the steps that are on. Raises ImgcudaError for a step that is wrong."""
        return list(self._each(steps))

    def _each(self, steps: object) -> Iterator[Filter]:
        if not isinstance(steps, list) or len(steps) > LONGEST:
            raise ParameterError(f"a chain must be a list of at most {LONGEST} steps; got {shown(steps)}")
        for number, step in enumerate(steps):
            if not isinstance(step, dict) or not isinstance(step.get("filter"), str):
                raise ParameterError(f"a step must name its filter; got {shown(step)}")
            if step.get("on", True):
                yield self._filter(number, step["filter"], step.get("values") or {})

    def _filter(self, number: int, name: str, values: object) -> Filter:
        if not isinstance(values, dict):
            raise ParameterError(f"{name}: values must be an object; got {shown(values)}")
        known = {parameter.name: parameter for parameter in self._catalog.find(name).parameters()}
        try:
            given = {key: self._value(known[key], value) for key, value in values.items() if key in known}
            return self._catalog.create(name, given)
        except ParameterError as error:
            raise StepError(number, str(error)) from error

    def _value(self, parameter: Parameter, value: object) -> Any:
        if parameter.plain:
            return parameter.check(value)
        if isinstance(value, Mapping):
            return parameter.check(str(self._uploads.path(value.get("upload"))))
        if not isinstance(value, str):
            raise ParameterError(f"{parameter.name} must be a text; got {shown(value)}")
        return parameter.check(_rows(parameter, value) if getattr(parameter.type, "reads_files", False) else value)


def read_object(text: str | bytes, what: str) -> dict[str, Any]:
    """Return the JSON object that the page has sent; ParameterError, which calls it `what`, for any other text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ParameterError(f"{what} must be an object in JSON")
    return found


class StepError(ParameterError):
    """A parameter that is wrong, in the step that has this number, counted from 0."""

    def __init__(self, step: int, message: str) -> None:
        super().__init__(message)
        self.step = step


def _rows(parameter: Parameter, text: str) -> object:
    """Return the list in a text. The parameter's type would take any other text for the name of a file."""
    try:
        found = read_json(text) if text.lstrip().startswith("[") else None
    except ValueError as error:
        raise ParameterError(f"{parameter.name} must be rows of numbers; {error}") from None
    if not isinstance(found, list):
        raise ParameterError(f"{parameter.name} must be rows of numbers, as [[0,1],[1,0]], or a file that you choose")
    return found
