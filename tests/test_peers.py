"""The calls of other libraries that filters name as equal to themselves: they are, on images that both take."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import Filter
from imgcuda.bench.libraries import LIBRARIES, calls_of, lacking
from imgcuda.testing import assert_close
from support.installed import installed
from support.matrix import exhaustive

Image = npt.NDArray[Any]

BYTES = np.random.default_rng(4).integers(0, 256, (61, 83, 3), dtype=np.uint8)
DEEP, FLOAT = BYTES.astype(np.uint16) * 257, BYTES.astype(np.float32) / 255
IMAGES = [BYTES, np.ascontiguousarray(BYTES[:, :, 1]), DEEP, FLOAT]
LEVELS = {"uint8": 1, "uint16": 100, "float32": 3e-3}
"""How far a call may be from a filter: of bytes one level; libvips cuts off the Gaussian a little earlier."""
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "blur": [{"sigma": sigma, "border": border} for sigma in (0.8, 3.0) for border in ("reflect", "mirror", "nearest")],
    "box-blur": [{"radius": 3, "border": border} for border in ("reflect", "nearest", "constant")],
    "median": [{"radius": radius, "border": border} for radius in (1, 2, 4) for border in ("reflect", "nearest")],
    "edges": [{}, {"operator": "scharr", "scale": 0.5, "border": "mirror"}],
    "grayscale": [{}],
    "invert": [{}],
    "flip": [{"direction": direction} for direction in ("horizontal", "vertical", "both")],
    "erode": [{"radius": 2}, {"shape": "ellipse", "radius": 3}, {"iterations": 2}],
    "dilate": [{"radius": 2}, {"shape": "cross", "radius": 3}],
}


PAIRS = [(library, name) for name in PARAMETERS for library in installed()[name].peers]


def made(library: str, filter: Filter, image: Image) -> Image:
    """Return what a library makes of an image; LookupError if it has no equal."""
    used = LIBRARIES[library]
    return used.result(used.run(used.prepare(image), calls_of(library, [filter])))


def test_each_filter_that_names_peers_is_tried() -> None:
    registry = installed()
    assert {name for name in registry if vars(registry[name]).get("peers")} == set(PARAMETERS)
    assert {library for name in PARAMETERS for library in registry[name].peers} == set(LIBRARIES)


@pytest.mark.parametrize(("library", "name"), PAIRS)
@pytest.mark.parametrize("most", [1, exhaustive(1000)])
def test_a_peer_makes_what_the_filter_makes(most: int, library: str, name: str) -> None:
    """The plain run takes the first parameters and image of which the library has an equal."""
    if not LIBRARIES[library].is_installed:
        pytest.skip(f"{library} is not installed")
    equal = 0
    for parameters, image in product(PARAMETERS[name], IMAGES):
        filter = installed().create(name, parameters)
        with suppress(LookupError):  # it has no equal for that
            assert_close(made(library, filter, image), filter(image, device="cpu"), LEVELS[image.dtype.name])
            equal += 1
        if equal == most:
            break
    assert equal


@pytest.mark.parametrize(
    ("library", "name", "parameters", "image"),
    [
        ("OpenCV", "blur", {"border": "wrap"}, BYTES),
        ("OpenCV", "blur", {}, np.dstack([BYTES, BYTES[:, :, :1]])),
        ("OpenCV", "median", {"radius": 3}, DEEP),
        ("OpenCV", "edges", {"operator": "laplacian"}, BYTES),
        ("OpenCV", "edges", {}, FLOAT),
        ("OpenCV", "grayscale", {"weights": "average"}, BYTES),
        ("OpenCV", "erode", {"shape": "disk"}, BYTES),
        ("OpenCV", "dilate", {"border": "constant"}, BYTES),
        ("OpenCV", "invert", {}, FLOAT),
        ("Pillow", "box-blur", {"border": "reflect"}, BYTES),
        ("Pillow", "median", {"border": "nearest"}, DEEP),
        ("Pillow", "invert", {}, np.dstack([BYTES, BYTES[:, :, :1]])),
        ("Pillow", "grayscale", {"weights": "rec709"}, BYTES),
    ],
)
def test_what_has_no_equal_is_said(library: str, name: str, parameters: dict[str, Any], image: Image) -> None:
    used, calls = LIBRARIES[library], calls_of(library, [installed().create(name, parameters)])
    with pytest.raises(LookupError):
        used.run(used.prepare(image), calls)


def test_a_class_that_derives_from_a_filter_does_not_inherit_its_peers() -> None:
    class Other(type(installed().create("invert", {}))):  # type: ignore[misc]  # a class that is found, not written
        """Do something else."""

    assert lacking("OpenCV", [Other()]) == "has no equal of other"
    assert lacking("OpenCV", [installed().create("invert", {})]) == ""
