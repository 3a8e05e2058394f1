"""How many programs a filter needs: `python benchmarks/specializations.py`.

For each filter, and for each parameter over its range while the others stay as they are: how many different kernels the
CPU engine would compile, and how many different programs a GPU. Nothing is compiled, and no kernel runs. A number that
varies continuously must not cause a compilation, so beyond a few kernels that a range is divided into, the count must
not grow with the number of values. Channels, sample types, borders and other choices do cause one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from table import parser

import imgcuda
from imgcuda.errors import ImgcudaError
from imgcuda.execution.executor import run_chain
from imgcuda.filters import Filter
from imgcuda.parameter_types import Matrix
from imgcuda.parameters import Parameter, needed_values
from imgcuda.programs.source import PIXEL_TYPES
from imgcuda.testing.gpu_compilation import CompilingSession

VALUES = 60
"""How many values of a number are tried, over its whole range."""
FARTHEST = 1000.0
"""Where the range of a number ends if the parameter has none."""

Pixels = np.ndarray[Any, np.dtype[Any]]


def compiled(filter: Filter, image: Pixels, packs: bool) -> set[object]:
    """Return what one run of a filter compiles: kernels on the CPU, and whole programs where a GPU `packs` samples."""
    session = CompilingSession(None, packs=packs)
    run_chain(session, [filter], session.upload(image))
    return {launch[0].text if packs else launch for launch in session.calls}


def picture(height: int = 64, width: int = 96, channels: int = 3, type: str = "uint8") -> Pixels:
    return np.zeros((height, width, channels), type)


def values(parameter: Parameter) -> list[Any]:
    """Return values over a parameter's range; none for a table or a picture."""
    if parameter.choices:
        return list(parameter.choices)
    if parameter.type is bool:
        return [False, True]
    if parameter.type is Matrix:
        return [Matrix.of(matrix) for size in range(1, 36, 2) for matrix in (np.ones((size, size)), np.eye(size))]
    if not parameter.plain:
        return []
    low = -FARTHEST if parameter.ge is None else parameter.ge
    high = FARTHEST if parameter.le is None else parameter.le
    spread = np.geomspace(low, high, VALUES) if low > 0 else np.linspace(low, high, VALUES)
    return sorted({parameter.type(value) for value in np.clip(spread, low, high)})


def variants(kind: type[Filter]) -> Iterator[tuple[str, list[tuple[Filter, Pixels]]]]:
    """Return what is varied about a filter's runs, and the runs."""
    given = needed_values(kind.parameters())
    plain = kind(**given)
    yield "nothing", [(plain, picture())]
    for parameter in kind.parameters():
        filters = [made for value in values(parameter) if (made := _made(kind, {**given, parameter.name: value}))]
        if filters:
            yield parameter.name, [(filter, picture()) for filter in filters]
    yield "channels", [(plain, picture(channels=channels)) for channels in (1, 2, 3, 4)]
    yield "type", [(plain, picture(type=type.name)) for type in PIXEL_TYPES]
    sizes = [(height, width) for height in (1, 7, 64, 333) for width in (1, 5, 96, 500)]
    yield "image size", [(plain, picture(*size)) for size in sizes]


def _made(kind: type[Filter], given: dict[str, Any]) -> Filter | None:
    """Return a filter; None where its parameters do not fit each other."""
    try:
        return kind(**given)
    except ImgcudaError:
        return None


def main() -> None:
    """Count, print and save."""
    arguments = parser(__doc__)
    arguments.add_argument("--only", default="", help="how the names of the filters begin, separated by commas")
    arguments.add_argument("--all", action="store_true", help="also where one program serves every value")
    asked = arguments.parse_args()
    rows: dict[str, dict[str, tuple[int, int, int]]] = {}
    print("| filter | varied | values | CPU kernels | GPU programs |\n|---|---|---|---|---|")
    for name, kind in sorted(imgcuda.load().filters.items()):
        if name.startswith(tuple(asked.only.split(","))):
            rows[name] = dict(_counts(kind))
            one = rows[name]["nothing"][1:]
            for varied, counts in rows[name].items():
                if asked.all or varied == "nothing" or counts[1:] != one:
                    print(f"| {name} | {varied} | {' | '.join(map(str, counts))} |", flush=True)
    if asked.result:
        asked.result.write_text(json.dumps(rows, indent=1), "utf-8")


def _counts(kind: type[Filter]) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Return for all that is varied: how many runs there are, and what all of them compile."""
    for varied, runs in variants(kind):
        found = [len(set().union(*(compiled(*run, packs) for run in runs))) for packs in (False, True)]
        yield varied, (len(runs), found[0], found[1])


if __name__ == "__main__":
    main()
