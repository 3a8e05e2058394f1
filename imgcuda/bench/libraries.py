"""The libraries that a chain is compared with: how each takes an image, runs calls, and gives the result back.

What calls they have for a filter, the filter's author says by `peers`. Libraries are imported as they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.filters import Filter

Array = npt.NDArray[Any]
Call = Callable[[Any], Any]
"""Does with a library's image what a filter does; LookupError if the library has no equal for it."""


def _as_is(image: Any) -> Any:
    return image


class Library(NamedTuple):
    """A library: its module, the packages it may be installed by, and how images get in and out."""

    module: str
    packages: tuple[str, ...]
    prepare: Callable[[Array], Any] = _as_is
    """Returns the image that a user of the library has already; not timed."""
    begin: Callable[[Any], Any] = _as_is
    """What must be done with it before the first call; timed."""
    end: Callable[[Any], Any] = _as_is
    """What must be done after the last call, so that the result is in the host's memory; timed."""
    result: Callable[[Any], Array] = np.asarray
    """Returns the result as an array; not timed."""
    use_threads: Callable[[int], object] | None = None
    """Limits the threads; None for a library whose threads cannot be chosen."""

    @property
    def is_installed(self) -> bool:
        """Whether it can be imported, as far as that is known without doing it."""
        return find_spec(self.module) is not None

    @property
    def version(self) -> str:
        """Its version; empty if it is installed in another way than by a package."""
        for package in self.packages:
            try:
                return version(package)
            except PackageNotFoundError:
                continue
        return ""

    def run(self, image: Any, calls: Sequence[Call]) -> Any:
        """Return what calls make of a prepared image, one after the other."""
        made = self.begin(image)
        for call in calls:
            made = call(made)
        return self.end(made)


def lacking(library: str, filters: Sequence[Filter]) -> str:
    """Return in words which filter of a chain a library has no equal of; empty if there is none."""
    return next((f"has no equal of {filter.name}" for filter in filters if library not in _peers(filter)), "")


def calls_of(library: str, filters: Sequence[Filter]) -> list[Call]:
    """Return a library's calls for a chain that lacks none."""
    return [_call(_peers(filter)[library], filter) for filter in filters]


def _peers(filter: Filter) -> Mapping[str, str]:
    """Return a filter's peers: those of its own class, since a class that derives from another does something else."""
    own: Mapping[str, str] = vars(type(filter)).get("peers", {})
    return own


def _call(place: str, filter: Filter) -> Call:
    module, _, name = place.partition(":")
    return partial(
        getattr(import_module(module), name), **{p.name: getattr(filter, p.name) for p in filter.parameters()}
    )


def _limit_opencv(threads: int) -> None:
    import cv2

    cv2.setNumThreads(threads)


def _to_pillow(array: Array) -> Any:
    from PIL import Image

    if array.dtype != np.uint8 or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise LookupError("takes images of 8 bits, gray or RGB, alone")
    return Image.fromarray(array)


def _to_cupy(array: Array) -> Any:
    import cupy

    return cupy.asarray(array)


def _from_cupy(made: Any) -> Array:
    import cupy

    found: Array = cupy.asnumpy(made)
    return found


def _to_vips(array: Array) -> Any:
    import pyvips

    pyvips.cache_set_max(0)  # or it would remember the result of the first run
    return pyvips.Image.new_from_array(array)


def _to_memory(image: Any) -> tuple[Any, Array]:
    return image, image.numpy()


def _from_memory(made: tuple[Any, Array]) -> Array:
    image, found = made
    return found if image.bands > 1 or found.ndim == 2 else found[:, :, 0]


def _limit_vips(threads: int) -> None:
    import pyvips

    pyvips.vips_lib.vips_concurrency_set(threads)


LIBRARIES: dict[str, Library] = {
    "OpenCV": Library(
        "cv2",
        ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python"),
        use_threads=_limit_opencv,
    ),
    "Pillow": Library("PIL", ("pillow",), prepare=_to_pillow),
    "CuPy": Library("cupy", ("cupy-cuda13x", "cupy-cuda12x", "cupy"), begin=_to_cupy, end=_from_cupy),
    "libvips": Library(
        "pyvips", ("pyvips",), prepare=_to_vips, end=_to_memory, result=_from_memory, use_threads=_limit_vips
    ),
}
"""The libraries by the names that filters' `peers` have for them."""
