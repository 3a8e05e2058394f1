"""The parts that `identify` and `stats` share: both print something about each of several image files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Annotated

import typer

from imgcuda.cli import streams
from imgcuda.errors import ImgcudaError

Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="Image files; - is standard input.", show_default=False)
]


def source_of(name: str) -> Path | IO[bytes]:
    """Return the file of a name, or standard input for -."""
    return streams.input() if name == "-" else Path(name)


def print_each(names: Sequence[str], text_of: Callable[[str], str]) -> None:
    """Print a text for each file. A file that fails is reported, the others go on, and the exit code is 1."""
    failed = False
    for name in names:
        try:
            typer.echo(text_of(name))
        except ImgcudaError as error:
            failed = True
            streams.say(f"Error: {error}")
    if failed:
        raise typer.Exit(1)
