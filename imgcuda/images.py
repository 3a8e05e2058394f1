"""An image file <-> an array, through Pillow: what is read can be written back with nothing lost in silence.

Formats are an allowlist, known by a file's content when read and by its extension when written. EPS, PS and PDF are
not in it, since Pillow runs a program for them, nor AVIF and JPEG 2000, whose deeper samples it cuts to 8 bits unsaid.
"""

from __future__ import annotations

import os
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image

# The plugins are imported to be there: when one is wanted that is not, Pillow imports all of its forty to look for it.
from PIL import ImageOps, TiffImagePlugin, WebPImagePlugin  # noqa: F401

from imgcuda.errors import ImageError, did_you_mean

Pixels = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Image:
    """A picture: its pixels, and what its file says beside them."""

    pixels: Pixels
    """(height, width) or (height, width, channels): uint8, uint16, or float32."""
    exif: bytes = b""
    """Without the orientation, which is applied when an image is read."""
    icc: bytes = b""
    """The colour profile."""
    dpi: tuple[float, float] | None = None
    losses: tuple[str, ...] = ()
    """What the file holds and the pixels do not, a sentence each: other frames, 16-bit colour."""


@dataclass(frozen=True)
class Format:
    """What a file format can hold, and how it is written."""

    name: str
    extensions: tuple[str, ...]
    modes: frozenset[str]
    keeps: tuple[str, ...] = ()
    """The metadata it has room for, as Pillow's `save` calls it."""
    options: dict[str, int] = field(default_factory=dict)


_EIGHT_BITS = frozenset({"L", "LA", "RGB", "RGBA"})
_ALL = ("exif", "icc_profile", "dpi")

# PNG: a filter takes milliseconds, so its result should not take seconds to save. A noisy 4K photograph on one core:
# level 6, the default, 1.6 s and 16.8 MB; level 2, 1.1 s and 18.0 MB; level 0, 0.5 s and 24.9 MB. A smooth one: 1.3 s
# and 3.5 MB; 0.4 s and 4.4 MB; 0.3 s and 24.9 MB. Smaller photographs: a third of the time for 5 to 20 % more bytes.
FORMATS = (
    Format("PNG", (".png",), _EIGHT_BITS | {"I;16"}, _ALL, {"compress_level": 2}),
    Format("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), frozenset({"L", "RGB"}), _ALL, {"quality": 90}),
    Format("TIFF", (".tif", ".tiff"), _EIGHT_BITS | {"I;16", "F"}, _ALL),
    Format("WEBP", (".webp",), _EIGHT_BITS, ("exif", "icc_profile"), {"quality": 90}),
    Format("BMP", (".bmp",), frozenset({"L", "RGB"}), ("dpi",)),
    Format("PPM", (".ppm", ".pgm", ".pnm"), frozenset({"L", "RGB", "I;16"})),
)
_READ = (*(format.name for format in FORMATS), "GIF")

_CONVERTED = {
    "1": "L",
    "La": "LA",
    **dict.fromkeys(("P", "RGBX", "CMYK", "YCbCr", "HSV"), "RGB"),
    **dict.fromkeys(("PA", "RGBa"), "RGBA"),
}
"""Pillow's modes that are read as another one."""

_MODES = {
    **{("uint8", channels): mode for channels, mode in enumerate(("L", "LA", "RGB", "RGBA"), 1)},
    ("uint16", 1): "I;16",
    ("float32", 1): "F",
}
"""What Pillow calls a sample type with so many channels."""

# How a TIFF lays out its own pixels, and the profile: true of the file that was read, not of the one that is written.
_TIFF_LAYOUT = (
    *(254, 255, 256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325),
    *(330, 338, 339, 347, 513, 514, 700, 34675),
)


def read(path: str | os.PathLike[str]) -> Image:
    """Return the image in a file, upright: its EXIF orientation is applied.

    Palettes come out as RGB or RGBA, black and white as grey, CMYK as RGB; 16-bit grey is uint16, float is float32.
    Of several frames it is the first; of 16-bit colour, which Pillow reduces as it reads, the upper 8 bits. Such
    losses are listed in `losses`, for the caller to say and not to overwrite the original with.
    Raises ImageError, a sentence with the file's name, whatever the decoder raises.
    """
    with _telling(path, "read"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of what is either raised below, or harmless
        with PIL.Image.open(path, formats=_READ) as picture:
            losses = _losses(picture)
            picture.load()
            exif = _exif(picture, losses)
            info = picture.info
            return Image(_pixels(picture), exif, info.get("icc_profile") or b"", _dpi(info.get("dpi")), tuple(losses))


def write(path: str | os.PathLike[str], image: Image) -> tuple[str, ...]:
    """Write an image in the format of the path's extension, with what metadata the format can hold.

    Returns what had to be given up, a sentence each: transparency is laid on white for JPEG, BMP and PPM, which is what
    one who asks for a JPEG expects to see. A sample type that the format cannot hold is refused, not reduced.
    The old file stands until the new one is complete: whatever fails, it is left as it was. Raises ImageError.
    """
    format = check_output(path)
    losses: list[str] = []
    with _telling(path, "written"):
        _replace(Path(path), _encode(image, format, losses))
    return tuple(losses)


def check_output(path: str | os.PathLike[str]) -> Format:
    """Return the format that a path's extension asks for; ImageError if no image can be written there."""
    path = Path(path)
    with _telling(path, "written"):
        format = _format(path.suffix.lower())
        if not path.parent.is_dir():
            raise ImageError(f"there is no folder '{path.parent}'")
        if path.exists() and not path.is_file():
            raise ImageError("it is a folder" if path.is_dir() else "it is not a regular file")
        if path.exists() and not os.access(path, os.W_OK):  # a rename would replace it all the same
            raise ImageError("it is write-protected")
    return format


def describe(pixels: Pixels) -> str:
    """Return size, channels and sample type in words: "600 x 400 RGB, uint8"."""
    channels = ("grey", "grey with alpha", "RGB", "RGB with alpha")[_channels(pixels) - 1]
    return f"{pixels.shape[1]} x {pixels.shape[0]} {channels}, {pixels.dtype}"


def _format(extension: str) -> Format:
    known = {extension: format for format in FORMATS for extension in format.extensions}
    if extension in known:
        return known[extension]
    hint = did_you_mean(extension, list(known)) if extension else ""
    what = f"the extension '{extension}' is not known" if extension else "its name has no extension"
    raise ImageError(f"{what}{hint or '; write one of ' + ' '.join(known)}")


def _losses(picture: PIL.Image.Image) -> list[str]:
    """Return what reading will lose. To be asked before the pixels are loaded: the tiles say how they are stored."""
    losses = []
    if any(_deep(tile) for tile in getattr(picture, "tile", [])) and picture.mode not in ("I", "I;16", "I;16B"):
        losses.append("its 16-bit colours are read as 8-bit")
    if getattr(picture, "is_animated", False):
        losses.append("it holds several pictures; the first is read")
    if picture.mode == "CMYK":
        losses.append("its CMYK colours are converted to RGB")
    return losses


def _deep(tile: Any) -> bool:
    """Return whether a tile's samples have more than 8 bits: PNG and TIFF say "RGB;16B", PPM its largest value."""
    codec, arguments = tile[0], tile[3] if isinstance(tile[3], tuple) else (tile[3],)
    if codec == "ppm":
        return int(arguments[1]) > 255
    return bool(re.search(r";16[BLN]$", str(arguments[0])))


def _exif(picture: PIL.Image.Image, losses: list[str]) -> bytes:
    """Turn a picture upright and return the rest of its EXIF. Damaged EXIF is lost, the picture is not."""
    try:
        ImageOps.exif_transpose(picture, in_place=True)
        exif = picture.getexif()
        for tag in _TIFF_LAYOUT:
            exif.pop(tag, None)
        return exif.tobytes() if exif else b""
    except Exception:  # whatever a parser of other people's bytes may raise
        losses.append("its EXIF is damaged and is left out")
        return b""


def _pixels(picture: PIL.Image.Image) -> Pixels:
    mode = _CONVERTED.get(picture.mode, picture.mode)
    if mode in ("L", "RGB") and picture.has_transparency_data:
        mode += "A"
    if mode in _EIGHT_BITS:
        return np.asarray(picture if mode == picture.mode else picture.convert(mode))
    if mode == "F":
        return np.asarray(picture, dtype=np.float32)
    if mode == "I" or mode.startswith("I;16"):
        return _sixteen_bits(np.asarray(picture))
    raise ImageError(f"its colours are {mode}; convert it to RGB first")


def _sixteen_bits(samples: Pixels) -> Pixels:
    """Return whole numbers as uint16: in native byte order, and out of Pillow's 32 bits where they fit."""
    if samples.itemsize > 2 and (samples.min() < 0 or samples.max() > 65535):
        raise ImageError(f"its samples run from {samples.min()} to {samples.max()}; convert it to float first")
    return samples.astype(np.uint16)


def _dpi(dpi: Any) -> tuple[float, float] | None:
    """Return the resolution if it is one: files also hold zeros, fractions over zero and words."""
    try:
        x, y = float(dpi[0]), float(dpi[1])
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    return (x, y) if 0 < x < 1e6 and 0 < y < 1e6 else None


def _encode(image: Image, format: Format, losses: list[str]) -> bytes:
    """Return a file's bytes. They are made in memory, so that an encoder that fails has touched no file."""
    picture = _picture(image.pixels, format, losses)
    space = b"RGB " if picture.mode.startswith("RGB") else b"GRAY"
    icc = image.icc if image.icc[16:20] == space else b""  # a profile of other channels makes a broken file
    metadata = {"exif": image.exif, "icc_profile": icc, "dpi": image.dpi}
    buffer = BytesIO()
    picture.save(buffer, format.name, **format.options, **{key: metadata[key] for key in format.keeps if metadata[key]})
    return buffer.getvalue()


def _picture(pixels: Pixels, format: Format, losses: list[str]) -> PIL.Image.Image:
    mode = _MODES.get((pixels.dtype.name, _channels(pixels)), "")
    if mode in format.modes:
        return _to_pillow(pixels)
    if mode.endswith("A"):
        losses.append(f"its transparency is laid on white; {format.name} has none")
        return _on_white(_to_pillow(pixels))
    others = [other.extensions[0] for other in FORMATS if mode in other.modes]
    remedy = f"write one of {' '.join(others)}" if others else "only grey can be written with more than 8 bits"
    raise ImageError(f"{format.name} cannot hold {describe(pixels)}; {remedy}")


def _to_pillow(pixels: Pixels) -> PIL.Image.Image:
    grey = pixels.ndim == 3 and pixels.shape[2] == 1
    return PIL.Image.fromarray(np.ascontiguousarray(pixels[:, :, 0] if grey else pixels))


def _on_white(picture: PIL.Image.Image) -> PIL.Image.Image:
    paper = PIL.Image.new(picture.mode[:-1], picture.size, "white")
    paper.paste(picture.convert(paper.mode), mask=picture.getchannel("A"))
    return paper


def _channels(pixels: Pixels) -> int:
    return pixels.shape[2] if pixels.ndim == 3 else 1


def _replace(path: Path, data: bytes) -> None:
    """Put a file in another's place in one step. A link stays one: what it points to is replaced."""
    target = path.resolve()
    draft = target.with_name(f".imgcuda-{os.urandom(8).hex()}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a crash after the rename must not find an empty file
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)  # once renamed, there is none


@contextmanager
def _telling(path: str | os.PathLike[str], verb: str) -> Iterator[None]:
    """Turn whatever is raised inside into one sentence with the file's name."""
    try:
        yield
    except Exception as error:
        raise ImageError(f"{os.fspath(path)} cannot be {verb}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, PIL.UnidentifiedImageError):
        return f"it is not a picture in a known format: {', '.join(_READ)}"
    if isinstance(error, PIL.Image.DecompressionBombError):
        return f"it has more than {2 * (PIL.Image.MAX_IMAGE_PIXELS or 0):,} pixels"
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return " ".join(str(error).split()) or type(error).__name__
