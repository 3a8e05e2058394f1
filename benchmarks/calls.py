"""What a call from Python costs, and what `out=` saves: `python benchmarks/calls.py [result.json]`.

Small and middling pictures, whose calls take longer than their pixels: a per-pixel filter, a blur, and a chain of
three, beside OpenCV, Pillow and NumPy. Then 4K pictures to a fresh array and to the caller's own, beside OpenCV without
and with `dst=`. RGB, uint8, the cores that this process may use.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import references
from PIL import Image, ImageChops, ImageFilter
from table import Contender, Row, measure, parser, save, show

import imgcuda
from imgcuda.cpu.device import CpuDevice

Picture = npt.NDArray[np.uint8]

SIZES = ((16, 16), (64, 64), (256, 256), (1080, 1920))
SIGMA = 1.5
WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)


def filter(name: str, **parameters: Any) -> imgcuda.Filter:
    return imgcuda.load().create(name, parameters)


CHAINS = {
    "grayscale": [filter("grayscale")],
    "blur": [filter("blur", sigma=SIGMA)],
    "invert, blur, grayscale": [filter("invert"), filter("blur", sigma=SIGMA), filter("grayscale")],
}


def opencv_chain(picture: Picture) -> Any:
    blurred = references.OPENCV["blur"](cv2.bitwise_not(picture), SIGMA)
    return cv2.cvtColor(blurred, cv2.COLOR_RGB2GRAY)


def others(task: str, picture: Picture) -> dict[str, Contender]:
    """Return how other libraries do a task."""
    image = Image.fromarray(picture)
    blur = ImageFilter.GaussianBlur(SIGMA)
    calls: dict[str, dict[str, Contender]] = {
        "grayscale": {
            "OpenCV": lambda: cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY),
            "Pillow": lambda: image.convert("L"),
            "NumPy": lambda: np.rint(picture @ WEIGHTS).astype(np.uint8),
        },
        "blur": {
            "OpenCV": lambda: references.OPENCV["blur"](picture, SIGMA),
            "Pillow": lambda: image.filter(blur),
            "NumPy": "has none",
        },
        "invert, blur, grayscale": {
            "OpenCV": lambda: opencv_chain(picture),
            "Pillow": lambda: ImageChops.invert(image).filter(blur).convert("L"),
            "NumPy": "has none",
        },
    }
    return calls[task]


def calls(picture: Picture) -> list[Row]:
    """Return the times of whole calls for each size."""
    found = []
    for height, width in SIZES:
        part = np.ascontiguousarray(picture[:height, :width])
        for task, filters in CHAINS.items():
            pipeline = imgcuda.Pipeline(filters)
            ours: dict[str, Contender] = {"imgcuda": partial(pipeline, part, device="cpu")}
            found.append(
                measure(f"{task}, {width}x{height}", {**ours, **others(task, part)}, 300 if width < 500 else 15)
            )
    return found


OUT: dict[str, tuple[imgcuda.Filter, Callable[..., object]]] = {
    "grayscale": (filter("grayscale"), lambda picture, **to: cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY, **to)),
    "invert": (filter("invert"), cv2.bitwise_not),
    "flip": (filter("flip"), lambda picture, **to: cv2.flip(picture, 0, **to)),
    "blur": (filter("blur", sigma=2), lambda picture, **to: cv2.GaussianBlur(picture, (17, 17), 2, **to)),
}


def outs(picture: Picture) -> list[Row]:
    """Return the times to a fresh array, and to one that is there."""
    found = []
    for name, (ours, opencv) in OUT.items():
        out = ours(picture, device="cpu")
        runs: dict[str, Contender] = {
            "imgcuda": partial(ours, picture, device="cpu"),
            "imgcuda, out=": partial(ours, picture, device="cpu", out=out),
            "OpenCV": partial(opencv, picture),
            "OpenCV, dst=": partial(opencv, picture, dst=out.copy()),
        }
        found.append(measure(f"{name}, 3840x2160", runs, 25))
    return found


def main() -> None:
    """Measure, print and save."""
    asked = parser(__doc__).parse_args()
    picture = np.random.default_rng(0).integers(0, 256, (2160, 3840, 3), dtype=np.uint8)
    title = f"{CpuDevice().description}; OpenCV {cv2.__version__}"
    found, written = calls(picture), outs(picture)
    show(f"Calls on {title}", found, "OpenCV")
    show(f"To an array of the caller's, on {title}", written, "OpenCV, dst=")
    save(asked.result, title, [*found, *written])


if __name__ == "__main__":
    main()
