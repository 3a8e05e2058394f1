"""`imgcuda check`: finds mistakes in the kernels of CUDA files, on any machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgcuda.cli import streams
from imgcuda.errors import ParameterError

if TYPE_CHECKING:
    from imgcuda.kernel_check import Architecture, FileCheck

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="CUDA files, or Python programs that launch kernels.", show_default=False),
]
Arch = Annotated[
    list[str] | None,
    typer.Option("--arch", metavar="sm_80", help="Compile for these GPUs, too; may be repeated; by default sm_90."),
]
Macro = Annotated[
    list[str] | None,
    typer.Option("-D", "--define", metavar="NAME=VALUE", help="Define a macro, as compilers do; may be repeated."),
]
Include = Annotated[
    list[Path] | None,
    typer.Option("-I", "--include", metavar="DIR", help="Look for included files there, too; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object for each problem, and one for the summary.")]
Github = Annotated[
    bool, typer.Option("--github", help="Print annotations of GitHub, as it does by itself in GitHub's workflows.")
]


def check(
    files: Files,
    arch: Arch = None,
    define: Macro = None,
    include: Include = None,
    json: Json = False,
    github: Github = False,
) -> None:
    """Compile the kernels of CUDA files for CPU and GPU, and run them checked where comments or programs say how."""
    if json and github:
        raise ParameterError("--json and --github are two ways to print the same; choose one")
    from imgcuda.kernel_check import check_file
    from imgcuda.kernel_check.reports import FORMATS

    macros = dict(map(_macro, define or []))
    architectures, notes = _architectures(arch or [])
    with streams.ours_only():
        done = [check_file(Path(name), macros, architectures, include or []) for name in files]
    problems = [problem for each in done for problem in each.problems]
    for note in [*notes, *(note for each in done for note in each.notes)]:
        streams.say(f"note: {note}")
    in_github = os.environ.get("GITHUB_ACTIONS") == "true"
    format = "json" if json else "github" if github or in_github else "text"
    for line in FORMATS[format](problems, _summary(done, architectures)):
        typer.echo(line)
    if problems:
        raise typer.Exit(1)


def _architectures(names: Sequence[str]) -> tuple[list[Architecture], list[str]]:
    """Return the architectures to compile for, and a note if none is asked for and NVRTC is not there."""
    from imgcuda.cuda.compile import nvrtc_missing
    from imgcuda.kernel_check import Architecture

    asked = [Architecture.of(name) for name in names]
    why = nvrtc_missing()
    if why and asked:
        raise ParameterError(f"--arch {asked[0].name} cannot be compiled for: {why}")
    return ([], [f"not compiled for a GPU, since {why}"]) if why else (asked or [Architecture(9, 0)], [])


def _macro(word: str) -> tuple[str, str]:
    """Return the name and the value of a macro; without a value it is 1, as for compilers."""
    name, given, value = word.partition("=")
    if not name.strip():
        raise ParameterError(f"a macro is written as -D NAME=VALUE; got '{word}'")
    return name, value if given else "1"


def _summary(done: Sequence[FileCheck], architectures: Sequence[Architecture]) -> dict[str, Any]:
    return {
        "files": len(done),
        "kernels": sum(each.kernels for each in done),
        "runs": sum(each.runs for each in done),
        "problems": sum(len(each.problems) for each in done),
        "compilers": ["the CPU", *(each.name for each in architectures)],
    }
