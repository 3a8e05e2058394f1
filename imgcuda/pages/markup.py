"""Builds HTML, and escapes the texts in it: `tag("p", "a < b", title="x")`."""

from __future__ import annotations

from html import escape


class Markup(str):
    """A text that is HTML already; every other text is escaped when it is put into a tag."""

    __slots__ = ()


EMPTY = {"br", "hr", "img", "input", "link", "meta"}
"""The elements that hold nothing, and are not closed."""


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return an element of HTML or SVG.

    A child is Markup, or a value whose text is escaped; None and False are left out. An attribute is spelled with
    underscores for hyphens, and with one at its end if Python has that word: `class_="wide"`, `aria_label="Zoom"`.
    True stands for an attribute without a value; False and None leave it out.
    """
    given = "".join(_attribute(each, value) for each, value in attributes.items())
    if name in EMPTY:
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{joined(*children)}</{name}>")


def joined(*children: object) -> Markup:
    """Return several elements and texts as one piece of HTML, the texts escaped."""
    present = (each for each in children if each is not None and each is not False)
    return Markup("".join(each if isinstance(each, Markup) else escape(str(each)) for each in present))


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = name.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
