"""The command `imgcuda`: an app built from the filters that are installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from imgcuda.cli.app import build
from imgcuda.errors import ImgcudaError, ParameterError, PluginError, out_of_memory, printable
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
        _say(str(error))
        return USAGE if isinstance(error, ParameterError | PluginError) else FAILURE
    except MemoryError as error:
        _say(out_of_memory(error))
        return FAILURE
    return 0


def _say(words: str) -> None:
    """Print an error as a terminal may have it: what a stranger's file is called or holds may be in its words."""
    typer.echo("Error: " + printable(words, keep="\n\t"), err=True)
