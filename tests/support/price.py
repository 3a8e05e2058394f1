"""What tests cost: the CPU time of each file, and how many kernels were compiled for it.

python -m pytest --price tests/filters/test_blur.py

Wall-clock time depends on what else runs; this does not, or hardly. A kernel is counted where it is compiled first, so
run a file alone, without -n, to see all that its tests need. Processes that tests start are in the time, and not in
the counts.
"""

from __future__ import annotations

import resource
from collections import Counter, defaultdict
from collections.abc import Generator

import pytest

from imgcuda import kernel_cache

NAME = "price"
"""What the reports of tests carry their price as."""


def cpu_seconds() -> float:
    """Return the CPU time of this process and of those that it has started and waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


class Meter:
    """A plugin of pytest that notes what each test costs and prints the sums by file. Works under xdist too."""

    def __init__(self) -> None:
        self._compiled: Counter[str] = Counter()
        self._start = 0.0
        self._files: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._store = kernel_cache.put

    def pytest_sessionstart(self) -> None:
        kernel_cache.put = self._count

    def pytest_sessionfinish(self) -> None:
        kernel_cache.put = self._store

    def _count(self, key: str, data: bytes) -> None:
        self._compiled[key.partition("-")[0]] += 1
        self._store(key, data)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None]:
        self._start = cpu_seconds()
        self._compiled.clear()
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None]:
        try:
            return (yield)
        finally:
            item.user_properties.append((NAME, {"seconds": cpu_seconds() - self._start, **self._compiled}))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        price = dict(report.user_properties).get(NAME)
        if report.when == "teardown" and isinstance(price, dict):
            self._files[report.nodeid.partition("::")[0]].update({"tests": 1, **price})

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        columns = ["seconds", "tests", "cpu", "cuda"]  # as cache keys begin
        terminalreporter.section("CPU seconds, tests, and kernels compiled for the CPU and for GPUs")
        every = Counter[str]()
        for file, sums in sorted(self._files.items(), key=lambda item: -item[1]["seconds"]):
            every.update(sums)
            terminalreporter.write_line(_row(sums, columns) + file)
        terminalreporter.write_line(_row(every, columns) + "all")


def _row(sums: Counter[str], columns: list[str]) -> str:
    return "".join(f"{sums[name]:8.1f}" if name == "seconds" else f"{sums[name]:8d}" for name in columns) + "  "
