"""What a call costs on arrays that are on a GPU, and what is copied: `python benchmarks/arrays.py [result.json]`.

First, for each kind of array, the kind of the result and the bytes that a call copies between host and device, beside
those of the image. Then the time of a call on a small image until it returns, which is when its kernels are launched:
imgcuda on arrays of CuPy, PyTorch and its own, beside CuPy's and CV-CUDA's own calls. Then with all work done, for
small and large images. RGB, uint8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

import cupy_filters
import numpy as np
import numpy.typing as npt
from table import Contender, Row, measure, parser, save, show

import imgcuda
from imgcuda import DeviceImage, devices

Picture = npt.NDArray[np.uint8]

SMALL, LARGE = (64, 64), (2160, 3840)
SIGMA = 1.5
FILTERS = {
    "grayscale": imgcuda.load().create("grayscale", {}),
    "blur": imgcuda.load().create("blur", {"sigma": SIGMA}),
}


def kinds() -> dict[str, Callable[[Picture], Any]]:
    """Return for each kind of array how one is made; libraries that are not installed are left out."""
    made: dict[str, Callable[[Picture], Any]] = {
        "NumPy": lambda picture: picture,
        "Pillow": lambda picture: import_module("PIL.Image").fromarray(picture),
        "PyTorch, CPU": lambda picture: import_module("torch").from_numpy(picture),
        "PyTorch": lambda picture: import_module("torch").from_numpy(picture).cuda(),
        "CuPy": lambda picture: import_module("cupy").asarray(picture),
        "Numba": lambda picture: import_module("numba.cuda").to_device(picture),
        "JAX": lambda picture: import_module("jax.numpy").asarray(picture),
        "CV-CUDA": lambda picture: import_module("cvcuda").as_tensor(
            import_module("torch").from_numpy(picture).cuda(), "HWC"
        ),
        "DeviceImage": lambda picture: DeviceImage.upload(picture),
    }
    return {name: make for name, make in made.items() if _works(make)}


def _works(make: Callable[[Picture], Any]) -> bool:
    try:
        make(np.zeros((8, 8, 3), np.uint8))
    except (ImportError, RuntimeError, AssertionError):
        return False
    return True


@contextmanager
def counted() -> Iterator[list[int]]:
    """Count the bytes that are copied to the device and from it while the context is entered."""
    import pycuda.driver as driver

    bytes_, before = [0, 0], (driver.memcpy_htod_async, driver.memcpy_dtoh_async)

    def up(target: Any, source: Any, *rest: Any) -> None:
        bytes_[0] += memoryview(source).nbytes
        before[0](target, source, *rest)

    def down(target: Any, source: Any, *rest: Any) -> None:
        bytes_[1] += memoryview(target).nbytes
        before[1](target, source, *rest)

    driver.memcpy_htod_async, driver.memcpy_dtoh_async = up, down
    try:
        yield bytes_
    finally:
        driver.memcpy_htod_async, driver.memcpy_dtoh_async = before


def copies(picture: Picture) -> None:
    """Print what comes back for each kind, and what a call copies."""
    print(
        f"\nA blur of an image of {picture.nbytes:,} bytes\n\n| in | out | to the device | from it |\n|---|---|---|---|"
    )
    for name, make in kinds().items():
        given = make(picture)
        FILTERS["blur"](given)
        with counted() as bytes_:
            made = FILTERS["blur"](given)
        kind = type(made)
        print(f"| {name} | {kind.__module__}.{kind.__qualname__} | {bytes_[0]:,} | {bytes_[1]:,} |", flush=True)


def _others(name: str, picture: Picture) -> dict[str, Contender]:
    """Return how CuPy and CV-CUDA do what a filter does."""
    made: dict[str, Contender] = {"CuPy": "absent", "CV-CUDA": "absent"}
    found = kinds()
    if "CuPy" in found:
        array = found["CuPy"](picture)
        parameters = {"sigma": SIGMA} if name == "blur" else {}
        made["CuPy"] = partial(cupy_filters.FILTERS[name], array, **parameters)
    if "CV-CUDA" in found:
        cvcuda, tensor = import_module("cvcuda"), found["CV-CUDA"](picture)
        size = (2 * int(4 * SIGMA + 0.5) + 1,) * 2
        made["CV-CUDA"] = (
            partial(cvcuda.gaussian, tensor, size, (SIGMA, SIGMA), cvcuda.Border.REFLECT)
            if name == "blur"
            else partial(cvcuda.cvtcolor, tensor, cvcuda.ColorConversion.RGB2GRAY)
        )
    return made


def calls(picture: Picture, size: tuple[int, int], wait: bool, rounds: int) -> list[Row]:
    """Return the times of calls, until they return or, with `wait`, until all work is done."""
    import pycuda.driver as driver

    part = np.ascontiguousarray(picture[: size[0], : size[1]])
    found = []
    for name, filter in FILTERS.items():
        ours: dict[str, Contender] = {
            f"imgcuda, {kind}": partial(filter, make(part))
            for kind, make in kinds().items()
            if kind in ("CuPy", "PyTorch", "DeviceImage")
        }
        runs: dict[str, Contender] = {**ours, **_others(name, part)}
        if wait:
            runs = {key: _and_wait(run, driver) if callable(run) else run for key, run in runs.items()}
        found.append(measure(f"{name}, {size[1]}x{size[0]}", runs, rounds))
        driver.Context.synchronize()
    return found


def _and_wait(run: Callable[[], object], driver: Any) -> Callable[[], object]:
    def waited() -> object:
        made = run()
        driver.Context.synchronize()
        return made

    return waited


def main() -> None:
    """Measure, print and save."""
    asked = parser(__doc__).parse_args()
    picture = np.random.default_rng(0).integers(0, 256, (*LARGE, 3), dtype=np.uint8)
    device = devices.choose("cuda:0")
    copies(picture)
    from imgcuda.cuda.context import pushed_if_open

    with pushed_if_open(0):
        launched = calls(picture, SMALL, False, 300)
        small, large = calls(picture, SMALL, True, 300), calls(picture, LARGE, True, 25)
    show(f"Until a call returns, on {device.description}", launched, "CuPy")
    show("Until all work is done", [*small, *large], "CuPy")
    save(asked.result, device.description, [*launched, *small, *large])


if __name__ == "__main__":
    main()
