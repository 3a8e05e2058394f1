"""The command `imgcuda`: a Typer app built from the installed filters."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from imgcuda import startup
from imgcuda.cli import streams
from imgcuda.cli.by_shell import for_shell
from imgcuda.cli.plain_line import run_plain
from imgcuda.containment import in_words
from imgcuda.errors import ImgcudaError, ParameterError, PluginError, out_of_memory, system_words
from imgcuda.registry import Registry, installed, load, refreshed

if TYPE_CHECKING:
    import typer

__all__ = ["build", "main", "run"]

FAILURE, USAGE, INTERRUPTED = 1, 2, 130

_ENDED_BY_PYTHON = {"pycuda", "multiprocessing", "concurrent.futures", "cProfile", "pdb", "trace"}
"""Modules that have work to do as Python ends, or that run a command within their own."""


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    streams.take()
    arguments = sys.argv[1:]
    registry = _registry(arguments)
    startup.interruptible()
    with for_shell():
        code = _run(lambda: _call(arguments, registry))
    startup.begin()
    try:
        streams.finish()
    except OSError as error:
        streams.say(f"Error: {_in_words(error)}")
        code = code or FAILURE
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End the process at once: Python's own cleanup of modules takes as long as filtering a small image.

    So a command without other threads, child processes and GPUs ends as soon as what it has registered has run.
    """
    gc.freeze()  # or Python would look through all that is left for garbage, as it ends
    if startup.is_command() and threading.active_count() == 1 and _ENDED_BY_PYTHON.isdisjoint(sys.modules):
        atexit._run_exitfuncs()
        os._exit(code)
    sys.exit(code)


def run(arguments: Sequence[str], app: typer.Typer | None = None) -> int:
    """Run a command and return its exit code: 0, 1 for a failure, 2 for wrong usage, 130 for Ctrl-C.

    While an image is read and filtered, Ctrl-C ends the process by its signal instead.

    An error is printed on stderr, as a sentence that begins with "Error:", as Typer prints its own.
    """
    return _run(lambda: app(arguments, prog_name="imgcuda") if app else _call(arguments, _registry(arguments)))


def build(registry: Registry) -> typer.Typer:
    """Return the app for these filters."""
    from imgcuda.cli import app  # imports Typer

    return app.build(registry)


def _call(arguments: Sequence[str], registry: Registry) -> None:
    """Run a command: a plain one by itself, all others by Typer."""
    if not run_plain(registry, arguments):
        build(registry)(arguments, prog_name="imgcuda")


def _run(call: Callable[[], object]) -> int:
    """Call a function and return the exit code for what it raises."""
    try:
        call()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILURE if end.code else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except ImgcudaError as error:
        streams.say(f"Error: {error}")
        return USAGE if isinstance(error, ParameterError | PluginError) else FAILURE
    except BaseException as error:
        if os.environ.get("IMGCUDA_TRACEBACK"):
            raise
        streams.say(f"Error: {_in_words(error)}")
        return FAILURE
    return 0


def _registry(arguments: Sequence[str]) -> Registry:
    """Return the registry. A command that switches plugins off imports none, so that it works with any plugin."""
    if arguments[:1] not in (["plugins"], ["doctor"]):
        return installed()
    switching = any(word.startswith(("--disable", "--enable")) for word in arguments)
    return load(imports=False) if switching else refreshed()  # whose errors are to be told as they are now


def _in_words(error: BaseException) -> str:
    if isinstance(error, ImportError) and (unloaded := startup.no_memory_to_load(error)):
        return unloaded
    if isinstance(error, OSError) and error.strerror:
        what = f"{error.filename} cannot be used" if error.filename else "the system refuses something"
        return f"{what}: {system_words(error)}"
    if isinstance(error, MemoryError):
        return out_of_memory(error)
    return f"something happened that should not: {in_words(error)}; IMGCUDA_TRACEBACK=1 shows where"
