"""Finds the comments that describe checked runs of the kernels behind them.

// check: n=1000 a=2.0f x[n] y[n] grid=4 block=256
__global__ void saxpy(int n, float a, const float *x, float *y)

// check: <float, 3> n=1000 x[n] grid=4 block=256
template <typename T, int N> __global__ void scale(int n, T *x)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imgcuda.errors import KernelError, Mistake
from imgcuda.frontend.outline import FunctionHead
from imgcuda.frontend.source_lines import numbered_lines
from imgcuda.programs.source import Program, Source

_COMMENT = re.compile(r"[ \t]*//[ \t]*check:[ \t]*(?P<arguments><[^=\[]*>)?(?P<words>.*)")
"""A comment, with the arguments of a template before the words."""
_LAUNCH = re.compile(r"\b(?:grid|block)\s*=")
"""The sizes that every description of a run has: other comments may begin with `check:`, too."""
_COMMENTS = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class RunComment:
    """A description of a checked run: the kernel that is run, and the words that say with what."""

    kernel: str
    """The kernel behind it; of a template the instance that it names: `ones<float>`."""
    file: str
    line: int
    column: int
    """The column of the first character behind `check:`."""
    words: str
    text: str
    """The whole line."""

    def mistake(self, message: str, remedy: str = "", column: int = 0) -> Mistake:
        """Return a mistake of the description."""
        return Mistake(message, self.file, self.line, column or self.column, self.text, remedy)


def run_comments(source: Source, program: Program) -> Iterator[RunComment | KernelError]:
    """Yield the comments of a file, each with the kernel behind it; KernelError for one that has none."""
    heads = [head for head in program.outline.functions if head.file == source.name and "__global__" in head.words]
    lines = source.text.split("\n")
    for number, line in _own_lines(source):
        found = _COMMENT.fullmatch(line)
        if found is None or not _LAUNCH.search(found["words"]):
            continue
        words = found["words"].strip()
        column = line.index(words) + 1
        head = _behind(number, heads, lines)
        name = head.name + (found["arguments"] or "") if head else ""
        made = RunComment(name, source.name, number, column, words, line)
        remedy = "put it directly before the kernel that it is for"
        yield made if head else KernelError(made.mistake("this describes a run, and no kernel follows it", remedy))


def _own_lines(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file itself with their numbers: those of included files are not its own."""
    lines = source.text.split("\n")
    for line, (file, number) in zip(lines, numbered_lines(lines, source.name), strict=True):
        if file == source.name:
            yield number, line


def _behind(number: int, heads: Sequence[FunctionHead], lines: Sequence[str]) -> FunctionHead | None:
    """Return the kernel behind a line; None if something else stands between."""
    head = next((each for each in heads if each.line > number), None)
    between = "\n".join(lines[number : head.line - 1]) if head else ";"
    return None if re.search(r"[;{}]", _COMMENTS.sub("", between)) else head
