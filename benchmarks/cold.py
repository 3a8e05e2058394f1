"""What a filter's first call costs, while nothing is compiled: `python benchmarks/cold.py [result.json] [--only blur]`.

Each filter runs in a process of its own with an empty cache, and in another one with the cache that the first left. The
difference is what the first call pays, in seconds of CPU time, of which a machine with other work shows nearly as much
as an idle one: the least of several rounds. Beside it, where it goes, the instructions that LLVM is given, those that
its passes leave, and the bytes of machine code: they depend on no load. `--clock 2` tells instead how long a user waits
for the call, with one thread and with two, which compile side by side.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from table import parser

EDGES = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
CASES: dict[str, dict[str, Any]] = {
    "add-noise": {},
    "add-noise salt-and-pepper": {"kind": "salt-and-pepper"},
    "auto-contrast": {},
    "auto-threshold": {},
    "bilateral": {},
    "bilateral sigma_space 6": {"sigma_space": 6.0},
    "blur sigma 1.5": {"sigma": 1.5},
    "blur": {},
    "blur sigma 6": {"sigma": 6.0},
    "blur sigma 8": {"sigma": 8.0},
    "blur sigma 20": {"sigma": 20.0},
    "blur sigma 60": {"sigma": 60.0},
    "box-blur": {},
    "box-blur radius 40": {"radius": 40},
    "brightness": {},
    "canny": {},
    "composite": {"image": np.full((64, 96, 3), 100, np.uint8)},
    "contrast": {},
    "convolve 3x3": {"kernel": EDGES},
    "convolve 7x7": {"kernel": np.random.default_rng(0).random((7, 7))},
    "convolve 15x15": {"kernel": np.random.default_rng(0).random((15, 15))},
    "edges": {},
    "edges laplacian": {"operator": "laplacian"},
    "emboss": {},
    "equalize": {},
    "flip": {},
    "gamma": {},
    "grayscale": {},
    "invert": {},
    "lut-cube": {"lut": str(Path(__file__).parents[1] / "sample_images" / "warm.cube")},
    "median radius 1": {"radius": 1},
    "median radius 2": {"radius": 2},
    "median radius 3": {"radius": 3},
    "median radius 10": {"radius": 10},
    "pixelate": {},
    "posterize": {},
    "resize": {"width": 50},
    "resize enlarged": {"width": 200},
    "resize nearest": {"width": 50, "method": "nearest"},
    "rotate": {},
    "rotate 30": {"angle": 30.0},
    "rotate 30 bicubic": {"angle": 30.0, "method": "bicubic"},
    "saturation": {},
    "sepia": {},
    "threshold": {},
    "unsharp-mask": {},
    "vignette": {},
}
"""Calls, by the filter's name and what tells it from the others of that filter. Filters that are not here run with
their defaults."""


ROUNDS = 3
BYTECODE = tempfile.TemporaryDirectory()
"""Python's, of all modules: an installation has it."""
CALL = "import cold, json; print(json.dumps(cold.{}({!r}, {!r}, {})))"


@dataclass
class Cost:
    """What a first call costs; times in seconds of CPU time."""

    total: float = 0.0
    imports: float = 0.0
    """Of the compiler and LLVM, once for a process."""
    parse: float = 0.0
    check: float = 0.0
    lower: float = 0.0
    passes: float = 0.0
    code: float = 0.0
    """What LLVM takes from what its passes leave to machine code."""
    given: int = 0
    """Instructions that LLVM is given."""
    left: int = 0
    """Instructions that its passes leave."""
    bytes: int = 0
    """Bytes of machine code."""


def labels(beginnings: Sequence[str]) -> list[str]:
    """Return the calls whose labels begin in one of these ways: those of CASES, and those of all other filters."""
    import imgcuda

    listed = {label.split()[0] for label in CASES}
    every = [*CASES, *(name for name in imgcuda.load() if name not in listed)]
    return sorted(label for label in every if label.startswith(tuple(beginnings)))


def parameters(label: str) -> Mapping[str, Any]:
    """Return the parameters of a call: those of CASES, or some value for each that has no default."""
    import imgcuda
    from imgcuda.parameters import needed_values

    return CASES.get(label) or needed_values(imgcuda.load()[label.split()[0]].parameters())


def warm(label: str, type: str, channels: int) -> float:
    """Return the CPU seconds of a first call in this process."""
    return _first_call(label, type, channels, time.process_time)


def clock(label: str, type: str, channels: int) -> float:
    """Return the seconds until a first call in this process returns."""
    return _first_call(label, type, channels, time.perf_counter)


def _first_call(label: str, type: str, channels: int, now: Callable[[], float]) -> float:
    import imgcuda

    picture = np.random.default_rng(0).integers(0, 255, (64, 96, channels)).astype(type)
    pipeline = imgcuda.Pipeline([imgcuda.load().create(label.split()[0], parameters(label))])
    start = now()
    pipeline(picture, device="cpu")
    return now() - start


def cold(label: str, type: str, channels: int) -> dict[str, float]:
    """Return what a first call costs in this process, and where it goes."""
    import imgcuda  # noqa: F401  (which the first call does not wait for)

    cost = Cost()
    start = time.process_time()
    from imgcuda.cpu import compile
    from imgcuda.cpu.lowering import kernel
    from imgcuda.cpu.semantics import check
    from imgcuda.frontend import parse

    cost.imports = time.process_time() - start
    lowered: list[Any] = []
    optimized: list[Any] = []
    linked: list[Any] = []
    _watch(cost, "parse", parse, "parse")
    _watch(cost, "check", check, "check")
    _watch(cost, "lower", kernel, "lower", lowered)
    _watch(cost, "passes", compile, "optimize", optimized)
    _watch(cost, "code", compile, "assemble", linked)
    cost.total = cost.imports + warm(label, type, channels)
    cost.code -= cost.passes
    cost.given = sum(_instructions(each.ir) for each in lowered)
    cost.left = sum(_instructions(str(each)) for each in optimized)
    cost.bytes = sum(len(each.data[: each.code].rstrip(b"\0")) for each in linked)
    return asdict(cost)


def _watch(cost: Cost, part: str, module: ModuleType, name: str, made: list[Any] | None = None) -> None:
    """Have the time of a function of the compiler counted, and what it returns put into a list."""
    function = getattr(module, name)

    def counted(*arguments: Any, **named: Any) -> Any:
        start = time.process_time()
        result = function(*arguments, **named)
        setattr(cost, part, getattr(cost, part) + time.process_time() - start)
        if made is not None:
            made.append(result)
        return result

    setattr(module, name, counted)


def _instructions(ir: str) -> int:
    """Return how many lines of LLVM's language are instructions."""
    return sum(line.startswith("  ") for line in ir.splitlines())


def measured(label: str, type: str, channels: int, rounds: int) -> Cost:
    """Return the least that a call costs beyond what it costs with a full cache."""
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            cost = Cost(**_run("cold", label, type, channels, cache))
            cost.total -= _run("warm", label, type, channels, cache)
            found.append(cost)
    return min(found, key=lambda cost: cost.total)


def clocked(label: str, type: str, channels: int, rounds: int, threads: int) -> float:
    """Return the least time until a call with an empty cache returns, with so many threads."""
    found: list[float] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            found.append(_run("clock", label, type, channels, cache, threads))
    return min(found)


def _run(what: str, label: str, type: str, channels: int, cache: str, threads: int = 1) -> Any:
    """Run one of the functions above in a process of its own."""
    own = {"IMGCUDA_CACHE": cache, "IMGCUDA_THREADS": str(threads), "PYTHONPYCACHEPREFIX": BYTECODE.name}
    environment = {**os.environ, **own}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", CALL.format(what, label, type, channels)]
    folder = Path(__file__).parent
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Measure, print and save."""
    arguments = parser(__doc__)
    arguments.add_argument("--only", default="", help="how the names of the calls begin, separated by commas")
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--type", default="uint8")
    arguments.add_argument("--channels", type=int, default=3)
    arguments.add_argument("--clock", type=int, default=0, help="time until a call returns, with 1 and so many threads")
    asked = arguments.parse_args()
    how = asked.type, asked.channels, asked.rounds
    measured("invert", "uint8", 3, 1)  # which makes the bytecode
    rows: dict[str, dict[str, float]] = {}
    columns = [f"{threads} threads" for threads in (1, asked.clock)] if asked.clock else [f.name for f in fields(Cost)]
    print(f"| call | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for label in labels(asked.only.split(",")):
        if asked.clock:
            rows[label] = {f"{threads} threads": clocked(label, *how, threads) for threads in (1, asked.clock)}
        else:
            rows[label] = asdict(measured(label, *how))
        cells = (f"{value:.2f}" if isinstance(value, float) else str(value) for value in rows[label].values())
        print(f"| {label} | {' | '.join(cells)} |", flush=True)
    if asked.result:
        asked.result.write_text(json.dumps(rows, indent=1), "utf-8")


if __name__ == "__main__":
    main()
