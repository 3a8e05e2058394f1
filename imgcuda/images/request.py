"""What to read from a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from imgcuda.errors import ImageError

if TYPE_CHECKING:
    import PIL.Image

    from imgcuda.images.image import Pixels

JpegDecoder: TypeAlias = "Callable[[PIL.Image.Image, bytes], tuple[Pixels | None, list[str]]]"


class ReadRequest(NamedTuple):
    """What to read from a file, and how."""

    frame: int | None
    """Counted from 1; None for all."""
    several: bool
    """Whether all pictures are read; otherwise the first is read, and the others are reported as a loss."""
    auto_orient: bool
    raw: bool
    """Whether whole numbers without a known white level are read as floats of the same value."""
    max_pixels: int
    decode_jpeg: JpegDecoder | None = None
    """What gives a JPEG's pixels, and a sentence for each damage; None for libjpeg."""

    def numbers(self, count: int) -> range:
        """Return the frames to read of `count`, counted from 0; ImageError if a frame that is asked for is missing."""
        if self.frame is None:
            return range(count if self.several else 1)
        if not 1 <= self.frame <= count:
            raise ImageError(f"it holds {count} picture{'s' * (count > 1)}; there is no number {self.frame}")
        return range(self.frame - 1, self.frame)

    def losses(self, count: int) -> list[str]:
        """Return a sentence if some of `count` frames are not read."""
        more = count > 1 and self.frame is None and not self.several
        return [f"it holds {count} pictures; the first is read"] * more

    def check_pixels(self, pixels: int) -> None:
        """Raise ImageError for more pixels than may be read."""
        if pixels > self.max_pixels:
            raise ImageError(f"it has {pixels:,} pixels, more than {self.max_pixels:,}; --max-pixels allows more")


class PixelsCountedError(Exception):
    """The header of a file has been read, and nothing more is wanted of it."""

    def __init__(self, pixels: int) -> None:
        super().__init__(pixels)
        self.pixels = pixels


class HeaderRequest(ReadRequest):
    """A request to read no more than the header: ends with PixelsCountedError when the number of pixels is known."""

    def check_pixels(self, pixels: int) -> None:
        raise PixelsCountedError(pixels)
