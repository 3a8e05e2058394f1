"""Write an Image to a file, in the format of its extension, with the metadata that the format can hold."""

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
from imgcuda.images import (
    atomic_write,
    color,
    jpeg,
    mark,
    metadata,
    photoshop,
    raw_profiles,
)
from imgcuda.images.atomic_write import Clobber
from imgcuda.images.convert import with_channels
from imgcuda.images.error_messages import translated_errors
from imgcuda.images.formats import FORMATS, Format, Options, by_extension
from imgcuda.images.image import Image, Pixels, channels, describe
from imgcuda.pixels import MOST_CHANNELS, white_level


class Written(NamedTuple):
    """What a file could not hold, in sentences."""

    losses: tuple[str, ...]
    """Of the pixels."""
    left_out: tuple[str, ...]
    """Of the metadata."""


Target = str | os.PathLike[str] | IO[bytes]

NAMES = {
    "exif": "EXIF", "xmp": "XMP", "icc": "color profile", "dpi": "resolution", "aspect": "aspect ratio",
    "photoshop": "IPTC", "text": "text", "comment": "text",
}  # fmt: skip

JPEG_QUALITY = 90
"""The quality of a JPEG where none is asked for."""

JPEG_SEGMENT = 65533 - len(b"http://ns.adobe.com/xap/1.0/\0")
"""What fits into one of a JPEG's segments."""


def write(
    target: Target,
    image: Image,
    *,
    format: Format | None = None,
    options: Options = Options(),  # noqa: B008  # it cannot be changed
    clobber: Clobber = True,
    software: str = "",
    complete: bool = False,
    coded: bytes = b"",
) -> Written:
    """Write an image to a path or a stream of bytes, in the format of the path's extension, or in another.

    Returns what was lost: for JPEG, BMP and PPM, transparency is blended with white; a format for one picture gets the
    first of several. A sample type that the format cannot hold is refused, not reduced. The write is atomic: whatever
    fails, the old file is left as it was. If `clobber` is False there may be no old file; with "ours" there may be one
    that imgcuda marked and nothing has changed since. `software` ("imgcuda 0.1.0") marks the file, in the place where
    its format names the program that wrote it. With `complete`, nothing is written if anything would be lost.
    `coded` is a JPEG of the pixels without metadata, which another has made; then the pixels may have no values. Raises
    ImageError, and ParameterError for options of other formats.
    """
    name = "standard output"
    if isinstance(target, str | os.PathLike):
        name, format = os.fspath(target), check_output(target, clobber=bool(clobber), format=format)
    if format is None:
        raise ParameterError("a stream has no extension: say in which format to write")
    options.check(format)
    with translated_errors(name, "written"):
        fitting, losses, left_out = held_by(image, format, software, complete)
        data = _encode(fitting, format, options, losses, left_out, coded)
        data = mark.with_checksum(data, format, software) if software else data
        if isinstance(target, str | os.PathLike):
            losses += hard_links_kept(Path(target))
            atomic_write.replace(Path(target), data, clobber=clobber)
        else:
            target.write(data)
            target.flush()
    return Written(tuple(losses), tuple(left_out))


def check_output(path: str | os.PathLike[str], *, clobber: Clobber = True, format: Format | None = None) -> Format:
    """Return the format that a path's extension asks for; ImageError if no image can be written there."""
    path = Path(path)
    with translated_errors(str(path), "written"):
        chosen = format or by_extension(path.suffix.lower())
        atomic_write.check(path, clobber=clobber)
    return chosen


def held_by(image: Image, format: Format, software: str, complete: bool) -> tuple[Image, list[str], list[str]]:
    """Return what a format can hold of an image, marked, and in sentences what of its pixels and metadata is lost.

    With `complete`, ImageError if anything is.
    """
    losses: list[str] = []
    held = _convert_pixels(image, format, losses)
    fitting, left_out = _convert_metadata(held, format)
    left_out += [said for said in held.left_out if said not in image.left_out]
    if complete and (losses or left_out):
        raise ImageError(f"{[*losses, *left_out][0]}; write to another file")
    return mark.with_software(fitting, format, software) if software else fitting, losses, left_out


def hard_links_kept(path: Path) -> list[str]:
    """Return a sentence if a file that is to be replaced has other names, which keep the old picture."""
    others = atomic_write.other_names(path)
    names = (
        "another name (a hard link), which keeps" if others == 1 else f"{others} other names (hard links), which keep"
    )
    return [f"the file had {names} the old picture"] if others else []


# What a format can hold


def _convert_pixels(image: Image, format: Format, losses: list[str]) -> Image:
    """Return an image whose pixels a format can hold: of several pictures the first, on white, if need be."""
    if image.has_default_image and image.later and format.timed and format.name != "PNG":
        image = _without_default_image(image, format, losses)
    if image.later and not format.several:
        losses.append(f"it holds {len(image.frames)} pictures; {format.name} holds one, the first")
        image = changed(image, later=())
    if format.timed and len({frame.pixels.shape for frame in image.frames}) > 1:
        raise ImageError(f"its pictures differ in size, which {format.name} cannot hold; write .tif, or one --frame")
    for frame in image.frames:
        _check_size(frame.pixels, format)
    other = "" if image.icc and "icc" in format.keeps else color.other_than_srgb(image.color)
    if other and format.name != "PNG":
        losses.append(f"its colors ({other}) will look different, as {format.name} has no place to say what they are")
    return _with_sizes_in_exif(image.filtered([_samples(frame.pixels, format, losses) for frame in image.frames]))


def _without_default_image(image: Image, format: Format, losses: list[str]) -> Image:
    """Return the animation alone, for a format in which every picture is a frame of it."""
    losses.append(f"its picture for programs that show no animation is left out; {format.name} has no place for it")
    first, *later = image.later
    return changed(image, pixels=first.pixels, duration=first.duration, later=tuple(later), has_default_image=False)


def _check_size(pixels: Pixels, format: Format) -> None:
    """Raise ImageError for a picture that a format cannot hold, or that could not be opened again."""
    height, width = pixels.shape[:2]
    if max(width, height) > format.longest:
        most = f"{format.longest:,} on a side"
    elif width * height > format.area:
        most = f"{format.area:,}"
    else:
        return
    fitting = (other for other in FORMATS if max(width, height) <= other.longest and width * height <= other.area)
    others = " ".join(other.extensions[0] for other in fitting)
    raise ImageError(f"it has {width:,} x {height:,} pixels; {format.name} holds at most {most}; write one of {others}")


def _with_sizes_in_exif(image: Image) -> Image:
    """Return an image whose frames' EXIF says their size."""
    return changed(metadata.sized(image), later=tuple(metadata.sized(frame) for frame in image.later))


def _samples(pixels: Pixels, format: Format, losses: list[str]) -> Pixels:
    kind = pixels.dtype.name
    if channels(pixels) > MOST_CHANNELS and format.name != "TIFF":
        raise ImageError(f"it has {channels(pixels)} channels; {format.name} holds at most {MOST_CHANNELS}; write .tif")
    if format.holds(kind, channels(pixels)) or channels(pixels) > MOST_CHANNELS:
        return pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    opaque = channels(pixels) - 1 + channels(pixels) % 2
    if format.holds(kind, opaque):
        lost = f"its transparency is laid on white; {format.name} has none"
        losses += [lost] * (lost not in losses)
        return with_channels(pixels, opaque)
    others = " ".join(other.extensions[0] for other in FORMATS if other.holds(kind, channels(pixels)))
    deeper = "--depth 16 or --depth 8" if kind == "float32" and format.name in ("PNG", "PPM") else "--depth 8"
    raise ImageError(f"{format.name} cannot hold {describe(pixels)}; write one of {others}, or reduce it: {deeper}")


def _convert_metadata(image: Image, format: Format) -> tuple[Image, list[str]]:
    """Return an image without the metadata that a format cannot store, and the names of that metadata."""
    icc = metadata.profile(image.icc, channels(image.pixels))
    text = image.text
    if "text" not in format.keeps:
        text = tuple(pair for pair in text if pair[0] == "Comment")[:1] if "comment" in format.keeps else ()
    kept = changed(
        image,
        exif=image.exif if "exif" in format.keeps else b"",
        xmp=image.xmp if "xmp" in format.keeps else b"",
        icc=icc if "icc" in format.keeps else b"",
        photoshop=image.photoshop if "photoshop" in format.keeps else b"",
        dpi=image.dpi if "dpi" in format.keeps else None,
        aspect=image.aspect if "dpi" in format.keeps and format.name != "BMP" else None,
        text=text,
    )
    left_out = []
    if format.name == "JPEG":
        kept, too_long = _within_segments(kept)
        left_out += too_long
        kept = changed(kept, dpi=kept.dpi if kept.dpi and jpeg.density(kept.dpi) else None)
    fields = ("exif", "xmp", "icc", "dpi", "aspect", "photoshop", "text")
    if format.name == "PNG" and len(kept.photoshop) > raw_profiles.MOST:
        kept = changed(kept, photoshop=b"")
    lost = [NAMES[name] for name in fields if getattr(image, name) and not getattr(kept, name)]
    lost += ["text"] * (bool(kept.text) and kept.text != image.text)
    times = any(frame.duration is not None for frame in image.later) and not format.timed
    left_out += [f"its {what} has no place in this {format.name}" for what in [*lost, *["timing"] * times]]
    return kept, left_out


def _within_segments(image: Image) -> tuple[Image, list[str]]:
    """Return an image without metadata that is longer than a JPEG's segment; encoders fail with it."""
    exif, left_out = image.exif, []
    if len(exif) > JPEG_SEGMENT:
        exif, tags = metadata.shortened(exif, JPEG_SEGMENT)
        names = ", ".join(f"0x{tag:04X}" for tag in tags)
        tell = f"tags {names} are left out" if len(tags) > 1 else f"tag {names} is left out"
        left_out = [f"its EXIF is longer than a JPEG's may be; {tell}"] * bool(exif)
    text = tuple(pair for pair in image.text if len(pair[1].encode()) <= JPEG_SEGMENT)
    xmp = image.xmp if len(image.xmp) <= JPEG_SEGMENT else b""
    resources = image.photoshop if len(image.photoshop) <= photoshop.MOST else b""
    return changed(image, exif=exif, xmp=xmp, text=text, photoshop=resources), left_out


# Encoding: in memory, so that an encoder that fails has touched no file


def _encode(
    image: Image, format: Format, options: Options, losses: list[str], left_out: list[str], coded: bytes
) -> bytes:
    if coded:
        metadata_alone = image.filtered([np.zeros((8, 8, *image.pixels.shape[2:]), np.uint8)])
        return jpeg.with_picture(_by_pillow(metadata_alone, format, options), coded)
    if format.name == "PNG":
        from imgcuda.images import png

        chunks = png.chunks(image)
        return png.encode(image, chunks, options.compress)
    if format.name == "TIFF":
        from imgcuda.images import tiff_writer

        return tiff_writer.encode(image, options.compress, left_out)
    if format.name == "PPM":
        return _ppm(image)
    if format.name == "GIF":
        from imgcuda.images import gif

        return gif.encode(image, losses)
    if format.name in ("TGA", "JPEG2000") and channels(image.pixels) == 2:  # few programs know gray with alpha in these
        image = image.filtered([with_channels(image.pixels, 4)])
    if format.name == "TGA":
        from imgcuda.images import tga

        return tga.encode(image.pixels)
    return _by_pillow(image, format, options)


def _ppm(image: Image) -> bytes:
    """Return a PGM or PPM: text that says the size, then the samples, upper byte first."""
    pixels, (height, width) = image.pixels, image.pixels.shape[:2]
    kind, largest = (6 if channels(pixels) == 3 else 5), white_level(pixels.dtype)
    lines = dict(image.text).get("Comment", "").splitlines()
    comment = "".join(f"# {line}\n" for line in lines).encode("latin-1", "replace")
    head = f"P{kind}\n".encode() + comment + f"{width} {height}\n{largest}\n".encode()
    return head + pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()


def _by_pillow(image: Image, format: Format, options: Options) -> bytes:
    first, *later = (PIL.Image.fromarray(np.ascontiguousarray(frame.pixels)) for frame in image.frames)
    arguments = {**_metadata(image), **dict(_arguments(image, format, options))}
    if format.name == "AVIF" and image.exif:
        arguments["exif"] = _Exif(image.exif)
    if later:
        durations = [round(frame.duration or 0) for frame in image.frames]
        arguments |= {"save_all": True, "append_images": later, "duration": durations, "loop": image.plays}
    buffer = _Named(f"picture{format.extensions[0]}")
    first.save(buffer, **arguments)
    data = buffer.getvalue()
    if format.name == "JPEG" and image.photoshop:
        data = photoshop.in_jpeg(data, image.photoshop)
    if format.name == "JPEG" and (image.dpi or image.aspect):
        unit, *numbers = (jpeg.density(image.dpi) if image.dpi else None) or (0, *(image.aspect or (1, 1)))
        return jpeg.with_density(data, unit, *numbers)
    if later and format.name == "AVIF":
        from imgcuda.images import avif_plays

        return avif_plays.with_plays(data, image.plays)
    return _with_alpha_flag(data) if later and first.mode.endswith("A") else data


class _Named(BytesIO):
    """A stream with a file's name, by whose extension Pillow imports the one module that writes the format.

    Given the format itself, it imports five, which takes as long as to encode a small JPEG.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def _with_alpha_flag(data: bytes) -> bytes:
    """Return an animated WebP that says it has alpha. libwebp asks only the parts of frames that it has encoded: where
    nothing is ever drawn it would be black."""
    is_webp = data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X"
    return data[:20] + bytes([data[20] | 0x10]) + data[21:] if is_webp else data


class _Exif(PIL.Image.Exif):
    """EXIF for Pillow's AVIF encoder, which would otherwise write all of it anew to remove the orientation."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.raw, orientation = metadata.without_orientation(data)
        if orientation != 1:
            self[metadata.ORIENTATION] = orientation

    def __bool__(self) -> bool:
        return True

    def tobytes(self, offset: int = 8) -> bytes:
        return self.raw


def _metadata(image: Image) -> dict[str, Any]:
    """Return metadata as Pillow's `save` calls it."""
    comment = dict(image.text).get("Comment")
    # The resolution of a JPEG is put into it afterwards, in all its units.
    found = {"exif": image.exif, "xmp": image.xmp, "icc_profile": image.icc, "dpi": image.dpi, "comment": comment}
    return {name: value for name, value in found.items() if value}


def _arguments(image: Image, format: Format, options: Options) -> Iterator[tuple[str, Any]]:
    """Return the encoder's settings for a format. They are fast by default; docs/files.md has the costs."""
    if format.name == "JPEG":
        yield from {"quality": options.quality or JPEG_QUALITY, "progressive": options.progressive}.items()
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
    if format.name == "JPEG2000":
        yield "mct", channels(image.pixels) == 3
        yield "irreversible", not options.lossless
        if not options.lossless:
            yield from {"quality_mode": "dB", "quality_layers": [20 + (options.quality or 90) / 4]}.items()
