"""Every filter over small awkward images on a GPU, to be watched by NVIDIA's compute-sanitizer:

    compute-sanitizer --tool memcheck python benchmarks/sanitize.py

and likewise with racecheck, initcheck and synccheck. It ends with "0 errors" if no kernel reads or writes where it
must not.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import imgcuda
from imgcuda.registry import load

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
    """Run them all."""
    random = np.random.default_rng(0)
    device = sys.argv[1] if len(sys.argv) > 1 else "cuda:0"
    count = 0
    registry = load()
    for name in registry:
        needed = {each.name: each.some_value() for each in registry[name].parameters() if each.required}
        for parameters in PARAMETERS.get(name, [needed]):
            for shape in SHAPES:
                for kind in (np.uint8, np.float32):
                    image = random.integers(0, 256, shape).astype(kind)
                    imgcuda.apply(image, name, device=device, **parameters)
                    count += 1
    print(f"{count} images filtered")


if __name__ == "__main__":
    main()
