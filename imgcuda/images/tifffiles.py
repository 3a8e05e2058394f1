"""TIFFs that Pillow has no mode for, through tifffile: colour in floats, grey with deep alpha, separate deep planes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from imgcuda.errors import ImageError
from imgcuda.images.image import Pixels, divided_by_alpha
from imgcuda.images.modes import WHOLE

if TYPE_CHECKING:
    import tifffile

_SILENCE = logging.NullHandler()
"""What tifffile finds wrong it logs, which without a handler is printed; what matters is raised."""

MINISWHITE, MINISBLACK, RGB = 0, 1, 2


@dataclass(frozen=True)
class Page:
    """One page of a TIFF, not decoded yet."""

    page: tifffile.TiffPage
    size: int
    """Of the file, in bytes."""

    @property
    def pixels(self) -> int:
        return int(self.page.imagewidth) * int(self.page.imagelength)

    @property
    def offset(self) -> int:
        """Where the page's directory is."""
        return int(self.page.offset)

    @property
    def is_big(self) -> bool:
        return bool(self.page.parent.is_bigtiff)

    @property
    def dpi(self) -> tuple[float, float] | None:
        """The resolution in dots per inch, if the file says how long its unit is."""
        across, down = self.page.resolution
        inches = {2: 1.0, 3: 2.54}.get(self.page.resolutionunit)
        return (across * inches, down * inches) if inches else None

    def tag(self, number: int) -> Any:
        found = self.page.tags.get(number)
        return found.value if found else None

    def losses(self) -> Iterator[str]:
        if self.page.dtype == np.float64:
            yield "its 64-bit samples are read as 32-bit"

    def read(self, raw: bool) -> Pixels:
        """Return the pixels; with `raw`, whole numbers of more than 16 bits become floats of the same value."""
        self._check()
        try:
            array = self.page.asarray()
        except ValueError as error:
            if "imagecodecs" in str(error):
                raise ImageError("its compression needs another decoder: pip install imagecodecs") from error
            raise
        if self.page.planarconfig == 2 and array.ndim == 3:
            array = np.moveaxis(array, 0, -1)
        return self._alpha(self._levels(array, raw))

    def _check(self) -> None:
        page = self.page
        samples = int(page.samplesperpixel)
        if page.photometric not in (MINISWHITE, MINISBLACK, RGB) or page.imagedepth != 1 or page.dtype is None:
            raise ImageError("its colours are of a kind that cannot be read")
        if samples != (3 if page.photometric == RGB else 1) + len(page.extrasamples) or samples > 4:
            raise ImageError(f"it has {samples} samples a pixel; there may be 4, of which one is alpha")
        # What a TIFF leaves out, tifffile fills with zeros; a picture with black in the place of what is lost is none.
        ends = [offset + count for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)]
        if not ends or max(ends) > self.size or 0 in page.databytecounts:
            raise ImageError("it is cut short")
        if page.compression == 1 and sum(page.databytecounts) < page.nbytes:
            raise ImageError("it is cut short")

    def _levels(self, array: Pixels, raw: bool) -> Pixels:
        """Return samples of a type that filters know, with 0 as black."""
        kind = array.dtype
        if kind.kind == "f" or raw:
            array = array.astype(np.float32)
        elif kind not in (np.uint8, np.uint16):
            raise ImageError(WHOLE.format(array.min(), array.max()))
        white = 1 if array.dtype == np.float32 else np.iinfo(array.dtype).max
        return array if self.page.photometric != MINISWHITE else (white - array).astype(array.dtype)

    def _alpha(self, array: Pixels) -> Pixels:
        """Return colour as it is without its alpha, in it or beside it; an extra sample of another kind is left out."""
        extra = [int(kind) for kind in self.page.extrasamples]
        if not extra or array.ndim != 3:
            return array
        if extra[0] == 0:
            return array[:, :, : -len(extra)].squeeze()
        if extra[0] == 2:
            return array
        return divided_by_alpha(array)


def pages(stream: IO[bytes]) -> Sequence[Page]:
    """Return the pages of a TIFF; `stream` is to be kept open until they are read."""
    import tifffile

    logging.getLogger("tifffile").addHandler(_SILENCE)
    size = stream.seek(0, 2)
    stream.seek(0)
    return [Page(page, size) for page in tifffile.TiffFile(stream).pages if isinstance(page, tifffile.TiffPage)]
