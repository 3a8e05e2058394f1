"""Time against the size of the picture, and of the blur against sigma: `python benchmarks/scaling.py [result.json]`.

    python benchmarks/scaling.py cpu.json --device cpu --plot cpu.svg
    python benchmarks/scaling.py gpu.json --device cuda --plot gpu.svg

RGB, uint8, from a NumPy array to a NumPy array, beside OpenCV on all cores and, where the device is a GPU, CuPy with
its copies. Each result is held against a reference at the second smallest size before anything is timed. Sizes for
which there is no memory are left out. The plot needs matplotlib; it has the scales of both axes logarithmic.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cupy_filters
import numpy as np
import numpy.typing as npt
import references
from table import Contender, Row, measure, parser, save, show

import imgcuda
from imgcuda import devices

SIZES = [(256, 256), (512, 512), (1024, 1024), (2048, 2048), (4096, 4096), (8192, 8192), (16384, 8192)]
SIGMAS = [0.5, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50]
FILTERS: list[tuple[str, dict[str, Any]]] = [("grayscale", {}), ("edges", {}), ("blur", {"sigma": 3})]
TOLERANCE = {"imgcuda": 1, "OpenCV": 2, "CuPy": 3}
WIDE, HIGH = 3840, 2160
"""The picture for the sigmas."""
BYTES_A_PIXEL = 64
"""Memory that a task takes for each pixel, with all that is kept in between."""

Picture = npt.NDArray[np.uint8]


def noise(width: int, height: int) -> Picture:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def rounds(pixels: int) -> int:
    """Return the number of rounds for a task: fewer if it takes long."""
    return max(3, min(25, 2**27 // pixels))


def contenders(name: str, parameters: dict[str, Any], picture: Picture, device: str) -> dict[str, Contender]:
    """Return the libraries to compare in a task."""
    found: dict[str, Contender] = {
        "imgcuda": lambda: imgcuda.apply(picture, name, device=device, **parameters),
        "OpenCV": lambda: references.OPENCV[name](picture, **parameters),
    }
    if device != "cpu":
        found["CuPy"] = cupy_contender(name, parameters, picture)
    return found


def cupy_contender(name: str, parameters: dict[str, Any], picture: Picture) -> Contender:
    """Return CuPy's way to the same, from the host and back."""
    try:
        import cupy
    except ImportError:
        return None
    if parameters.get("sigma", 0) > 10:
        return "not measured"  # seconds

    def run() -> object:
        return cupy.asnumpy(cupy_filters.FILTERS[name](cupy.asarray(picture), **parameters))

    try:
        run()
    except Exception as error:  # whatever it meets, the others are measured
        return f"failed: {type(error).__name__}"
    return run


def check(device: str) -> None:
    """Compare all results with the reference; print those that are unexpectedly far off; ValueError if imgcuda's is."""
    picture = noise(*SIZES[1])
    for name, parameters in [*FILTERS, *(("blur", {"sigma": sigma}) for sigma in SIGMAS)]:
        wanted = references.EXACT[name](picture, **parameters)
        for who, run in contenders(name, parameters, picture, device).items():
            try:
                if callable(run):
                    got, margin = np.asarray(run()), int(who == "OpenCV")  # its edges have another border
                    references.check(f"{who}, {name} {parameters}", got, wanted, TOLERANCE[who], margin)
            except ValueError as error:
                if who == "imgcuda":
                    raise
                print(error)


def by_size(device: str) -> list[Row]:
    """Return the times for all sizes that there is memory for."""
    found = []
    for width, height in SIZES:
        if width * height * BYTES_A_PIXEL > _memory():
            print(f"{width}x{height} is left out: there is no memory for it")
            continue
        picture = noise(width, height)
        for name, parameters in FILTERS:
            runs = contenders(name, parameters, picture, device)
            found.append(measure(f"{name}, {width}x{height}", runs, rounds(width * height)))
    return found


def by_sigma(device: str) -> list[Row]:
    """Return the times of the blur for all sigmas."""
    picture = noise(WIDE, HIGH)
    return [
        measure(f"blur, sigma {sigma:g}", contenders("blur", {"sigma": sigma}, picture, device), 5) for sigma in SIGMAS
    ]


def _memory() -> float:
    """Return how many bytes of memory are free; no limit where the system does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return float("inf")


# ---- the plot

COLORS = {"imgcuda": "#0072b2", "OpenCV": "#d55e00", "CuPy": "#009e73"}
"""Of Okabe and Ito, which the color-blind can tell apart."""
LINES = {"grayscale": ":", "edges": "--", "blur": "-"}


def plot(path: Path, title: str, sizes: list[Row], sigmas: list[Row]) -> None:
    """Draw the times against megapixels, and against sigma, into a file of the path's extension."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "imgcuda"})  # text as text; always the same
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.5), layout="constrained", sharey=True)
    for name, parameters in FILTERS:
        rows = [row for row in sizes if row.task.startswith(name)]
        label = name + "".join(f", sigma {value:g}" for value in parameters.values())
        _lines(left, rows, _megapixels, LINES[name], label)
    _lines(right, sigmas, lambda row: float(row.task.split()[-1]), LINES["blur"], "blur")
    left.set(xlabel="megapixels, RGB", ylabel="milliseconds")
    right.set(xlabel=f"sigma of the blur, at {WIDE}x{HIGH}")
    for axes in (left, right):
        axes.set(xscale="log", yscale="log")
        axes.grid(which="major", linewidth=0.4)
        axes.legend(fontsize="small")
    figure.suptitle(title, fontsize="medium")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _megapixels(row: Row) -> float:
    width, height = row.task.split(", ")[1].split("x")
    return int(width) * int(height) / 1e6


def _lines(axes: Any, rows: list[Row], place: Callable[[Row], float], line: str, label: str) -> None:
    """Draw one line for each contender."""
    for who in rows[0].times:
        points = [(place(row), time) for row in rows if (time := row.times[who]) is not None]
        if points:
            axes.plot(*zip(*points, strict=True), line, color=COLORS[who], label=f"{who}: {label}", marker=".")


def main() -> None:
    """Measure, print, save and draw."""
    arguments = parser(__doc__)
    arguments.add_argument("--device", default="auto")
    arguments.add_argument("--plot", type=Path, help="an SVG or PNG file to draw")
    asked = arguments.parse_args()
    device = devices.choose(asked.device)
    check(device.name)
    sizes, sigmas = by_size(device.name), by_sigma(device.name)
    show(f"By size, on {device.description}", sizes, "OpenCV")
    show(f"By sigma, {WIDE}x{HIGH}, on {device.description}", sigmas, "OpenCV")
    save(asked.result, device.description, sizes + sigmas)
    if asked.plot:
        plot(asked.plot, device.description, sizes, sigmas)


if __name__ == "__main__":
    main()
