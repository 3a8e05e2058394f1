"""Plain CUDA kernels on this machine's cores, beside OpenCV: `python benchmarks/engine.py`.

4K pictures (3840x2160) of uint8, all cores for both, memory allocated beforehand; the kernels are those of
`kernels.cu`, textbook and tuned. Each result is held against OpenCV's before anything is timed.
--processor x86-64-v3 compiles for one with AVX2, x86-64 for any of the kind; --only median measures what has that in
its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from processors import add_processor, compiling_for
from table import Row, measure, parser, save, show

from imgcuda.cpu.device import CpuDevice
from imgcuda.cpu.session import CpuSession
from imgcuda.engine.protocol import Launch
from imgcuda.programs.layout import Dim3, ceil_div
from imgcuda.programs.source import Program, macro
from imgcuda.testing import assert_close

Array = npt.NDArray[Any]
Make = Callable[[Array, Array], Callable[[], object]]

BLOCK, ROWS, RADIUS = 128, 32, 5


@dataclass(frozen=True)
class Task:
    """A kernel, and what OpenCV has for the same."""

    name: str
    picture: Array
    opencv: Callable[[], Any]
    run: Callable[[Array], None]
    """Computes the result into an array."""
    within: int = 0
    """How far a sample may be from OpenCV's: its Gaussian is 1 off at times, and so is ours."""


def program(channels: int, radius: int = RADIUS, held_in: str = "unsigned char") -> Program:
    """Return the kernels, specialized."""
    sizes = {"CHANNELS": channels, "RADIUS": radius, "BLOCK_WIDTH": BLOCK, "ROWS": ROWS}
    text = Path(__file__).with_name("kernels.cu").read_text("utf-8")
    macros = [macro(name, value) for name, value in sizes.items()]
    text = "".join([*macros, f"#define MEDIAN_TYPE {held_in}\n", '#line 1 "kernels.cu"\n', text])
    return Program("kernels.cu", text, np.dtype(np.uint8))


def launch(program: Program, kernel: str, grid: tuple[int, ...], *arguments: Any, block: int = BLOCK) -> None:
    session = CpuSession()
    given = [session.upload(each) if isinstance(each, np.ndarray) else each for each in arguments]
    session.launch(Launch(program, kernel, Dim3(*grid), Dim3(block), given))


def size(picture: Array) -> tuple[Any, ...]:
    return np.int32(picture.shape[1]), np.int32(picture.shape[0])


def pixels(picture: Array) -> tuple[int, int]:
    """Return the grid of a textbook kernel: a thread for each pixel."""
    return ceil_div(picture.shape[1], BLOCK), picture.shape[0]


def samples(picture: Array) -> tuple[int, int]:
    """Return the grid of a tuned kernel: a thread for each sample of ROWS rows."""
    return ceil_div(picture[0].size, BLOCK), ceil_div(picture.shape[0], ROWS)


def gaussians(picture: Array, kind: str) -> list[Task]:
    made, between = program(picture[0, 0].size), np.empty(picture.shape, np.float32)
    weights = cv2.getGaussianKernel(2 * RADIUS + 1, 1.7).astype(np.float32).ravel()

    def textbook(out: Array) -> None:
        launch(made, "gauss_rows", pixels(picture), picture, between, weights, *size(picture))
        launch(made, "gauss_columns", pixels(picture), between, out, weights, *size(picture))

    def tuned(out: Array) -> None:
        launch(made, "gauss_tuned", samples(picture), picture, out, weights, *size(picture))

    def opencv() -> Any:
        return cv2.GaussianBlur(picture, (2 * RADIUS + 1,) * 2, 1.7, borderType=cv2.BORDER_REPLICATE)

    return [Task(f"Gaussian 11x11, textbook, {kind}", picture, opencv, textbook, 2),
            Task(f"Gaussian 11x11, tuned, {kind}", picture, opencv, tuned, 2)]  # fmt: skip


def sobels(picture: Array, kind: str) -> list[Task]:
    made = program(picture[0, 0].size)

    def opencv() -> Any:
        x, y = (cv2.Sobel(picture, cv2.CV_32F, *axis, borderType=cv2.BORDER_REPLICATE) for axis in ((1, 0), (0, 1)))
        length = cv2.magnitude(x.reshape(len(picture), -1), y.reshape(len(picture), -1))
        return cv2.convertScaleAbs(length).reshape(picture.shape)

    def kernel(name: str, grid: tuple[int, int]) -> Callable[[Array], None]:
        return lambda out: launch(made, name, grid, picture, out, *size(picture))

    return [Task(f"Sobel, textbook, {kind}", picture, opencv, kernel("sobel_textbook", pixels(picture))),
            Task(f"Sobel, tuned, {kind}", picture, opencv, kernel("sobel_tuned", samples(picture)))]  # fmt: skip


def medians(picture: Array, kind: str) -> list[Task]:
    def task(name: str, grid: tuple[int, int], held_in: str) -> Task:
        made = program(picture[0, 0].size, held_in=held_in)
        return Task(f"median 5x5, {name}, {held_in}, {kind}", picture, lambda: cv2.medianBlur(picture, 5),
                    lambda out: launch(made, f"median_{name}", grid, picture, out, *size(picture)))  # fmt: skip

    return [task(name, grid, held_in) for name, grid in (("textbook", pixels(picture)), ("tuned", samples(picture)))
            for held_in in ("int", "unsigned char")]  # fmt: skip


def bilateral(gray: Array) -> Task:
    made, sigmas = program(1, 4), (3.0, 30.0)
    factors = [np.float32(-0.5 / sigma**2) for sigma in sigmas]
    return Task("bilateral, diameter 9, gray", gray,
                lambda: cv2.bilateralFilter(gray, 9, sigmas[1], sigmas[0], borderType=cv2.BORDER_REPLICATE),
                lambda out: launch(made, "bilateral", pixels(gray), gray, out, *factors, *size(gray)), 1)  # fmt: skip


def points(picture: Array, gray: Array) -> list[Task]:
    made, count = program(3), ceil_div(gray.size, BLOCK)

    def table() -> Any:
        return cv2.calcHist([gray], [0], None, [256], [0, 256]).astype(np.uint32).ravel()

    def histogram(out: Array) -> None:
        out[:] = 0
        launch(made, "histogram", (512,), gray, out, np.int32(gray.size), block=256)

    return [Task("grayscale", picture, lambda: cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY),
                 lambda out: launch(made, "grayscale", (count,), picture, out, np.int32(gray.size)), 1),
            Task("histogram, shared memory, gray", gray, table, histogram)]  # fmt: skip


def timed(task: Task) -> Row:
    """Return a task's times, once its result has been found to be right."""
    wanted = task.opencv()
    out = np.zeros_like(wanted)
    task.run(out)
    assert_close(out, wanted, task.within)
    return measure(task.name, {"imgcuda": lambda: task.run(out), "OpenCV": task.opencv}, 11)


def main() -> None:
    """Measure, print and save."""
    options = parser(__doc__)
    add_processor(options)
    options.add_argument("--only", default="")
    asked = options.parse_args()
    picture = np.random.default_rng(0).integers(0, 256, (2160, 3840, 3), dtype=np.uint8)
    gray = np.ascontiguousarray(picture[:, :, 1])
    tasks = points(picture, gray)
    for image, kind in ((picture, "RGB"), (gray, "gray")):
        tasks += [*gaussians(image, kind), *sobels(image, kind), *medians(image, kind)]
    tasks.append(bilateral(gray))
    with compiling_for(asked.processor):
        rows = [timed(task) for task in tasks if asked.only in task.name]
    title = f"4K on {CpuDevice().description}, compiled for {asked.processor}; OpenCV {cv2.__version__}"
    show(title, rows, "OpenCV")
    save(asked.result, title, rows)


if __name__ == "__main__":
    main()
