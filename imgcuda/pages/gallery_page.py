"""The page of a gallery: a picture for every filter, by category, and a field to look for words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imgcuda.pages.cards import Card, card
from imgcuda.pages.document import document, heading
from imgcuda.pages.markup import Markup, joined, tag


def gallery_page(
    name: str, original: Card, categories: Mapping[str, Sequence[Card]], problems: Sequence[str], icc: bytes
) -> str:
    """Return the page of filters' results on a picture; `problems` says why plugins were left out."""
    count = sum(map(len, categories.values()))
    search = tag("input", type="search", id="search", autocomplete="off")
    found = tag("output", f"{count} filters", id="found", aria_live="polite")
    sections = [_section(category, cards, icc) for category, cards in categories.items()]
    body = joined(
        heading(f"{name}: {count} filter{'s' * (count != 1)}", joined("With their defaults")),
        tag("div", tag("label", "Search ", search), " ", found, class_="search", role="search"),
        tag("main", tag("div", card(original, icc), class_="cards"), *sections, *_left_out(problems)),
    )
    return document(f"{name}: filters", body, "cards", "gallery")


def _section(category: str, cards: Sequence[Card], icc: bytes) -> Markup:
    shown = tag("div", *(card(each, icc) for each in cards), class_="cards")
    return tag("section", tag("h2", category), shown, aria_label=category)


def _left_out(problems: Sequence[str]) -> list[Markup]:
    return [tag("h2", "Left out"), *(tag("p", each, class_="failed") for each in problems)] if problems else []
