"""The filters on a GPU, beside CuPy and OpenCV: `python benchmarks/gpu.py [result.json]`.

8K pictures (7680x4320), RGB, uint8. First the kernels alone, on data that is there already, beside a copy of the same
bytes from device to device, which is the limit; then from a NumPy array to a NumPy array. Medians; several buffers in
turn, so that no cache flatters. Each result is held against the CPU's before anything is timed; who is not installed
is absent.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from table import Row, measure, save, show

import imgcuda
from imgcuda import devices, pipeline
from imgcuda.engine import DeviceArray
from imgcuda.plugins import load
from imgcuda.testing import assert_close

DEVICE = "cuda:0"
SHAPE = (4320, 7680, 3)
FILTERS: list[tuple[str, dict[str, Any]]] = [
    ("grayscale", {}),
    ("edges", {}),
    ("blur", {"sigma": 1.5}),
    ("blur", {"sigma": 3}),
    ("blur", {"sigma": 10}),
    ("blur", {"sigma": 30}),
]


def event_time(run: Callable[[int], object], rounds: int = 15) -> float:
    """Return the median of what the GPU itself measures, in milliseconds."""
    import pycuda.driver as driver

    times = []
    for number in range(rounds):
        start, end = driver.Event(), driver.Event()
        start.record()
        run(number)
        end.record()
        end.synchronize()
        times.append(start.time_till(end))
    return statistics.median(times)


def kernels(picture: Any) -> list[Row]:
    """Return the time of each filter's launches, of the copy, and of CuPy's kernels for the same."""
    import pycuda.driver as driver

    found = []
    with devices.choose(DEVICE).session() as session:
        images = [session.upload(picture) for _ in range(3)]
        target = session.empty(SHAPE, np.uint8)
        copy = event_time(lambda n: driver.memcpy_dtod(target.pointer, images[n % 3].pointer, target.nbytes))
        for name, parameters in FILTERS:
            launches: list[tuple[Any, ...]] = []
            recorded = _Recorder(session, launches)
            filter = load().create(name, parameters)
            made = pipeline.run(recorded, [filter], images[0])
            first = [_turned(launches, images, number) for number in range(3)]
            time_ = event_time(lambda n, first=first: [session.launch(*launch) for launch in first[n % 3]])
            session.free(made)
            label = f"{name} {parameters.get('sigma', '')}".strip()
            found.append(Row(label, {"imgcuda": time_, "copy": copy, "CuPy": _cupy(name, parameters, picture)}))
    return found


class _Recorder:
    """A session that notes its launches, and keeps what they work on."""

    packs = True

    def __init__(self, session: Any, launches: list[tuple[Any, ...]]) -> None:
        self._session, self._launches = session, launches
        self.empty, self.upload, self.download = session.empty, session.upload, session.download

    def launch(self, *launch: Any) -> None:
        self._launches.append(launch)
        self._session.launch(*launch)

    def free(self, array: DeviceArray) -> None:
        """Leave it: the launches are to be repeated."""


def _turned(launches: list[tuple[Any, ...]], images: list[DeviceArray], number: int) -> list[tuple[Any, ...]]:
    """Return launches that read another of the buffers."""
    return [
        (*launch[:4], [images[number] if argument is images[0] else argument for argument in launch[4]])
        for launch in launches
    ]


def _cupy(name: str, parameters: dict[str, Any], picture: Any) -> float | None:
    """Return the time of CuPy's nearest equivalent, which takes one axis or channel at a time."""
    try:
        import cupy
        from cupyx.scipy import ndimage
    except ImportError:
        return None
    image = cupy.asarray(picture)
    weights = cupy.asarray([0.299, 0.587, 0.114], cupy.float32)
    runs: dict[str, Callable[[], Any]] = {
        "blur": lambda: ndimage.gaussian_filter(image, (parameters["sigma"], parameters["sigma"], 0)),
        "edges": lambda: cupy.hypot(ndimage.sobel(image.astype("f4"), 0), ndimage.sobel(image.astype("f4"), 1)),
        "grayscale": lambda: (image @ weights).astype("u1"),
    }
    if parameters.get("sigma", 0) > 3:
        return None  # seconds
    runs[name]()
    times = []
    for _ in range(5):
        start, end = cupy.cuda.Event(), cupy.cuda.Event()
        start.record()
        runs[name]()
        end.record()
        end.synchronize()
        times.append(cupy.cuda.get_elapsed_time(start, end))
    found: float = statistics.median(times)
    return found


def host_to_host(picture: Any) -> list[Row]:
    """Return the time of the Python API, beside OpenCV on all cores."""
    found = []
    for name, parameters in FILTERS[:4]:
        contenders: dict[str, Any] = {
            "imgcuda": lambda name=name, parameters=parameters: imgcuda.apply(
                picture, name, device=DEVICE, **parameters
            ),
            "OpenCV": _opencv(name, parameters, picture),
        }
        found.append(measure(f"{name} {parameters.get('sigma', '')}".strip(), contenders))
    return found


def _opencv(name: str, parameters: dict[str, Any], picture: Any) -> Callable[[], Any] | None:
    if name == "blur":
        size = 2 * int(4 * parameters["sigma"] + 0.5) + 1
        return lambda: cv2.GaussianBlur(picture, (size, size), parameters["sigma"])
    return (lambda: cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) if name == "grayscale" else None


def main() -> None:
    """Check, measure, print and save."""
    picture = np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)
    part = np.ascontiguousarray(picture[:512, :1024])
    for name, parameters in FILTERS:
        on_gpu = imgcuda.apply(part, name, device=DEVICE, **parameters)
        assert_close(on_gpu, imgcuda.apply(part, name, device="cpu", **parameters), 1)
    title = f"8K on {devices.choose(DEVICE).description}"
    alone, whole = kernels(picture), host_to_host(picture)
    show(f"Kernels alone, {title}", alone, "copy")
    show(f"NumPy to NumPy, {title}", whole, "OpenCV")
    save(title, alone + whole)


if __name__ == "__main__":
    main()
