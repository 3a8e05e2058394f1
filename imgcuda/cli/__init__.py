"""The command `imgcuda`: an app built from the filters that are installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from imgcuda.cli.app import build
from imgcuda.errors import ImgcudaError, ParameterError, PluginError
from imgcuda.plugins import installed

__all__ = ["build", "main", "run"]

FAILURE, USAGE, INTERRUPTED = 1, 2, 130


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], app: typer.Typer | None = None) -> int:
    """Run a command and return its exit code: 0, 1 for a failure, 2 for wrong usage, 130 for Ctrl-C.

    While an image is read and filtered, Ctrl-C ends the process by its signal instead.

    What goes wrong is said on stderr in a sentence that begins with "Error:", as Typer does for its part.
    """
    try:
        (app or build(installed()))(arguments, prog_name="imgcuda")
    except SystemExit as end:
        return int(end.code or 0)
    except KeyboardInterrupt:
        return INTERRUPTED
    except ImgcudaError as error:
        typer.echo(f"Error: {error}", err=True)
        return USAGE if isinstance(error, ParameterError | PluginError) else FAILURE
    return 0
