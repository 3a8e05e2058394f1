"""Chains whose parameters take several values: `blur:sigma=1..8/8` and `edges:operator=sobel|scharr`, read into one
chain for each value, or for each pair of values of two parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from imgcuda.errors import ParameterError
from imgcuda.parameter_text import in_words
from imgcuda.recipes.chain_text import parse_step, parse_text
from imgcuda.recipes.quoting import RECIPE, SEPARATOR, split, split_values
from imgcuda.registry import Registry

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter

MOST_SWEPT = 2
"""The most parameters that take several values: the rows and the columns of a grid."""
MOST_VALUES = 100
"""The most values of a parameter."""
USUAL_VALUES = 5
"""How many values a range has that does not say."""

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?:/(\d+))?")
HOW = "write -f blur:sigma=1..8/8 for 8 values from 1 to 8, or -f 'blur:sigma=1|2|5'"


class Swept(NamedTuple):
    """A parameter that takes several values, and their texts."""

    step: int
    """The number of its step in the chain, from 0."""
    assignment: int
    """Its place among the assignments of the step, from 0."""
    filter: str
    name: str
    values: tuple[str, ...]

    def heading(self, number: int) -> str:
        """Return one of its values with the name of the filter: "blur: sigma=2"."""
        return f"{self.filter}: {self.label(number)}"

    def label(self, number: int) -> str:
        """Return one of its values as an assignment: "sigma=2"."""
        return f"{self.name}={self.values[number]}"


class SweptChain(NamedTuple):
    """The filters of one picture of a sweep, and their texts as after -f, with the values that are swept."""

    filters: tuple[Filter, ...]
    steps: tuple[str, ...]


class Sweep(NamedTuple):
    """The chains of a sweep, by the numbers of their values: one number for each swept parameter."""

    swept: tuple[Swept, ...]
    chains: dict[tuple[int, ...], SweptChain]


class _SweptStep(NamedTuple):
    """A step of a chain, taken apart."""

    name: str
    assignments: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"{self.name}:{','.join(self.assignments)}" if self.assignments else self.name

    def with_value(self, swept: Swept, number: int) -> _SweptStep:
        changed = list(self.assignments)
        changed[swept.assignment] = swept.label(number)
        return self._replace(assignments=tuple(changed))


def parse_sweep(registry: Registry, steps: Sequence[str], most: int) -> Sweep:
    """Return the chains of the texts after -f, of at most `most` pictures; ParameterError if they sweep nothing, too
    many parameters, or too many values."""
    taken = [_taken_apart(text) for text in steps]
    swept = tuple(found for number, step in enumerate(taken) for found in _swept(registry, number, step))
    if not swept:
        _chain(registry, taken, (), ())  # which tells what else is wrong
        raise ParameterError(f"no parameter takes several values; {HOW}")
    if len(swept) > MOST_SWEPT:
        names = ", ".join(each.name for each in swept)
        raise ParameterError(f"{len(swept)} parameters take several values ({names}); at most {MOST_SWEPT} can")
    counts = [len(each.values) for each in swept]
    places = list(product(*map(range, counts)))
    if len(places) > most:
        words = " x ".join(map(str, counts))
        raise ParameterError(f"these are {words} = {len(places)} pictures, and a sheet has at most {most}")
    return Sweep(swept, {place: _chain(registry, taken, swept, place) for place in places})


def _taken_apart(text: str) -> _SweptStep:
    """Return a step's name and its assignments; a recipe has none that could be swept."""
    if text.startswith(RECIPE):
        return _SweptStep(text, ())
    name, colon, rest = text.partition(":")
    return _SweptStep(name.strip(), tuple(split(rest)) if colon else ())


def _swept(registry: Registry, number: int, step: _SweptStep) -> Iterator[Swept]:
    for place, assignment in enumerate(step.assignments):
        name, _, text = (part.strip() for part in assignment.partition("="))
        values, parameter = split_values(text), _parameter(registry, step.name, name)
        if len(values) > 1:
            _refuse_filters(registry, parameter, step.text, values[1:])
            yield Swept(number, place, step.name, name, _checked(f"-f {step.text}", values))
        elif found := _RANGE.fullmatch(text):
            yield Swept(number, place, step.name, name, _of_range(parameter, *found.groups()))


def _refuse_filters(registry: Registry, parameter: Parameter | None, step: str, values: Sequence[str]) -> None:
    """Raise ParameterError for the name of a filter behind a |, which stands between filters elsewhere."""
    for value in values:
        name = registry.name_of(value.partition(":")[0])
        if name and not (parameter and value in parameter.choices):
            raise ParameterError(f"-f {step}: in a sweep a | stands between values; write -f {value} for that filter")


def _checked(step: str, values: Sequence[str]) -> tuple[str, ...]:
    """Return values that are written one by one; ParameterError if one is empty or there twice."""
    if not all(values):
        raise ParameterError(f"{step}: a value is missing beside a {SEPARATOR}; {HOW}")
    for value in values:
        if values.count(value) > 1:
            raise ParameterError(f"{step}: the value {value} is given twice")
    return tuple(values)


def _parameter(registry: Registry, filter_name: str, name: str) -> Parameter | None:
    """Return a parameter of a filter; None for one that is unknown, which the reader of steps tells."""
    known = registry[filter_name].parameters()
    return next((each for each in known if each.name == name.replace("-", "_")), None)


def _of_range(parameter: Parameter | None, first: str, last: str, count: str | None) -> tuple[str, ...]:
    """Return the texts of numbers at even steps from one to another, both included."""
    number, low, high = int(count or USUAL_VALUES), float(first), float(last)
    words = f"{first}..{last}" + (f"/{count}" if count else "")
    if not 2 <= number <= MOST_VALUES:
        raise ParameterError(f"{words}: a range has from 2 to {MOST_VALUES} values, not {number}")
    if low == high:
        raise ParameterError(f"{words} begins where it ends; {HOW}")
    values = [low + (high - low) * place / (number - 1) for place in range(number)]
    if parameter is None or parameter.type is not int:
        return tuple(in_words(value) for value in values)
    whole = list(dict.fromkeys(round(value) for value in values))
    if count and len(whole) < number:
        raise ParameterError(f"{words}: {parameter.name} is a whole number, and there are not {number} of them")
    return tuple(map(str, whole))


def _chain(registry: Registry, steps: Sequence[_SweptStep], swept: Sequence[Swept], place: Sequence[int]) -> SweptChain:
    """Return the chain of one picture."""
    chosen = list(steps)
    for each, number in zip(swept, place, strict=True):
        chosen[each.step] = chosen[each.step].with_value(each, number)
    texts = tuple(step.text for step in chosen)
    return SweptChain(tuple(filter for text in texts for filter in _filters(registry, text)), texts)


def _filters(registry: Registry, text: str) -> list[Filter]:
    if text.startswith(RECIPE):
        return parse_text(registry, text, option="-f ")
    return [parse_step(registry, text, option="-f ")]
