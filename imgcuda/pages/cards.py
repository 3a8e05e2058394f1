"""Cards, of which sheets and galleries consist: a picture, and below it a title and a text to copy."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy.typing as npt

from imgcuda.images.preview import png
from imgcuda.pages.document import copied
from imgcuda.pages.inline_picture import inline_picture
from imgcuda.pages.markup import Markup, tag


class CardWords(NamedTuple):
    """What stands below a picture."""

    title: str
    options: str
    """The options that make it, to copy; empty for a picture that nothing has made."""
    about: str = ""


class Card(NamedTuple):
    """A picture that filters have made, or the sentence with which they failed."""

    words: CardWords
    picture: npt.NDArray[Any] | None
    error: str = ""


def card(of: Card, icc: bytes = b"") -> Markup:
    """Return a card as an element; `icc` is the color profile of its picture."""
    title, options, about = of.words
    if of.picture is None:
        shown = tag("p", of.error, class_="failed")
    else:
        height, width = of.picture.shape[:2]
        shown = inline_picture(png(of.picture, icc), title, width=width, height=height, loading="lazy")
    below = [tag("span", title, class_="title"), tag("span", about, class_="note") if about else None]
    if options:
        below.append(copied(options, f"the options of {title}"))
    return tag("figure", shown, tag("figcaption", *below), class_="card")
