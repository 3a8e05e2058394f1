"""A whole page: its head, with the style and the rule that nothing is loaded, and its body, with the scripts."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

import imgcuda
from imgcuda.pages.markup import Markup, joined, tag

BEGIN = '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="imgcuda '
"""How each page begins; by it a page is known to be ours."""


def document(title: str, body: Markup, *parts: str) -> str:
    """Return a page with a title and a body. It has the style and the script of each of the `parts`, the names of
    files beside this module: `document("in.png", body, "compare")` has those of `compare.css` and `compare.js`.
    """
    styles = [text for part in ("base", *parts) if (text := _beside(f"{part}.css"))]
    scripts = [text for part in ("base", *parts) if (text := _beside(f"{part}.js"))]
    head = [
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        *(tag("style", Markup(text)) for text in styles),
    ]
    run = joined(*(tag("script", Markup(text)) for text in scripts))
    return f'{BEGIN}{imgcuda.__version__}">{joined(*head)}</head>\n<body>{body}{run}</body></html>\n'


def heading(title: str, *lines: Markup) -> Markup:
    """Return the head of a page that a reader sees: its title, and lines below it."""
    return tag("header", tag("h1", title), *(tag("p", line) for line in lines))


def copied(text: str, what: str) -> Markup:
    """Return a text with a button that copies it; screen readers read the button as "Copy" and `what`."""
    button = tag("button", "Copy", type="button", class_="copy", aria_label=f"Copy {what}")
    return tag("span", tag("code", text), " ", button, class_="copied")


def _policy(scripts: list[str]) -> str:
    """Return the policy by which a browser loads nothing, and runs these scripts only."""
    hashes = (f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in scripts)
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {' '.join(hashes)}"


@cache
def _beside(name: str) -> str:
    """Return the text of a file beside this module; empty if there is none."""
    path = Path(__file__).with_name(name)
    return path.read_text("utf-8") if path.is_file() else ""
