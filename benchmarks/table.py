"""Measuring side by side: every contender in turn, round after round, so that all meet the same weather."""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

Contender = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One task's times in milliseconds, the median of each contender; None for one that is not installed."""

    task: str
    times: dict[str, float | None]

    def ratio(self, name: str, to: str) -> float | None:
        """Return how many times as long one takes as another."""
        mine, other = self.times.get(name), self.times.get(to)
        return mine / other if mine and other else None


def measure(task: str, contenders: Mapping[str, Contender | None], rounds: int = 9) -> Row:
    """Return the median time of each contender over interleaved rounds, after one that is not counted."""
    present = {name: run for name, run in contenders.items() if run is not None}
    times: dict[str, list[float]] = {name: [] for name in present}
    for number in range(rounds + 1):
        for name, run in present.items():
            start = time.perf_counter()
            run()
            if number:
                times[name].append(1000 * (time.perf_counter() - start))
    return Row(task, {name: statistics.median(times[name]) if name in times else None for name in contenders})


def show(title: str, rows: list[Row], base: str) -> None:
    """Print a table: each contender's time, and how many times `base`'s it is."""
    names = list(rows[0].times)
    print(f"\n{title}\n\n| task | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for row in rows:
        print(f"| {row.task} | {' | '.join(_cell(row, name, base) for name in names)} |", flush=True)


def _cell(row: Row, name: str, base: str) -> str:
    time_, ratio = row.times[name], row.ratio(name, base)
    if time_ is None:
        return "absent"
    return f"{time_:.3g} ms" if name == base or ratio is None else f"{time_:.3g} ms ({ratio:.2g}x)"


def save(title: str, rows: list[Row]) -> None:
    """Write the rows as JSON to the path given as the first argument, if there is one."""
    if len(sys.argv) > 1:
        found = {"title": title, "machine": platform.platform(), "rows": [asdict(row) for row in rows]}
        Path(sys.argv[1]).write_text(json.dumps(found, indent=1), "utf-8")
