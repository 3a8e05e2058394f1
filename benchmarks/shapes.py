"""Compares kernels on the CPU engine with `g++ -O3 -march=native` of the same loops, both on one core.

python benchmarks/shapes.py
python benchmarks/shapes.py --size 8000x8000 --only bins

The kernels are in shapes.cu: a thread a row, strides, sums into bins, column-major walks. Results are compared before
anything is timed. Times are processor time, the least of several calls that take turns. Without g++ it says so, and
ends.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

os.environ["IMGCUDA_THREADS"] = "1"

import numpy as np
import numpy.typing as npt
from table import parser

from imgcuda import kernels

FOLDER = Path(__file__).parent
ROUNDS = 9

Array = npt.NDArray[Any]


class Shape(NamedTuple):
    """A kernel of shapes.cu: what it reads, how many elements it writes (0: as many as it reads), and its threads."""

    reads: type[np.generic]
    writes: type[np.generic]
    results: int
    threads: str
    """How they lie over the image: "columns", "rows", "pixels", "tiles", "sideways", "parts" or "blocks"."""
    sizes: tuple[str, ...] = ("width", "height")
    """The numbers that it takes."""


SHAPES = {
    "a_thread_a_column": Shape(np.float32, np.float32, 0, "columns"),
    "a_thread_a_row": Shape(np.float32, np.float32, 0, "rows"),
    "a_thread_a_row_unsigned": Shape(np.float32, np.float32, 0, "rows"),
    "a_sum_a_row": Shape(np.float32, np.float32, 0, "rows"),
    "a_thread_a_part": Shape(np.float32, np.float32, 0, "parts", ("pixels",)),
    "by_the_grid": Shape(np.float32, np.float32, 0, "blocks", ("pixels",)),
    "every_fourth": Shape(np.float32, np.float32, 0, "pixels", ("pixels",)),
    "a_step_apart": Shape(np.float32, np.float32, 0, "pixels", ("pixels", "step")),
    "bins": Shape(np.uint8, np.uint32, 256, "pixels", ("pixels",)),
    "bins_of_floats": Shape(np.uint8, np.float32, 256, "pixels", ("pixels",)),
    "bins_of_a_block": Shape(np.uint8, np.uint32, 256, "blocks", ("pixels",)),
    "one_total": Shape(np.float32, np.float32, 1, "pixels", ("pixels",)),
    "transposed": Shape(np.float32, np.float32, 0, "tiles"),
    "column_major": Shape(np.float32, np.float32, 0, "sideways"),
    "a_sum_of_columns": Shape(np.float32, np.float32, 0, "tiles"),
}


def launch_size(threads: str, width: int, height: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the grid and the block."""
    if threads in ("tiles", "sideways"):
        across, down = (width, height) if threads == "tiles" else (height, width)
        return (-(-across // 32), -(-down // 8)), (32, 8)
    pixels = width * height
    counts = {"columns": width, "rows": height, "pixels": pixels, "parts": -(-pixels // 64), "blocks": 64 * 256}
    count = counts[threads]
    return (-(-count // 256),), (256,)


def calls(name: str, library: ctypes.CDLL, width: int, height: int) -> list[tuple[Callable[[], object], Array]]:
    """Return the kernel's launch and the call of the loop, each with the array that it writes to."""
    shape, pixels = SHAPES[name], width * height
    random = np.random.default_rng(0)
    given = (256 * random.random(pixels, np.float32)).astype(shape.reads)
    own, other = (np.zeros(shape.results or pixels, shape.writes) for _ in range(2))
    numbers = {"width": width, "height": height, "pixels": pixels, "step": 4}
    sizes = [numbers[each] for each in shape.sizes]
    grid, block = launch_size(shape.threads, width, height)
    kernel = kernels.load(FOLDER / "shapes.cu", device="cpu")[name]
    loop = getattr(library, name)
    places = [ctypes.c_void_p(each.ctypes.data) for each in (given, other)]
    return [(lambda: kernel(given, own, *sizes, grid=grid, block=block), own), (lambda: loop(*places, *sizes), other)]


def least(pairs: list[tuple[Callable[[], object], Array]]) -> list[float]:
    """Return the least processor time of each call, in milliseconds. The calls take turns."""
    times: list[list[float]] = [[] for _ in pairs]
    for _ in range(ROUNDS):
        for kept, (call, _) in zip(times, pairs, strict=True):
            begin = time.process_time()
            call()
            kept.append(1000 * (time.process_time() - begin))
    return list(map(min, times))


def built(folder: str) -> ctypes.CDLL:
    """Return the loops of shapes.cpp, compiled."""
    made = Path(folder, "shapes.so")
    command = ["g++", "-O3", "-march=native", "-shared", "-fPIC", str(FOLDER / "shapes.cpp"), "-o", str(made)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(made))


def main() -> None:
    """Compare, time and print."""
    arguments = parser(__doc__)
    arguments.add_argument("--size", default="4000x2048", help="the image, WIDTHxHEIGHT")
    arguments.add_argument("--only", default="", help="how the shapes' names begin")
    asked = arguments.parse_args()
    if shutil.which("g++") is None:
        sys.exit("there is no g++ to compare with: nothing was measured")
    width, height = map(int, asked.size.split("x"))
    print("| shape | imgcuda, ms | g++ -O3, ms | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        library = built(folder)
        for name in (each for each in SHAPES if each.startswith(asked.only)):
            pairs = calls(name, library, width, height)
            for call, _ in pairs:
                call()
            np.testing.assert_allclose(pairs[0][1], pairs[1][1], rtol=1e-5, err_msg=name)
            ours, other = least(pairs)
            print(f"| {name.replace('_', ' ')} | {ours:.2f} | {other:.2f} | {ours / other:.2f} |", flush=True)


if __name__ == "__main__":
    main()
