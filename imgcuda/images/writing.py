"""An Image -> a file, in the format of its extension, with what metadata that can hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace as changed
from io import BytesIO
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import PIL.Image

from imgcuda.errors import ImageError, ParameterError
from imgcuda.images import gif, metadata, png, replacing, tiff
from imgcuda.images.depth import with_channels
from imgcuda.images.formats import FORMATS, Format, Options, by_extension
from imgcuda.images.image import Image, Pixels, channels, describe
from imgcuda.images.sentences import telling
from imgcuda.images.signatures import load_plugin


class Written(NamedTuple):
    """What a file could not hold, a sentence each."""

    losses: tuple[str, ...]
    """Of the pixels."""
    left_out: tuple[str, ...]
    """Of what the image says beside them."""


Target = str | os.PathLike[str] | IO[bytes]

NAMES = {
    "exif": "EXIF", "xmp": "XMP", "icc": "colour profile", "dpi": "resolution", "text": "text", "comment": "text",
}  # fmt: skip

JPEG_SEGMENT = 65533 - len(b"http://ns.adobe.com/xap/1.0/\0")
"""What fits into one of a JPEG's segments."""


def write(
    target: Target,
    image: Image,
    *,
    format: Format | None = None,
    options: Options = Options(),  # noqa: B008  # it cannot be changed
    clobber: bool = True,
) -> Written:
    """Write an image in the format of the path's extension, or in another, to a path or a stream of bytes.

    Returns what had to be given up: transparency is laid on white for JPEG, BMP and PPM, which is what one who asks for
    a JPEG expects to see; of several pictures a format may hold the first. A sample type that the format cannot hold is
    refused, not reduced. The old file stands until the new one is complete: whatever fails, it is left as it was.
    Without `clobber` there may be no old file. Raises ImageError, and ParameterError for options of other formats.
    """
    name = "standard output"
    if isinstance(target, str | os.PathLike):
        name, format = os.fspath(target), check_output(target, clobber=clobber, format=format)
    if format is None:
        raise ParameterError("a stream has no extension: say in which format to write")
    options.check(format)
    losses: list[str] = []
    with telling(name, "written"):
        fitting, left_out = _fitting(_held(image, format, losses), format)
        data = _encode(fitting, format, options, losses)
        if isinstance(target, str | os.PathLike):
            losses += _split_off(replacing.other_names(Path(target)))
            replacing.replace(Path(target), data, clobber=clobber)
        else:
            target.write(data)
            target.flush()
    return Written(tuple(losses), tuple(left_out))


def check_output(path: str | os.PathLike[str], *, clobber: bool = True, format: Format | None = None) -> Format:
    """Return the format that a path's extension asks for; ImageError if no image can be written there."""
    path = Path(path)
    with telling(str(path), "written"):
        chosen = format or by_extension(path.suffix.lower())
        replacing.check(path, clobber=clobber)
    return chosen


def _split_off(others: int) -> list[str]:
    names = (
        "another name (a hard link), which keeps" if others == 1 else f"{others} other names (hard links), which keep"
    )
    return [f"the file had {names} the old picture"] if others else []


# What a format can hold


def _held(image: Image, format: Format, losses: list[str]) -> Image:
    """Return an image as a format can hold it: the first frame, on white paper, if need be."""
    if image.later and not format.several:
        losses.append(f"it holds {len(image.frames)} pictures; {format.name} holds one, the first")
        image = changed(image, later=())
    if format.timed and len({frame.pixels.shape for frame in image.frames}) > 1:
        raise ImageError(f"its pictures differ in size, which {format.name} cannot hold; write .tif, or one --frame")
    return image.filtered([_samples(frame.pixels, format, losses) for frame in image.frames])


def _samples(pixels: Pixels, format: Format, losses: list[str]) -> Pixels:
    kind = pixels.dtype.name
    if format.holds(kind, channels(pixels)):
        return pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    opaque = channels(pixels) - 1 + channels(pixels) % 2
    if format.holds(kind, opaque):
        lost = f"its transparency is laid on white; {format.name} has none"
        losses += [lost] * (lost not in losses)
        return with_channels(pixels, opaque)
    others = " ".join(other.extensions[0] for other in FORMATS if other.holds(kind, channels(pixels)))
    deeper = "--depth 16 or --depth 8" if kind == "float32" and format.name in ("PNG", "PPM") else "--depth 8"
    raise ImageError(f"{format.name} cannot hold {describe(pixels)}; write one of {others}, or reduce it: {deeper}")


def _fitting(image: Image, format: Format) -> tuple[Image, list[str]]:
    """Return an image without the metadata that has no place in a format, and the names of what that is."""
    icc = metadata.profile(image.icc, channels(image.pixels))
    text = image.text
    if "text" not in format.keeps:
        text = tuple(pair for pair in text if pair[0] == "Comment")[:1] if "comment" in format.keeps else ()
    kept = changed(
        image,
        exif=image.exif if "exif" in format.keeps else b"",
        xmp=image.xmp if "xmp" in format.keeps else b"",
        icc=icc if "icc" in format.keeps else b"",
        dpi=image.dpi if "dpi" in format.keeps else None,
        text=text,
    )
    if format.name == "JPEG":
        kept = _within_segments(kept)
    fields = ("exif", "xmp", "icc", "dpi", "text")
    lost = [NAMES[name] for name in fields if getattr(image, name) != getattr(kept, name)]
    times = any(frame.duration is not None for frame in image.later) and not format.timed
    return kept, [f"its {what} has no place in this {format.name}" for what in [*lost, *["timing"] * times]]


def _within_segments(image: Image) -> Image:
    """Return an image without what is longer than a JPEG's segment: encoders fail with it."""
    return changed(
        image,
        exif=image.exif if len(image.exif) <= JPEG_SEGMENT else b"",
        xmp=image.xmp if len(image.xmp) <= JPEG_SEGMENT else b"",
        text=tuple(pair for pair in image.text if len(pair[1].encode()) <= JPEG_SEGMENT),
    )


# Encoding: in memory, so that an encoder that fails has touched no file


def _encode(image: Image, format: Format, options: Options, losses: list[str]) -> bytes:
    if format.name == "PNG":
        chunks = png.chunks(image.exif, image.xmp, image.icc, image.dpi, image.text)
        return png.encode(image, chunks, options.compress)
    if format.name == "TIFF":
        return tiff.encode(image, options.compress)
    if format.name == "PPM":
        return _ppm(image.pixels)
    if format.name == "GIF":
        return gif.encode(image, losses)
    return _by_pillow(image, format, options)


def _ppm(pixels: Pixels) -> bytes:
    """Return a PGM or PPM: text that says the size, then the samples, upper byte first."""
    height, width = pixels.shape[:2]
    kind, largest = (6 if channels(pixels) == 3 else 5), np.iinfo(pixels.dtype).max
    return f"P{kind}\n{width} {height}\n{largest}\n".encode() + pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()


def _by_pillow(image: Image, format: Format, options: Options) -> bytes:
    first, *later = (PIL.Image.fromarray(np.ascontiguousarray(frame.pixels)) for frame in image.frames)
    arguments = {**_metadata(image), **dict(_arguments(format, options))}
    if later:
        durations = [round(frame.duration or 0) for frame in image.frames]
        arguments |= {"save_all": True, "append_images": later, "duration": durations, "loop": image.plays}
    buffer = BytesIO()
    load_plugin(format.name)
    first.save(buffer, format.name, **arguments)
    return _with_alpha_flag(buffer.getvalue()) if later and first.mode.endswith("A") else buffer.getvalue()


def _with_alpha_flag(data: bytes) -> bytes:
    """Return an animated WebP that says it has alpha. libwebp asks only the parts of frames that it has encoded: where
    nothing is ever drawn it would be black."""
    is_webp = data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X"
    return data[:20] + bytes([data[20] | 0x10]) + data[21:] if is_webp else data


def _metadata(image: Image) -> dict[str, Any]:
    """Return metadata as Pillow's `save` calls it."""
    comment = dict(image.text).get("Comment")
    found = {"exif": image.exif, "xmp": image.xmp, "icc_profile": image.icc, "dpi": image.dpi, "comment": comment}
    return {name: value for name, value in found.items() if value}


def _arguments(format: Format, options: Options) -> Iterator[tuple[str, Any]]:
    """Return how a format is written, for people who wait: docs/files.md has what each choice costs."""
    if format.name == "JPEG":
        yield from {"quality": options.quality or 90, "progressive": options.progressive}.items()
    if format.name == "WEBP":
        effort = options.compress or 0
        search = 75 if effort else 25  # "quality", when nothing is lost; the first steps are nearly for nothing
        yield "quality", search if options.lossless else options.quality or 90
        yield "lossless", options.lossless
        yield "method", 1 - options.lossless if options.compress is None else round(effort * 6 / 9)
    if format.name == "AVIF":
        yield "quality", 100 if options.lossless else options.quality or 80
        yield "speed", 10 - (options.compress or 0)
        if options.lossless:
            yield "subsampling", "4:4:4"
