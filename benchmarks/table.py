"""Measuring side by side: every contender in turn, round after round, so that all meet the same weather."""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

Contender = Callable[[], object] | str | None
"""A call to be timed; else why there is none, in a word or two; None for one that is not installed."""

SHORT = 200
"""Milliseconds."""


@dataclass(frozen=True)
class Row:
    """One task's times in milliseconds, the median of each contender; None for one that has none."""

    task: str
    times: dict[str, float | None]
    why: dict[str, str] = field(default_factory=dict)
    """Of those without a time, why: "failed: out of memory"; by default it is "absent"."""

    def ratio(self, name: str, to: str) -> float | None:
        """Return how many times as long one takes as another."""
        mine, other = self.times.get(name), self.times.get(to)
        return mine / other if mine and other else None


def parser(about: str | None) -> argparse.ArgumentParser:
    """Return a parser for a script that takes the path of a JSON file to write."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("result", nargs="?", type=Path, help="a JSON file to write")
    return made


def measure(task: str, contenders: Mapping[str, Contender], rounds: int = 9) -> Row:
    """Return the median time of each contender over interleaved rounds, after one that is not counted.

    Of short calls, the last of three in a row counts: the first waits for memory that others have just given back.
    """
    why = {name: run for name, run in contenders.items() if isinstance(run, str)}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, run in contenders.items():
            if callable(run):
                times[name].append(_milliseconds(run))
    return Row(task, {name: statistics.median(each[1:]) if each else None for name, each in times.items()}, why)


def least(task: str, contenders: Mapping[str, Contender], rounds: int = 9) -> Row:
    """Return the least processor time of each contender, in three calls in a row of each of the interleaved rounds.

    What else runs on a machine only ever adds to it; so does memory that others have just given back.
    """
    why = {name: run for name, run in contenders.items() if isinstance(run, str)}
    times: dict[str, float | None] = dict.fromkeys(contenders)
    for _ in range(rounds):
        for name, run in contenders.items():
            if callable(run):
                taken = min(_processor_time(run) for _ in range(3))
                times[name] = min(taken, times[name] or taken)
    return Row(task, times, why)


def _processor_time(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return 1000 * (time.process_time() - start)


def _milliseconds(run: Callable[[], object]) -> float:
    for _ in range(3):
        start = time.perf_counter()
        run()
        took = 1000 * (time.perf_counter() - start)
        if took > SHORT:
            break
    return took


def show(title: str, rows: list[Row], base: str) -> None:
    """Print a table: each contender's time, and how many times `base`'s it is."""
    names = list(rows[0].times)
    print(f"\n{title}\n\n| task | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for row in rows:
        print(f"| {row.task} | {' | '.join(_cell(row, name, base) for name in names)} |", flush=True)


def _cell(row: Row, name: str, base: str) -> str:
    time_, ratio = row.times[name], row.ratio(name, base)
    if time_ is None:
        return row.why.get(name, "absent")
    return f"{_short(time_, 3)} ms" + (f" ({_short(ratio, 2)}x)" if ratio and name != base else "")


def _short(value: float, digits: int) -> str:
    """Return a number with so many digits that count, and without an exponent."""
    return f"{value:.{digits}g}" if value < 10**digits else f"{value:.0f}"


def save(path: Path | None, title: str, rows: list[Row]) -> None:
    """Write the rows as JSON, if a path is given."""
    if path:
        found = {"title": title, "machine": platform.platform(), "rows": [asdict(row) for row in rows]}
        path.write_text(json.dumps(found, indent=1), "utf-8")
