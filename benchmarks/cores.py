"""What more cores bring, and what a call costs: `python benchmarks/cores.py [result.json]`.

Each task with 1, 2, 4 ... threads (IMGCUDA_THREADS) up to the cores there are, beside OpenCV on all cores, in one run.
4K pictures (3840x2160) in RGB, uint8, results in fresh arrays; then pictures so small that the call itself is what
takes time; then a launch of 64 blocks that do nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import references
from table import Contender, Row, measure, parser, save, show

import imgcuda
from imgcuda.cpu.device import CpuDevice
from imgcuda.cpu.session import CpuSession
from imgcuda.engine.protocol import Launch
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program

Picture = npt.NDArray[np.uint8]
FILTERS: list[tuple[str, dict[str, Any]]] = [
    ("grayscale", {}),
    ("invert", {}),
    ("blur", {"sigma": 2}),
    ("edges", {}),
    ("median", {"radius": 1}),
]
SMALL = ((16, 16), (256, 256), (1024, 1024))
EMPTY = Program("empty.cu", "__global__ void k(int *out) { if (out[0] == 12345) out[1] = 0; }", np.dtype(np.uint8))


def thread_counts() -> list[int]:
    """Return 1, 2, 4 ... up to the cores that this process may use."""
    os.environ.pop("IMGCUDA_THREADS", None)
    cores = len(os.sched_getaffinity(0))
    return [*(count for count in (1, 2, 4, 8, 16, 32, 64) if count < cores), cores]


def with_threads(count: int, run: Callable[[], object]) -> object:
    os.environ["IMGCUDA_THREADS"] = str(count)
    return run()


def row(task: str, run: Callable[[], object], others: dict[str, Contender], rounds: int = 15) -> Row:
    """Return the times of a task with each count of threads, and of others."""
    ours: dict[str, Contender] = {f"{count} threads": partial(with_threads, count, run) for count in thread_counts()}
    return measure(task, {**ours, **others}, rounds)


def filters(picture: Picture) -> list[Row]:
    """Return the times of filters on a large picture, and of a resize to a third."""
    opencv: dict[str, Callable[..., object]] = {**references.OPENCV, "invert": cv2.bitwise_not}
    opencv["median"] = lambda image, radius: cv2.medianBlur(image, 2 * radius + 1)
    found = [
        row(
            " ".join([name, *(f"{value:g}" for value in parameters.values())]),
            partial(imgcuda.apply, picture, name, device="cpu", **parameters),
            {"OpenCV": partial(opencv[name], picture, **parameters)},
        )
        for name, parameters in FILTERS
    ]
    size = picture.shape[1] // 3, picture.shape[0] // 3
    resize = partial(imgcuda.apply, picture, "resize", device="cpu", width=size[0], height=size[1], method="nearest")
    return [*found, row("resize, nearest", resize, {"OpenCV": lambda: cv2.resize(picture, size, interpolation=0)})]


def calls(picture: Picture) -> list[Row]:
    """Return the times of calls on small pictures."""
    found = []
    for height, width in SMALL:
        small = np.ascontiguousarray(picture[:height, :width])
        run = partial(imgcuda.apply, small, "grayscale", device="cpu")
        opencv = partial(references.OPENCV["grayscale"], small)
        found.append(row(f"grayscale, {width}x{height}", run, {"OpenCV": opencv}, 200))
    return found


def empty() -> Row:
    """Return the time to distribute 64 empty blocks, one at a time."""
    session = CpuSession()
    out = session.zeros((1 << 26,), np.int32)  # so much that it is worth all threads
    return row(
        "64 empty blocks",
        lambda: session.launch(Launch(EMPTY, "k", Dim3(64), Dim3(1), [out])),
        {"OpenCV": "has none"},
        200,
    )


def main() -> None:
    """Measure, print and save."""
    asked = parser(__doc__).parse_args()
    picture = np.random.default_rng(0).integers(0, 256, (2160, 3840, 3), dtype=np.uint8)
    found = [*filters(picture), *calls(picture), empty()]
    os.environ.pop("IMGCUDA_THREADS", None)
    title = f"4K on {CpuDevice().description}; OpenCV {cv2.__version__}"
    show(title, found, "OpenCV")
    save(asked.result, title, found)


if __name__ == "__main__":
    main()
