"""`imgcuda try`: runs a filter from its Python file, and again each time the file is saved."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgcuda.cli import streams
from imgcuda.cli.attached import end_with
from imgcuda.cli.options import Timeout
from imgcuda.cli.plain_values import PlainCommand
from imgcuda.cli.timeout import Deadline
from imgcuda.errors import ImgcudaError, ParameterError, did_you_mean
from imgcuda.registry.filter_file import load_filters, saved_times

if TYPE_CHECKING:
    import numpy.typing as npt

    from imgcuda.filters import Filter

INTERVAL = 0.2
"""Seconds between two checks of the files."""

USAGE = "imgcuda try my_filter.py IN OUT"

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="A Python file that holds a filter, beside its .cu file.", readable=False),
]
Watch = Annotated[bool, typer.Option("--watch", help="Run again each time the file or a .cu beside it is saved.")]
Name = Annotated[str, typer.Option("--filter", metavar="NAME", help="The filter to run, if the file has several.")]
Parent = Annotated[int, typer.Option("--ends-with", hidden=True, help="The process at whose end this one ends.")]


def try_filter(
    ctx: typer.Context, file: File, watch: Watch = False, name: Name = "", timeout: Timeout = None, parent: Parent = 0
) -> None:
    """Run a filter from its file: imgcuda try FILE IN OUT and its options; FILE alone lists them."""
    if parent:
        end_with(parent)
    run = _run if timeout is None or not watch else _run_apart
    if not watch:
        run(file, name, timeout, ctx.args)
        return
    typer.echo(f"Watching {file} and the .cu files beside it; Ctrl-C ends.", err=True)
    seen: dict[Path, float] = {}
    while True:
        if (now := saved_times(file)) != seen:
            seen = now
            with _going_on():
                run(file, name, timeout, ctx.args)
        time.sleep(INTERVAL)


def _run(file: Path, name: str, timeout: float | None, arguments: list[str]) -> None:
    from imgcuda.cli import filtering

    with (
        Deadline(timeout).holds(f"{file}: importing it"),
        streams.ours_only(),
    ):  # the file may also hold an endless loop
        filters = load_filters(file, USAGE)
    if not name and len(filters) > 1:
        raise ParameterError(f"{file} has several filters: {', '.join(filters)}; choose one with --filter NAME")
    chosen = name or next(iter(filters))
    if chosen not in filters:
        raise ParameterError(f"{file} has no filter '{chosen}'{did_you_mean(chosen, list(filters))}")
    app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    app.command(cls=PlainCommand)(filtering.command(filters[chosen], examine=_compile_for_gpu))
    limit = [] if timeout is None else ["--timeout", str(timeout)]
    app([*arguments, *limit] if arguments else ["--help"], prog_name=f"imgcuda try {file}")


def _compile_for_gpu(filters: Sequence[Filter], image: npt.NDArray[Any]) -> None:
    """With --check, compile the kernels for a GPU, too; print a note if that is not possible."""
    from imgcuda.cli.run_file import note
    from imgcuda.pixels import as_image
    from imgcuda.testing.gpu_compilation import compile_for_gpu, nvrtc_missing

    if why := nvrtc_missing():
        note(", ".join(filter.name for filter in filters), [f"not compiled for a GPU, since {why}"])
    else:
        compile_for_gpu(filters, as_image(image))


def _run_apart(file: Path, name: str, timeout: float | None, arguments: list[str]) -> None:
    """Run a filter in a process of its own, so that --timeout ends that process and not the watching one."""
    command = [sys.executable, "-P", "-m", "imgcuda", "try", str(file), "--filter", name, "--timeout", str(timeout)]
    command += ["--ends-with", str(os.getpid())]
    raise SystemExit(subprocess.run([*command, *arguments], check=False, stdout=streams.descriptor()).returncode)


@contextmanager
def _going_on() -> Iterator[None]:
    """Print errors of the block, and go on: the next save may fix them."""
    try:
        yield
    except SystemExit as end:
        typer.echo(f"{time.strftime('%H:%M:%S')} {'not run' if end.code else 'done'}", err=True)
    except ImgcudaError as error:
        streams.say(f"Error: {error}")
