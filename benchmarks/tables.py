"""Per-pixel filters of bytes by tables, by their own kernel, and OpenCV: `python benchmarks/tables.py [result.json]`.

4K pictures (3840x2160) of uint8, results in fresh arrays, as many threads for imgcuda and OpenCV as IMGCUDA_THREADS
says. OpenCV has the fastest of its functions that make the same of bytes; where that is a table, it is given. Results
of tables are held against those of the kernels, to the byte. --processor x86-64-v3 compiles for one with AVX2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from processors import add_processor, compiling_for
from table import Row, measure, parser, save, show

from imgcuda import Pipeline, load
from imgcuda.cores import cores
from imgcuda.cpu.device import CpuDevice
from imgcuda.cpu.session import CpuSession

Picture = npt.NDArray[np.uint8]
Chain = list[tuple[str, dict[str, Any]]]


class Task(NamedTuple):
    """A chain, the channels of its picture, and what OpenCV has for it: by default its table."""

    chain: Chain
    channels: int = 3
    opencv: Callable[[Picture], Any] | None = None


BRIGHTER: Chain = [("brightness", {"factor": 1.5})]
TASKS = [
    Task([("invert", {})], 3, cv2.bitwise_not),
    Task([("invert", {})], 4, cv2.bitwise_not),
    Task([("threshold", {})], 1, lambda picture: cv2.threshold(picture, 127, 255, cv2.THRESH_BINARY)),
    Task(BRIGHTER, 3, lambda picture: cv2.convertScaleAbs(picture, alpha=1.5)),
    Task([("gamma", {"gamma": 2.2})]),
    Task([("gamma", {"gamma": 2.2})], 1),
    Task([("contrast", {"factor": 1.5})]),
    Task([("posterize", {"levels": 4})]),
    Task([*BRIGHTER, ("gamma", {"gamma": 2.2}), ("contrast", {"factor": 1.5})]),
    Task([("equalize", {})], 3, lambda picture: cv2.merge([cv2.equalizeHist(each) for each in cv2.split(picture)])),
]


def row(task: Task, rounds: int) -> Row:
    """Return the times of a task: with tables, without, and OpenCV's."""
    picture = np.random.default_rng(0).integers(0, 256, (2160, 3840, task.channels), dtype=np.uint8)
    chain = Pipeline([load().create(name, given) for name, given in task.chain])
    tables = CpuSession.tables

    def run(known: Any) -> Any:
        CpuSession.tables = known
        return chain(picture, device="cpu")

    if run(tables).tobytes() != run(None).tobytes():
        raise SystemExit(f"{task.chain}: the table gives other bytes")
    levels = np.random.default_rng(1).permutation(256).astype(np.uint8)
    opencv = task.opencv or (lambda picture: cv2.LUT(picture, levels))
    label = f"{' + '.join(name for name, _ in task.chain)}, {task.channels} channels"
    contenders = {"imgcuda": lambda: run(tables), "its kernel": lambda: run(None), "OpenCV": lambda: opencv(picture)}
    try:
        return measure(label, contenders, rounds)
    finally:
        CpuSession.tables = tables


def main() -> None:
    """Measure, print and save."""
    options = parser(__doc__)
    add_processor(options)
    options.add_argument("--rounds", type=int, default=9)
    asked = options.parse_args()
    cv2.setNumThreads(cores())
    with compiling_for(asked.processor):
        found = [row(task, asked.rounds) for task in TASKS]
    title = f"4K on {CpuDevice().description}, compiled for {asked.processor}; OpenCV {cv2.__version__}"
    show(title, found, "OpenCV")
    save(asked.result, title, found)


if __name__ == "__main__":
    main()
