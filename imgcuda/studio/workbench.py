"""The state of one run of the studio: picture, filters, uploads and device; and the work on them."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy.typing as npt

from imgcuda import file_run, images
from imgcuda.engine.protocol import Device
from imgcuda.errors import ImageError, ParameterError, shown
from imgcuda.parameter_types import picture_limit
from imgcuda.pipeline import Pipeline
from imgcuda.pixels import as_image
from imgcuda.studio.catalog import Catalog
from imgcuda.studio.chain_request import ChainReader
from imgcuda.studio.chain_words import words_or_why
from imgcuda.studio.checked_picture import check
from imgcuda.studio.loaded_picture import Extent, LoadedPicture
from imgcuda.studio.proxy_side import ProxySide
from imgcuda.studio.uploads import Uploads

if TYPE_CHECKING:
    from imgcuda.filters import Filter

OUT = "out.png"
"""The name of the result in the command to copy, unless the page asks for another format."""


class Result(NamedTuple):
    """What a chain has made, from what, and how long it took in milliseconds."""

    before: npt.NDArray[Any]
    after: npt.NDArray[Any]
    filters: list[Filter]
    milliseconds: float


class Saved(NamedTuple):
    """A file for the page to download, and what it could not hold."""

    data: bytes
    losses: tuple[str, ...]


class Workbench:
    """The picture, the filters, the uploads and the device of a run. Its methods run in one thread."""

    def __init__(
        self,
        catalog: Catalog,
        uploads: Uploads,
        device: Device,
        picture: LoadedPicture | None = None,
        max_pixels: int = images.MAX_PIXELS,
    ) -> None:
        self.catalog, self.uploads, self.device, self.picture = catalog, uploads, device, picture
        self._max_pixels = max_pixels
        self._side = ProxySide()
        self._reader = ChainReader(catalog, uploads)

    def open(self, name: str, data: bytes) -> None:
        """Take another picture, from the bytes of its file; ImageError if it cannot be read."""
        self.picture = LoadedPicture(name, data, self._max_pixels)

    def run(self, steps: object, extent: Extent) -> Result:
        """Run a chain over the picture, or over its smaller copy."""
        filters = self._filters(steps)
        before = self._before(filters, extent)
        started = perf_counter()
        after = Pipeline(filters)(before, device=self.device.name, max_pixels=self._max_pixels) if filters else before
        milliseconds = 1000 * (perf_counter() - started)
        if extent == "proxy":
            self._side.took(milliseconds)
        return Result(before, as_image(after, more_channels=True), filters, milliseconds)

    def _before(self, filters: list[Filter], extent: Extent) -> npt.NDArray[Any]:
        """Return the picture, or the copy of it that a chain filters in time while a slider is dragged."""
        picture = self._opened
        return picture.pixels if extent == "full" else picture.proxy(self._side.of([each.name for each in filters]))

    def scale(self, result: Result) -> float:
        """Return how wide what was filtered is, in parts of the picture's width."""
        return float(result.before.shape[1] / self._opened.pixels.shape[1])

    def check(self, steps: object) -> dict[str, Any]:
        """Run a chain checked over a small copy of the picture, and return what that finds, for the page."""
        return check(self._filters(steps), self._opened.pixels)

    def words(self, filters: list[Filter], target: object) -> dict[str, str]:
        """Return the command, the program and the recipe of a chain, for a result of this name."""
        name = self.picture.name if self.picture else "in.png"
        target = target if isinstance(target, str) else OUT
        made = words_or_why(filters, name, target, self.catalog.own, self.catalog.file)
        return {kind: self.uploads.with_own_names(text) for kind, text in made.items()}

    def save(self, steps: object, format: object) -> Saved:
        """Return the file that the command makes of the picture, with all of its frames and its metadata."""
        filters = self._filters(steps)
        if not isinstance(format, str):
            raise ParameterError(f"the format must be a name, as png; got {shown(format)}")
        options = file_run.FileOptions(format=images.by_name(format), max_pixels=self._max_pixels)
        target = BytesIO()
        apply = file_run.on_device(filters, self.device, options.max_pixels)
        made = file_run.run_file(filters, BytesIO(self._opened.data), target, options, apply)
        return Saved(target.getvalue(), (*made.of_source(), *made.of_target()))

    def described(self) -> dict[str, Any]:
        """Return what the page shows at first."""
        picture = self.picture.described() if self.picture else None
        device = {"name": self.device.name, "words": self.device.description}
        return {"filters": self.catalog.described(), "picture": picture, "device": device, "formats": _formats()}

    def _filters(self, steps: object) -> list[Filter]:
        """Return the filters of a chain; pictures that their parameters name are read, within the limit."""
        with picture_limit(self._max_pixels):
            return self._reader.filters(steps)

    @property
    def _opened(self) -> LoadedPicture:
        if self.picture is None:
            raise ImageError("there is no picture yet; open one")
        return self.picture


def values_at(result: Result, x: object, y: object) -> Mapping[str, Any]:
    """Return the values of a pixel before and after, numbered as in the result."""
    if type(x) is not int or type(y) is not int:
        raise ParameterError(f"a pixel has two whole numbers; got {shown(x)} and {shown(y)}")
    return {"x": x, "y": y, "before": _at(result.before, x, y, result), "after": _at(result.after, x, y, result)}


def _at(pixels: npt.NDArray[Any], x: int, y: int, result: Result) -> list[float] | None:
    """Return a pixel's values; None outside of the image, and for an image of another size than the result."""
    height, width = pixels.shape[:2]
    if pixels.shape[:2] != result.after.shape[:2] or not (0 <= x < width and 0 <= y < height):
        return None
    values: list[float] = pixels[y, x].tolist()
    return values


def _formats() -> list[dict[str, Any]]:
    from imgcuda.images.formats import FORMATS

    return [{"name": each.name, "ending": each.extensions[0]} for each in FORMATS]


def in_file(path: Path | None, max_pixels: int = images.MAX_PIXELS) -> LoadedPicture | None:
    """Return the picture of the command, if it names one."""
    return LoadedPicture.from_file(path, max_pixels) if path else None
