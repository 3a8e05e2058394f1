"""Writes the report of `imgcuda check`: for a person, as lines of JSON, or as annotations of GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from imgcuda.kernel_check.problems import Problem

Summary = Mapping[str, object]
"""The summary of a check: the counts of files, kernels, checked runs and problems, the compilers, and notes."""


def text_lines(problems: Sequence[Problem], summary: Summary) -> Iterator[str]:
    """Yield each problem with its line and a caret, and a sentence about all."""
    yield from map(str, problems)
    yield _sentence(summary)


def json_lines(problems: Sequence[Problem], summary: Summary) -> Iterator[str]:
    """Yield a JSON object for each problem, and one for the summary."""
    for problem in problems:
        own = problem.mistake
        place = {"file": own.file, "line": own.line, "column": own.column}
        told = {"message": own.message, "remedy": own.remedy, "text": own.text, "found_by": problem.found_by}
        yield json.dumps({**place, **told})
    yield json.dumps({"summary": summary})


def github_lines(problems: Sequence[Problem], summary: Summary) -> Iterator[str]:
    """Yield an annotation for each problem, which GitHub shows at its line, and a sentence about all."""
    for problem in problems:
        own = problem.mistake
        numbers = {"line": own.line, "col": own.column}
        place = {"file": own.file, **{name: number for name, number in numbers.items() if number}}
        properties = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in place.items())
        yield f"::error {properties}::{_escaped(str(problem))}"
    yield _sentence(summary)


FORMATS: Mapping[str, Callable[[Sequence[Problem], Summary], Iterator[str]]] = {
    "text": text_lines,
    "json": json_lines,
    "github": github_lines,
}


def _sentence(summary: Summary) -> str:
    problems, files, kernels, runs = (_count(summary, name) for name in ("problems", "files", "kernels", "runs"))
    compilers = summary["compilers"]
    assert isinstance(compilers, list)
    return f"{problems} in {files}: {kernels} compiled for {' and '.join(compilers)}; {runs} checked"


def _count(summary: Summary, name: str) -> str:
    """Return a count in words: "no problems", "1 file", "3 kernels"."""
    number = summary[name]
    return f"{number or 'no'} {name.removesuffix('s') if number == 1 else name}"


def _escaped(text: str, more: str = "") -> str:
    """Return a text with the characters that end an annotation, or a property of one, as GitHub has them written."""
    return "".join(f"%{ord(each):02X}" if each in f"%\r\n{more}" else each for each in text)
