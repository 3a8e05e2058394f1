"""A file -> an Image: its header is looked at first, and what is too large or unknown is not decoded."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np
import PIL.Image

# The plugins are imported to be there: when one is wanted that is not, Pillow imports all of its forty to look for it.
from PIL import (  # noqa: F401
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from imgcuda.errors import ImageError
from imgcuda.images import deep, metadata, tifffiles
from imgcuda.images.depth import with_channels
from imgcuda.images.formats import READ
from imgcuda.images.image import Image, Pixels, channels
from imgcuda.images.modes import WAYS, to_array
from imgcuda.images.sentences import telling

MAX_PIXELS = 178_956_970
"""What is read unless more is asked for: a quarter of a GiB for the bytes of 8-bit RGB with alpha times three."""

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True)
class Wish:
    """What is to be read of a file, and how."""

    frame: int | None
    """Counted from 1; None for all."""
    several: bool
    """Whether more than one is wanted; of what there is the first is read, and the others are a loss."""
    auto_orient: bool
    raw: bool
    """Whole numbers that are no levels are read as floats of the same value."""
    max_pixels: int

    def numbers(self, count: int) -> range:
        """Return which of so many frames to read, counted from 0."""
        if self.frame is None:
            return range(count if self.several else 1)
        if not 1 <= self.frame <= count:
            raise ImageError(f"it holds {count} picture{'s' * (count > 1)}; there is no number {self.frame}")
        return range(self.frame - 1, self.frame)

    def allow(self, pixels: int) -> None:
        """Raise ImageError for more pixels than may be read."""
        if pixels > self.max_pixels:
            raise ImageError(f"it has {pixels:,} pixels, more than {self.max_pixels:,}; --max-pixels allows more")


def read(
    source: str | os.PathLike[str] | IO[bytes],
    *,
    frame: int | None = None,
    several: bool = True,
    auto_orient: bool = True,
    raw: bool = False,
    max_pixels: int = MAX_PIXELS,
) -> Image:
    """Return the image in a file: all its frames, the one that is `frame` (from 1), or without `several` the first.

    Every mode of Pillow has its way (`modes.WAYS`): palettes come out as RGB or RGBA, black and white as grey, CMYK as
    RGB; 16 bits stay uint16, also in colour, floats stay float32. It is upright: its EXIF orientation is applied,
    unless `auto_orient` is false. What could not be kept is listed in `losses`, for the caller to say, and not to
    overwrite the original with. `raw` takes whole numbers that are no levels (signed, 32 bits) as they are, as floats.
    More than `max_pixels`, in all frames together, are not decoded. Raises ImageError, a sentence with the file's name,
    whatever the decoder raises.
    """
    wish = Wish(frame, several, auto_orient, raw, max_pixels)
    with telling(name_of(source), "read"), warnings.catch_warnings(), _opener(source) as again:
        warnings.simplefilter("ignore")  # Pillow warns of what is either raised below, or harmless
        return _joined(_read(again, wish))


def name_of(source: str | os.PathLike[str] | IO[bytes]) -> str:
    """Return what to call a file in a message."""
    return os.fspath(source) if isinstance(source, str | os.PathLike) else "standard input"


@contextmanager
def _opener(source: str | os.PathLike[str] | IO[bytes]) -> Iterator[Callable[[], IO[bytes]]]:
    """Return what opens the file, as often as needed; a stream is taken into memory once. All is closed at the end."""
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        opened: list[IO[bytes]] = []

        def open_file() -> IO[bytes]:
            opened.append(path.open("rb"))
            return opened[-1]

        try:
            yield open_file
        finally:
            for file in opened:
                file.close()
    else:
        data = source.read()
        yield lambda: BytesIO(data)


def _read(again: Callable[[], IO[bytes]], wish: Wish) -> list[Image]:
    """Return the frames. A TIFF that Pillow cannot open, or cannot read whole, is read by tifffile."""
    stream = again()
    if stream.read(4) not in TIFF:
        return list(_by_pillow(again, wish))
    try:
        frames = list(_by_pillow(again, wish))
    except (PIL.UnidentifiedImageError, SyntaxError, _Separate):
        return list(_by_tifffile(again(), wish))
    return frames


class _Separate(Exception):
    """A TIFF with a plane of 16 bits for each colour, of which Pillow makes a wrong picture."""


def _by_pillow(again: Callable[[], IO[bytes]], wish: Wish) -> Iterator[Image]:
    picture = _open(again(), wish.max_pixels)
    count = 1 if picture.format == "MPO" else getattr(picture, "n_frames", 1)
    numbers = wish.numbers(count)
    wish.allow(picture.width * picture.height * len(numbers))
    lost = [f"it holds {count} pictures; the first is read"] * (count > 1 and wish.frame is None and not wish.several)
    lost += ["it is cut short; pictures may be missing"] * (picture.format == "GIF" and not _has_trailer(again()))
    total = 0
    for number in numbers:
        if count > 1:
            picture.seek(number)
        total += picture.width * picture.height
        wish.allow(total)  # the pages of a TIFF have their own sizes
        frame = _frame(picture, number if count > 1 else None, again, wish)
        yield replace(frame, losses=(*frame.losses, *lost))


def _open(stream: IO[bytes], max_pixels: int) -> PIL.Image.Image:
    limit = PIL.Image.MAX_IMAGE_PIXELS
    if limit is not None and max_pixels > 2 * limit:
        PIL.Image.MAX_IMAGE_PIXELS = max_pixels  # what Pillow itself would refuse beyond any wish of its callers
    try:
        return PIL.Image.open(stream, formats=READ)
    except PIL.Image.DecompressionBombError:
        raise ImageError(f"it has more than {max_pixels:,} pixels; --max-pixels allows more") from None


def _frame(picture: PIL.Image.Image, number: int | None, again: Callable[[], IO[bytes]], wish: Wish) -> Image:
    """Return a picture's present frame. How it is stored is known before it is loaded, what it says mostly after."""
    losses = []
    before = _before_turning(picture)
    stored, alone = deep.layout(picture), number is None or picture.format == "TIFF"  # an animation's frames are mixed
    if deep.separate(picture):
        raise _Separate
    if alone and deep.can_read(stored):
        pixels = deep.read(picture, lambda: _again(again, number, wish.max_pixels))
    else:
        deep.in_native_order(picture)
        picture.load()
        pixels = _uninverted(picture, to_array(picture, raw=wish.raw))
        losses += ["its 16-bit colours are read as 8-bit"] * bool(stored)
        losses += ["its 10- or 12-bit colours are read as 8-bit"] * _deep_avif(picture, again)
    if picture.format == "MPO":
        losses.append("it holds other pictures beside the one that is read")
    if picture.mode in WAYS and WAYS[picture.mode].said:
        losses.append(WAYS[picture.mode].said)
    return _with_metadata(picture, pixels, losses, wish, before)


def _has_trailer(stream: IO[bytes]) -> bool:
    """Return whether a GIF ends as it should; one that does not may end between two pictures, which is no error."""
    stream.seek(max(0, stream.seek(0, 2) - 1024))
    return stream.read().rstrip(b"\0").endswith(b";")


def _again(again: Callable[[], IO[bytes]], number: int | None, max_pixels: int) -> PIL.Image.Image:
    picture = _open(again(), max_pixels)
    if number is not None:
        picture.seek(number)
    return picture


def _uninverted(picture: PIL.Image.Image, pixels: Pixels) -> Pixels:
    """Return grey with 0 as black: Pillow leaves the deeper kinds of TIFF as they are where 0 is white."""
    if getattr(picture, "tag_v2", {}).get(262) != 0 or pixels.dtype == np.uint8:
        return pixels
    return np.subtract(65535 if pixels.dtype == np.uint16 else 1, pixels, dtype=pixels.dtype)


def _deep_avif(picture: PIL.Image.Image, again: Callable[[], IO[bytes]]) -> bool:
    """Return whether an AVIF has 10 or 12 bits: its header says so in the box `av1C`, in a bit of the third byte."""
    if picture.format != "AVIF":
        return False
    head = again().read(1 << 16)
    place = head.find(b"av1C")
    return place >= 0 and len(head) > place + 6 and bool(head[place + 6] & 0x40)


def _before_turning(picture: PIL.Image.Image) -> tuple[int, Any]:
    """Return the orientation and the XMP of a TIFF, which Pillow turns upright, unasked, as it loads it."""
    if picture.format != "TIFF":
        return 1, None
    try:
        return metadata.orientation(picture.getexif()), picture.info.get("xmp")
    except Exception:  # as in `_with_metadata`
        return 1, None


def _with_metadata(
    picture: PIL.Image.Image, pixels: Pixels, losses: list[str], wish: Wish, before: tuple[int, Any]
) -> Image:
    info, keep, (turned, xmp) = picture.info, not wish.auto_orient, before
    exif, orientation = b"", 1
    try:
        found = picture.getexif()
        if turned != 1:
            found[metadata.ORIENTATION] = turned
        exif, orientation = metadata.exif(found, keep_orientation=keep)
    except Exception:  # whatever a parser of other people's bytes may raise: damaged EXIF is lost, the picture is not
        losses.append("its EXIF is damaged and is left out")
    if keep:
        pixels = metadata.turned_back(pixels, turned)
    elif turned == 1:
        pixels = metadata.upright(pixels, orientation)
    dpi = metadata.dpi(info.get("dpi"))
    return Image(
        pixels,
        exif,
        info.get("icc_profile") or b"",
        dpi[::-1] if dpi and orientation > 4 and not keep else dpi,
        tuple(losses),
        metadata.xmp(xmp or info.get("xmp"), keep_orientation=keep),
        metadata.text(picture),
        duration=info.get("duration") if getattr(picture, "is_animated", False) else None,
        plays=_plays(picture),
        apart=bool(info.get("default_image")),
    )


def _plays(picture: PIL.Image.Image) -> int:
    """Return how often an animation is shown. A GIF says how often it is repeated, or nothing: it is shown once."""
    loop = picture.info.get("loop")
    if picture.format == "GIF":
        return 1 if loop is None else 0 if loop == 0 else int(loop) + 1
    return int(loop or 0)


def _by_tifffile(stream: IO[bytes], wish: Wish) -> Iterator[Image]:
    pages = tifffiles.pages(stream)
    chosen = [pages[number] for number in wish.numbers(len(pages))]
    wish.allow(sum(page.pixels for page in chosen))
    for page in chosen:
        yield _page(page, stream, wish)


def _page(page: tifffiles.Page, stream: IO[bytes], wish: Wish) -> Image:
    pixels, losses = page.read(wish.raw), list(page.losses())
    found = PIL.Image.Exif()
    stream.seek(0)
    found.endian = "<" if stream.read(2) == b"II" else ">"
    found.bigtiff = page.is_big
    found.load_from_fp(stream, page.offset)
    dpi = metadata.dpi(page.dpi)
    exif, orientation = metadata.exif(found, keep_orientation=not wish.auto_orient)
    if wish.auto_orient and orientation != 1:
        pixels = metadata.upright(pixels, orientation)
        dpi = dpi[::-1] if dpi and orientation > 4 else dpi
    icc, xmp = page.tag(34675) or b"", metadata.xmp(page.tag(700), keep_orientation=not wish.auto_orient)
    return Image(pixels, exif, bytes(icc), dpi, tuple(losses), xmp)


def _joined(frames: Sequence[Image]) -> Image:
    """Return several frames as one Image; those of an animation have the same channels."""
    first, later = frames[0], tuple(frames[1:])
    if first.duration is not None and later:
        most = max(channels(frame.pixels) for frame in frames)
        first, *rest = (replace(frame, pixels=with_channels(frame.pixels, most)) for frame in frames)
        later = tuple(rest)
    losses = tuple(dict.fromkeys(loss for frame in frames for loss in frame.losses))
    return replace(first, later=later, losses=losses)
