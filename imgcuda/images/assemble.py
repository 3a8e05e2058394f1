"""Put decoded pixels and the metadata of their file together into an Image, and turn it upright."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, NamedTuple

import PIL.Image

from imgcuda.images import color, metadata, photoshop, raw_profiles
from imgcuda.images.image import Image, Pixels
from imgcuda.images.sources import Open

if TYPE_CHECKING:
    from imgcuda.images.tiff_reader import Page


def by_pillow(picture: PIL.Image.Image, pixels: Pixels, losses: list[str], auto_orient: bool, reopen: Open) -> Image:
    """Return the Image of a picture that Pillow has loaded; damaged EXIF is left out, and reported."""
    info = picture.info
    packet = metadata.xmp(info.get("xmp") or raw_profiles.of(info, "xmp"), keep_orientation=True)
    exif, damage = metadata.block(metadata.raw_exif(picture))
    orientation = metadata.said_orientation(picture, exif, packet)
    if not auto_orient:
        exif = metadata.with_orientation(exif, orientation)
    else:
        exif = metadata.upright_exif(exif, orientation)
        pixels = metadata.upright(pixels, orientation)
    return Image(
        pixels,
        exif,
        b"" if picture.mode in ("CMYK", "LAB") else info.get("icc_profile") or b"",  # they are sRGB now
        metadata.dpi(metadata.said_dpi(picture, exif), swapped=auto_orient and orientation > 4),
        (*losses, *damage),
        metadata.xmp(packet, keep_orientation=not auto_orient),
        metadata.text(picture),
        duration=info.get("duration") if getattr(picture, "is_animated", False) else None,
        plays=int(info.get("loop") or 0),
        has_default_image=bool(info.get("default_image")),
        left_out=tuple(_left_out(picture, reopen)),
        color=_color(picture, reopen),
        photoshop=_photoshop(picture, reopen),
        aspect=metadata.aspect(picture, swapped=auto_orient and orientation > 4),
    )


class RawMetadata(NamedTuple):
    """The metadata of a file, in the bytes of the file."""

    exif: bytes = b""
    xmp: bytes = b""
    icc: bytes = b""
    dpi: tuple[float, float] | None = None
    photoshop: bytes = b""


def of_parts(pixels: Pixels, found: RawMetadata, losses: list[str], auto_orient: bool) -> Image:
    """Return the Image of pixels and metadata that were taken out of a file separately."""
    packet = metadata.xmp(found.xmp, keep_orientation=True)
    exif, damage = metadata.block(found.exif)
    orientation = metadata.orientation_in(exif, packet)
    if auto_orient:
        exif, pixels = metadata.upright_exif(exif, orientation), metadata.upright(pixels, orientation)
    dpi = metadata.dpi(found.dpi, swapped=auto_orient and orientation > 4)
    xmp = metadata.xmp(packet, keep_orientation=not auto_orient)
    return Image(pixels, exif, found.icc, dpi, (*losses, *damage), xmp, photoshop=found.photoshop)


def _color(picture: PIL.Image.Image, reopen: Open) -> color.Color:
    """Return how a file describes its colors without a profile."""
    known = {"PNG": color.of_png, "AVIF": color.of_avif}
    if picture.format not in known:
        return ()
    stream = reopen()
    stream.seek(0)
    return known[picture.format](stream)


def _photoshop(picture: PIL.Image.Image, reopen: Open) -> bytes:
    """Return Photoshop's image resources of a JPEG or PNG."""
    if picture.format == "PNG":
        return photoshop.of_profile(raw_profiles.of(picture.info, "8bim", "iptc") or b"")
    if "photoshop" not in picture.info:
        return b""
    stream = reopen()
    stream.seek(0)
    return photoshop.of_jpeg(stream.read())


def _left_out(picture: PIL.Image.Image, reopen: Open) -> Iterator[str]:
    """Return a sentence for each part of a file's metadata that is not carried."""
    if picture.format == "PNG":
        yield from raw_profiles.left_out(picture.info)
    if picture.format in ("JPEG", "MPO"):  # behind an MPO's picture are its others, which are told of
        from imgcuda.images import jpeg_reader  # a format's module is imported with the first file that needs it

        stream = reopen()
        stream.seek(0)
        yield from jpeg_reader.not_carried(stream.read(), behind=picture.format == "JPEG")


def of_page(page: Page, stream: IO[bytes], raw: bool, auto_orient: bool) -> Image:
    """Return the Image of a page of a TIFF."""
    return of_pixels(page, stream, *page.read(raw), auto_orient)


def of_pixels(page: Page, stream: IO[bytes], pixels: Pixels, losses: list[str], auto_orient: bool) -> Image:
    """Return the Image of the pixels of a page of a TIFF, and of the page's metadata."""
    exif, damage = metadata.tiff_block(stream, page.offset)
    orientation = metadata.block_orientation(exif) or 1
    if auto_orient:
        exif, pixels = metadata.upright_exif(exif, orientation), metadata.upright(pixels, orientation)
    turned = auto_orient and orientation > 4
    xmp = metadata.xmp(page.xmp, keep_orientation=not auto_orient)
    dpi, aspect = metadata.dpi(page.dpi, swapped=turned), metadata.ratio(page.aspect, swapped=turned)
    resources = photoshop.without_thumbnails(page.photoshop)
    return Image(pixels, exif, page.icc, dpi, (*losses, *damage), xmp, aspect=aspect, photoshop=resources)
