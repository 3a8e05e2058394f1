"""The picture of a sweep: a contact sheet of small pictures, each with the text that makes it below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from imgcuda.images.convert import with_channels
from imgcuda.pages.cards import Card

GAP = 16
"""Pixels between two pictures, and around all of them."""
LETTERS, LINE = 14, 18
"""The size of the letters, and the height of a line, in pixels."""
PAPER, INK, WARNING = (255, 255, 255), (27, 27, 27), (176, 32, 22)


def sheet_picture(cards: Sequence[Card], columns: int) -> npt.NDArray[np.uint8]:
    """Return a contact sheet of cards, row by row; transparent pictures stand on white."""
    width = max((each.picture.shape[1] for each in cards if each.picture is not None), default=0) or 160
    height = max((each.picture.shape[0] for each in cards if each.picture is not None), default=0)
    texts = [_wrapped(each.words.options, width) + _wrapped(each.error, width) for each in cards]
    below = LINE * max(map(len, texts))
    across, down = width + GAP, height + below + GAP
    rows = -(-len(cards) // columns)
    sheet = PIL.Image.new("RGB", (GAP + columns * across, GAP + rows * down), PAPER)
    for number, (each, lines) in enumerate(zip(cards, texts, strict=True)):
        left, top = GAP + number % columns * across, GAP + number // columns * down
        if each.picture is not None:
            sheet.paste(PIL.Image.fromarray(with_channels(each.picture, 3)), (left, top))
            top += height
        _write(sheet, left, top, lines, INK if each.picture is not None else WARNING)
    return np.asarray(sheet)


def _write(sheet: PIL.Image.Image, left: int, top: int, lines: Sequence[str], color: tuple[int, int, int]) -> None:
    draw = PIL.ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        draw.text((left, top + 2 + number * LINE), line, fill=color, font=_font())


def _wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines that fit a width; they break behind blanks and commas, or where they must."""
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and _length(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        for letter in [piece] if _length(piece.rstrip()) <= width else piece:
            if lines[-1] and _length(lines[-1] + letter.rstrip()) > width:
                lines.append("")
            lines[-1] += letter
    return [line.rstrip() for line in lines if line]


def _pieces(text: str) -> Iterator[str]:
    begin = 0
    for place, letter in enumerate(text, 1):
        if letter in " ,":
            yield text[begin:place]
            begin = place
    yield text[begin:]


def _length(text: str) -> float:
    return float(_font().getlength(text))


@cache
def _font() -> Any:
    """Return Pillow's own font, which needs no file of the system."""
    return PIL.ImageFont.load_default(LETTERS)
