"""Every filter over small awkward images on a GPU, to be watched by NVIDIA's compute-sanitizer:

    compute-sanitizer --tool memcheck python benchmarks/sanitize.py

and likewise with racecheck, initcheck and synccheck. It ends with "0 errors" if no kernel reads or writes where it
must not. `--part 2/8` runs the second of eight parts, so that several processes share the filters.
"""

from __future__ import annotations

import argparse
from itertools import product
from typing import Any

import numpy as np

import imgcuda
from imgcuda import load
from imgcuda.parameters import needed_values

SHAPES = [(1, 1), (1, 50, 3), (50, 1), (17, 31, 4), (37, 53, 3), (130, 516, 3), (40, 256, 2)]
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "blur": [{"sigma": 0.3}, {"sigma": 3}, {"sigma": 9, "border": "constant"}],
    "box-blur": [{"radius": 1}, {"radius": 30, "border": "mirror"}],
    "convolve": [{"kernel": np.ones((3, 3))}, {"kernel": np.outer(range(7), range(9))}, {"kernel": np.eye(9)}],
    "edges": [{}, {"border": "wrap"}],
    "median": [{"radius": 1}, {"radius": 4}, {"radius": 9}],
    "pixelate": [{"size": 4}, {"size": 40}],
}


def main() -> None:
    """Run them all, or a part."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("device", nargs="?", default="cuda:0")
    arguments.add_argument("--part", default="1/1")
    asked = arguments.parse_args()
    number, parts = map(int, asked.part.split("/"))
    names = list(load())[number - 1 :: parts]
    print(f"{sum(run(name, asked.device) for name in names)} images filtered by {len(names)} filters")


def run(name: str, device: str) -> int:
    """Run a filter with each of its parameters over all images; return how many there were."""
    random, count = np.random.default_rng(0), 0
    runs = PARAMETERS.get(name, [needed_values(load()[name].parameters())])
    for parameters, shape, kind in product(runs, SHAPES, (np.uint8, np.float32)):
        imgcuda.apply(random.integers(0, 256, shape).astype(kind), name, device=device, **parameters)
        count += 1
    return count


if __name__ == "__main__":
    main()
