"""Reads TIFF files: finds the directories that hold pictures, and reads each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

from imgcuda.errors import ImageError
from imgcuda.images import tiff_samples
from imgcuda.images.image import Pixels
from imgcuda.images.tiff_colors import to_pixels
from imgcuda.images.tiff_directory import SUB_IFDS, Directory, TiffFile, below, chain
from imgcuda.images.tiff_layout import CFA, CIELAB, CMYK, ICCLAB, LINEAR_RAW, MASK, layout

REDUCED, MASKS = 1, 4
"""Bits of a page's NewSubfileType."""

RAW = "it is a camera's raw file{}, which is not read; develop it first, for example with `darktable-cli in out.tif`"
DNG_VERSION = 50706


@dataclass(frozen=True)
class Page:
    """One picture of a TIFF, not decoded yet."""

    directory: Directory
    offset: int
    """The offset of the directory with the metadata."""

    @property
    def pixels(self) -> int:
        return max(0, self.directory.value(256, 0)) * max(0, self.directory.value(257, 0))

    @property
    def is_big(self) -> bool:
        return self.directory.file.is_big

    @property
    def order(self) -> str:
        """The file's byte order, as a `struct` code."""
        return self.directory.file.order

    @property
    def dpi(self) -> tuple[float, float] | None:
        """The resolution in dots per inch, if the file gives its unit of length."""
        inches = {2: 1.0, 3: 2.54}.get(self.directory.value(296, 2))
        return (self._density[0] * inches, self._density[1] * inches) if inches and self._density else None

    @property
    def aspect(self) -> tuple[float, float] | None:
        """The pixel aspect ratio, if the file gives only this."""
        return self._density if self.directory.value(296, 2) == 1 else None

    @property
    def _density(self) -> tuple[float, float] | None:
        across, down = self.directory.fractions(282), self.directory.fractions(283)
        return (across[0], down[0]) if across and down else None

    @property
    def icc(self) -> bytes:
        """The color profile, if the colors are not converted."""
        converted = self.directory.value(262, 0) in (CMYK, CIELAB, ICCLAB)
        return b"" if converted else self.directory.raw(34675)

    @property
    def xmp(self) -> bytes:
        return self.directory.raw(700)

    @property
    def photoshop(self) -> bytes:
        """Photoshop's image resources."""
        return self.directory.raw(34377)

    def read(self, raw: bool) -> tuple[Pixels, list[str]]:
        """Return the pixels, and a sentence for each loss; `raw` turns whole numbers into floats of the same value."""
        page = layout(self.directory)
        samples, losses = tiff_samples.read(page)
        return to_pixels(samples, page, raw, losses), losses


@dataclass
class Pages:
    """The pictures of a file, and the losses."""

    pictures: Sequence[Page]
    losses: list[str] = field(default_factory=list)
    """A sentence for each loss."""
    smaller: int = 0
    """The number of smaller copies of the pictures."""
    levels: list[tuple[int, int]] = field(default_factory=list)
    """The heights and widths of the levels of a pyramid, the largest first, if there is one picture."""

    def left_out(self, kept: int = 0) -> list[str]:
        """Return a sentence about the smaller copies, if there are more than are kept."""
        count = self.smaller - kept
        return [f"it holds {_several(count, 'smaller copy', 'smaller copies')} of its pictures, left out"] * (count > 0)


def pages(stream: IO[bytes]) -> Pages:
    """Return the pictures of a TIFF; `stream` is to be kept open until they are read.

    A page marked as a reduced copy or as a mask is not a picture. Raises ImageError for a camera's raw file.
    """
    file = TiffFile(stream)
    found = list(chain(file))
    every = [page for page in found if isinstance(page, Directory)]
    if not every:
        raise ImageError("it holds no picture")
    beneath = [(page, sub) for page in every if SUB_IFDS in page.entries for sub in below(page)]
    _refuse_raw(every, [sub for _, sub in beneath])
    made = Pages([Page(page, page.place) for page in every if _is_picture(page)])
    made.losses += [sentence for sentence in found if isinstance(sentence, str)]
    hidden = [(page, sub) for page, sub in beneath if _is_picture(sub) and sub.value(256, 0)]
    if not made.pictures and hidden:
        made.pictures = [Page(sub, page.place) for page, sub in hidden]
        made.losses.append("its picture is read from a SubIFD; the reduced copy in its place is left out")
    elif hidden:
        made.losses.append(f"it holds {_several(len(hidden), 'more picture')} in SubIFDs, left out")
    if not made.pictures:
        made.pictures = [Page(page, page.place) for page in every if not _is_mask(page)]
        made.losses.append("it calls itself a reduced copy of a picture that is not in the file")
    _report_left_out(made, every, [sub for _, sub in beneath])
    return made


def _is_reduced(page: Directory) -> bool:
    return bool(page.value(254, 0) & REDUCED) or (254 not in page.entries and page.value(255, 1) == 2)


def _is_mask(page: Directory) -> bool:
    return bool(page.value(254, 0) & MASKS) or page.value(262, 1) == MASK


def _is_picture(page: Directory) -> bool:
    return not _is_reduced(page) and not _is_mask(page)


def _refuse_raw(every: list[Directory], beneath: list[Directory]) -> None:
    sensor = any(page.value(262, 1) in (CFA, LINEAR_RAW) for page in [*every, *beneath])
    dng = DNG_VERSION in every[0].entries and (sensor or bool(beneath) or _is_reduced(every[0]))
    if dng or sensor:
        raise ImageError(RAW.format(" (DNG)" if dng else ""))


def _report_left_out(made: Pages, every: list[Directory], beneath: list[Directory]) -> None:
    """Take note of masks and smaller copies, which are left out, and of an ImageJ stack."""
    if masks := sum(_is_mask(page) for page in [*every, *beneath]):
        made.losses.append(f"it holds {_several(masks, 'transparency mask')}, left out")
    smaller = [page for page in [*every, *beneath] if _is_reduced(page) and not _is_mask(page)]
    made.smaller, made.levels = len(smaller), _levels(made.pictures, smaller)
    stack = re.match(rb"ImageJ=[^\0]*?\nimages=(\d+)", every[0].raw(270)[:4096])
    if stack and len(every) == 1 and int(stack[1]) > 1:
        made.losses.append(f"ImageJ put {int(stack[1])} pictures into one page; the first is read")


def _levels(pictures: Sequence[Page], smaller: Sequence[Directory]) -> list[tuple[int, int]]:
    """Return the heights and widths of the copies that are levels of a pyramid: in the proportions of the picture."""
    if len(pictures) != 1:
        return []
    height, width = (max(1, pictures[0].directory.value(tag, 0)) for tag in (257, 256))
    sizes = {(page.value(257, 0), page.value(256, 0)) for page in smaller}
    return sorted(
        ((high, wide) for high, wide in sizes
         if 0 < high < height and 0 < wide < width and abs(wide - width * high / height) < 1 + width / height),
        reverse=True,
    )  # fmt: skip


def _several(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"
