"""`imgcuda check`: finds mistakes in the kernels of a file, by both compilers and by checked runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imgcuda.errors import FilterError, KernelError, ParameterError
from imgcuda.frontend.compilers import CPU as CPU_MACROS
from imgcuda.kernel_check.compilation import Architecture, compiled_for_cpu, compiled_for_gpu, kernels_of
from imgcuda.kernel_check.described_runs import DescribedRun
from imgcuda.kernel_check.driver_run import run_driver
from imgcuda.kernel_check.problems import CPU, RUN, Problem, merged, of_error
from imgcuda.kernel_check.run_comments import run_comments
from imgcuda.programs.instances import template_of
from imgcuda.programs.source import Define, Program, Source, as_written

__all__ = ["Architecture", "FileCheck", "Problem", "check_file"]


@dataclass
class FileCheck:
    """The check of one file: how many kernels were compiled and run, and the problems that were found."""

    path: Path
    kernels: int = 0
    runs: int = 0
    """The checked runs."""
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_file(
    path: Path,
    defines: Mapping[str, Define],
    architectures: Sequence[Architecture],
    include_dirs: Sequence[Path] = (),
) -> FileCheck:
    """Check the kernels of a `.cu` file, or run a `.py` file, checked. Raises ParameterError if the file is missing.

    Kernels are compiled for the CPU and for the architectures, then run as the comments before them describe. Included
    files are looked for beside the file, and in `include_dirs`.
    """
    if not path.is_file():
        raise ParameterError(f"there is no file {path}")
    if path.suffix == ".py":
        problems, notes = run_driver(path)
        return FileCheck(path, runs=1, problems=problems, notes=notes)
    try:
        source = Source.read(path, include_dirs)
    except FilterError as error:
        return FileCheck(path, problems=of_error(KernelError(str(error)), CPU, path))
    return _checked(path, source, defines, architectures)


def _checked(
    path: Path, source: Source, defines: Mapping[str, Define], architectures: Sequence[Architecture]
) -> FileCheck:
    program = as_written(source, defines, CPU_MACROS)
    runs, problems = _described(source, program, path)
    blocks = {run.comment.kernel: run.block for run in runs}
    kernels = kernels_of(program, blocks)
    sound, refused = compiled_for_cpu(program, kernels, blocks, path)
    problems += refused
    for architecture in architectures:
        problems += compiled_for_gpu(source, defines, architecture, path)
    runs = [run for run in runs if run.comment.kernel in sound or run.comment.kernel not in kernels]
    for run in runs:
        problems += _faults(run, source, defines, path)
    return FileCheck(path, len(kernels), len(runs), merged(problems), list(_notes(path, program, kernels)))


def _notes(path: Path, program: Program, kernels: Sequence[str]) -> Iterator[str]:
    """Yield a note for each template of which no instance was compiled."""
    known = {template_of(name) for name in kernels}
    for head in program.outline.functions:
        if head.is_template and "__global__" in head.words and head.defined and head.name not in known:
            remedy = "name an instance in a comment, as // check: <float> n=1000 x[n] grid=4 block=256"
            yield f"{path}:{head.line}: {head.name} is a template, and was not compiled for the CPU; {remedy}"


def _faults(run: DescribedRun, source: Source, defines: Mapping[str, Define], path: Path) -> list[Problem]:
    try:
        run.run(source, defines)
    except KernelError as error:
        return of_error(error, RUN, path)
    return []


def _described(source: Source, program: Program, path: Path) -> tuple[list[DescribedRun], list[Problem]]:
    """Return the runs that a file's comments describe, and the problems with the comments.

    There are none if the preprocessor finds faults, which the compilers tell.
    """
    runs: list[DescribedRun] = []
    problems: list[Problem] = []
    for comment in () if program.outline.faults else run_comments(source, program):
        try:
            if isinstance(comment, KernelError):
                raise comment
            runs.append(DescribedRun(comment, program))
        except KernelError as error:
            problems += of_error(error, RUN, path)
    return runs, problems
