"""A chain of filters as a table in HTML, which notebooks show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING

from imgcuda.errors import shown
from imgcuda.parameter_text import in_words
from imgcuda.recipes.parameter_values import changed, in_order

if TYPE_CHECKING:
    from imgcuda.filters import Filter

LONGEST = 60
"""The most characters of a value that are shown."""


def write_html(filters: Iterable[Filter], halo: int | None) -> str:
    """Return an HTML table of filters: names, parameters (changed ones in bold), and halos."""
    rows = "".join(_row(number, filter) for number, filter in enumerate(filters, 1))
    head = "<tr><th></th><th>filter</th><th>parameters</th><th>reads</th></tr>"
    foot = f'<tr><td></td><td colspan="2">the whole chain</td><td>{_reads(halo)}</td></tr>'
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody><tfoot>{foot}</tfoot></table>"


def _row(number: int, filter: Filter) -> str:
    name = f'<span title="{escape(filter.summary())}">{escape(filter.name)}</span>'
    parameters = ", ".join(_parameters(filter))
    return f"<tr><td>{number}</td><td>{name}</td><td>{parameters}</td><td>{_reads(filter.halo)}</td></tr>"


def _parameters(filter: Filter) -> Iterator[str]:
    """Return a filter's parameters and their values, with changed values in bold."""
    others = {parameter.name for parameter, _ in changed(filter)}
    for parameter in in_order(type(filter)):
        value = in_words(getattr(filter, parameter.name))
        short = value if len(value) <= LONGEST else shown(value, LONGEST)
        text = escape(f"{parameter.name}={short}")
        yield f"<b>{text}</b>" if parameter.name in others else text


def _reads(halo: int | None) -> str:
    """Return how many pixels around a pixel are read, in words."""
    if halo is None:
        return "the whole image"
    return f"{halo} {'pixel' if halo == 1 else 'pixels'} around" if halo else "the pixel itself"
