"""The filters on this machine's cores, beside OpenCV and Pillow: `python benchmarks/cpu.py [result.json]`.

4K pictures (3840x2160), RGB and gray, uint8, results in fresh arrays, all cores for imgcuda and OpenCV. Each result
is held against a reference before anything is timed; but Pillow's blur, which is no Gaussian: it is three boxes.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import references
from PIL import Image, ImageFilter
from processors import add_processor, compiling_for
from table import Contender, Row, measure, parser, save, show

import imgcuda
from imgcuda.cpu.device import CpuDevice

Picture = npt.NDArray[np.uint8]
FILTERS: list[tuple[str, dict[str, Any]]] = [
    ("edges", {}),
    *(("blur", {"sigma": sigma}) for sigma in (1.5, 3, 10)),
    ("grayscale", {}),
]


def contenders(name: str, parameters: dict[str, Any], picture: Picture) -> dict[str, Contender]:
    """Return the libraries to compare in a task, as calls that give a result."""
    image = Image.fromarray(picture)
    pillow: dict[str, Contender] = {
        "blur": lambda: image.filter(ImageFilter.GaussianBlur(parameters["sigma"])),
        "grayscale": lambda: image.convert("L"),
    }
    return {
        "imgcuda": lambda: imgcuda.apply(picture, name, device="cpu", **parameters),
        "OpenCV": lambda: references.OPENCV[name](picture, **parameters),
        "Pillow": pillow.get(name, "has none"),
    }


def rows(kind: str, picture: Picture) -> list[Row]:
    """Return the times for one picture."""
    found = []
    for name, parameters in FILTERS:
        if name == "grayscale" and picture.ndim == 2:
            continue
        runs = contenders(name, parameters, picture)
        wanted = references.EXACT[name](picture, **parameters)
        for who, run in runs.items():
            if callable(run) and (who, name) != ("Pillow", "blur"):
                margin = int(who == "OpenCV" and name == "edges")  # its border is another
                references.check(f"{who}, {name}", np.asarray(run()), wanted, 1 if who == "imgcuda" else 2, margin)
        label = ", sigma ".join([name, *(f"{value:g}" for value in parameters.values())])
        found.append(measure(f"{label}, {kind}", runs))
    return found


def main() -> None:
    """Measure, print and save."""
    options = parser(__doc__)
    add_processor(options)
    asked = options.parse_args()
    picture = np.random.default_rng(0).integers(0, 256, (2160, 3840, 3), dtype=np.uint8)
    with compiling_for(asked.processor):
        found = rows("RGB", picture) + rows("gray", np.ascontiguousarray(picture[:, :, 1]))
    title = f"4K on {CpuDevice().description}, compiled for {asked.processor}; OpenCV {cv2.__version__}"
    show(title, found, "OpenCV")
    save(asked.result, title, found)


if __name__ == "__main__":
    main()
