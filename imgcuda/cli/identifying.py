"""`imgcuda identify`: prints format, size and type of image files, as their headers tell them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from imgcuda.cli.each_file import Files, print_each, source_of

if TYPE_CHECKING:
    from imgcuda.images.identify import FileFacts

Json = Annotated[bool, typer.Option("--json", help="Print a JSON object for each file, on a line of its own.")]


def identify(files: Files, json: Json = False) -> None:
    """Say what image files are, by their headers: format, size, type, profile, pages ..."""
    print_each(files, _object if json else _line)


def _facts(name: str) -> FileFacts:
    from imgcuda.images.identify import identify  # imports Pillow

    return identify(source_of(name))


def _object(name: str) -> str:
    return json.dumps({"file": name, **asdict(_facts(name))})


def _line(name: str) -> str:
    return f"{name}: {', '.join(_words(_facts(name)))}"


def _words(facts: FileFacts) -> Iterator[str]:
    """Yield the facts about a file as words for a person; usual values are left out."""
    yield facts.format
    yield f"{facts.width} x {facts.height}"
    yield facts.color + (" with alpha" if facts.alpha else "")
    yield f"{facts.bits}-bit {facts.sample}"
    if facts.pictures > 1:
        yield f"{facts.pictures} {'frames' if facts.animated else 'pages'}"
    if facts.profile:
        yield f"profile {facts.profile}"
    if facts.orientation > 1:
        yield f"orientation {facts.orientation}"
    if facts.dpi:
        across, down = (f"{value:.4g}" for value in facts.dpi)
        yield f"{across} dpi" if across == down else f"{across} x {down} dpi"
    if facts.taken:
        yield facts.taken
