"""The page of a sweep: one picture for each value, or a grid of them for the values of two parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imgcuda.pages.cards import Card, card
from imgcuda.pages.document import document, heading
from imgcuda.pages.markup import Markup, joined, tag

Cards = Mapping[tuple[int, ...], Card]
"""The cards of a sweep by the numbers of their values: one number, or those of a row and a column."""


def sheet_page(title: str, about: str, cards: Cards, headings: Sequence[Sequence[str]], icc: bytes) -> str:
    """Return the page; `headings` has for each swept parameter its values in words."""
    shown = _grid(cards, headings[0], headings[1], icc) if len(headings) == 2 else _row(cards, icc)
    body = joined(heading(title, joined(about)), tag("main", shown))
    return document(title, body, "cards")


def _row(cards: Cards, icc: bytes) -> Markup:
    return tag("div", *(card(each, icc) for each in cards.values()), class_="cards")


def _grid(cards: Cards, down: Sequence[str], across: Sequence[str], icc: bytes) -> Markup:
    """Return a table with a row for each value of the first parameter, and a column for each of the second."""
    head = tag("tr", tag("td"), *(tag("th", each, scope="col") for each in across))
    rows = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            *(tag("td", card(cards[row, column], icc)) for column in range(len(across))),
        )
        for row, name in enumerate(down)
    ]
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="grid")
    return tag("div", table, class_="wide", tabindex=0, role="region", aria_label="Pictures by two parameters")
