"""How a batch is reported on this command's streams."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from json import dumps
from typing import TYPE_CHECKING, get_args

from imgcuda.batch.progress import Display, NoDisplay, Progress, ProgressBar, ProgressLines
from imgcuda.batch.report import Report
from imgcuda.batch.tally import Tally
from imgcuda.batch.units import FileUnit
from imgcuda.batch.verify import CheckedOutput, Finding
from imgcuda.cli import streams

if TYPE_CHECKING:
    from imgcuda.cli.batch import Order


@contextmanager
def reporting(tally: Tally, order: Order, all_notes: bool) -> Iterator[Report]:
    """Yield a report on stderr, and with --json on standard output. A block that raises has not come to its end."""
    objects = streams.output() if order.json else None
    with _display(tally, order) as display:
        report = Report(tally, display, quiet=order.quiet, all_notes=all_notes, objects=objects)
        try:
            yield report
        except BaseException:
            report.end(stopped=True)
            raise


def _display(tally: Tally, order: Order) -> Display:
    """Return what shows the progress, beside the objects of --json."""
    if order.quiet:
        return NoDisplay(streams.say)
    return display(tally, lines=order.json and streams.output().isatty())


def display(progress: Progress, lines: bool = False) -> Display:
    """Return a bar if stderr is a terminal, else what prints lines; `lines` is for a terminal that shows more."""
    if _is_terminal() and not lines:
        return ProgressBar(progress, sys.stderr)
    return ProgressLines(progress, streams.say)


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def show_planned(unit: FileUnit, state: str, json: bool, error: str = "") -> None:
    """Print what --dry-run finds about a file."""
    if json:
        _write({"path": str(unit.source), "target": str(unit.target), "state": state, "error": error})
    elif not error:
        print(f"{unit.source} -> {unit.target}{' (kept)' * (state == 'kept')}", file=streams.output())
    if error:
        streams.say(f"Error: {error}")


def all_good(found: Iterable[CheckedOutput], order: Order) -> bool:
    """Report what --verify finds; return whether all outputs are as they were made."""
    counts: Counter[str] = Counter()
    for each in found:
        counts[each.state] += 1
        if order.json:
            _write({"target": str(each.target), "state": each.state, "error": each.error})
        if each.error:
            streams.say(f"Error: {each.error}")
    if order.json:
        _write({"summary": {state: counts[state] for state in get_args(Finding)}})
    if not order.quiet:
        streams.say(", ".join(f"{counts[state]:,} {state}" for state in get_args(Finding) if counts[state]))
    return not counts["missing"] + counts["changed"]


def _write(line: object) -> None:
    streams.output().write(dumps(line) + "\n")
