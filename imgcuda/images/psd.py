"""Read the flattened picture of a Photoshop file (PSD, PSB): gray, RGB, CMYK, Lab and palettes, of 1 to 32 bits.

Pillow reads 8 bits only, and takes a saved selection for alpha.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
import PIL.Image

from imgcuda.errors import ImageError
from imgcuda.images import assemble, metadata, photoshop, psd_sections
from imgcuda.images.depth import to_depth
from imgcuda.images.image import Image, Pixels
from imgcuda.images.modes import MODES, printed_to_rgb
from imgcuda.images.psd_sections import Sections
from imgcuda.images.request import ReadRequest
from imgcuda.pixels import white_level

BITMAP, GRAY, INDEXED, RGB, CMYK, MULTICHANNEL, DUOTONE, LAB = 0, 1, 2, 3, 4, 7, 8, 9
COLORS = {BITMAP: 1, GRAY: 1, INDEXED: 1, RGB: 3, CMYK: 4, DUOTONE: 1, LAB: 3}
"""The modes that are read, and how many channels are colors; those behind them are alpha, or saved selections."""
DEPTHS = {BITMAP: (1,), INDEXED: (8,), CMYK: (8, 16), LAB: (8, 16)}
TYPES = {8: ">u1", 16: ">u2", 32: ">f4"}
RAW, RUNS = 0, 1

RESOLUTION, ICC, CLEAR_INDEX, VERSION, EXIF, XMP = 1005, 1039, 1047, 1057, 1058, 1060
OWN = (
    *(RESOLUTION, ICC, CLEAR_INDEX, VERSION, EXIF, XMP, 1059, 1006, 1045, 1053, 1067, 1077),
    *(1024, 1026, 1046, 1065, 1069, 1072, 1033, 1036),
)
"""The resources that go their own way, or speak of layers, channels and palettes that are not carried; thumbnails."""


class PsdHeader(NamedTuple):
    version: int
    """2 for a large file, whose lengths have more bytes."""
    channels: int
    height: int
    width: int
    bits: int
    mode: int


def read(data: bytes, request: ReadRequest) -> list[Image]:
    """Return the flattened picture, and no other; ImageError for a file that was saved without one."""
    header = _header(data)
    request.numbers(1)
    request.check_pixels(header.width * header.height)
    found = psd_sections.split(data, large=header.version == 2)
    resources = {number: body for number, _, body in photoshop.resources(found.resources)}
    if found.layers and resources.get(VERSION, b"").ljust(5, b"\1")[4] == 0:
        raise ImageError("it was saved without its flattened picture; save it with 'Maximize Compatibility'")
    losses = _losses(header, found)
    count = COLORS[header.mode]
    alpha = found.has_alpha and header.channels > count
    planes = _planes(data, header, found.start, count + alpha)
    pixels, icc = _colors(planes, header, found.palette, resources, losses)
    about = assemble.RawMetadata(
        exif=resources.get(EXIF, b""),
        xmp=resources.get(XMP, b""),
        icc=icc,
        dpi=_resolution(resources.get(RESOLUTION, b"")),
        photoshop=photoshop.without(found.resources, OWN),
    )
    return [assemble.of_parts(pixels, about, losses, request.auto_orient)]


def _header(data: bytes) -> PsdHeader:
    if len(data) < psd_sections.HEADER:
        raise ImageError("it is cut short: it ends within its header")
    header = PsdHeader(*struct.unpack_from(">H6xHIIHH", data, 4))
    if header.mode == MULTICHANNEL:
        raise ImageError("its channels are inks of their own (multichannel), which are not read; save it as RGB")
    depths = DEPTHS.get(header.mode, tuple(TYPES))
    wrong = header.mode not in COLORS or header.bits not in depths or header.version not in (1, 2)
    if wrong or header.channels < COLORS[header.mode] or not header.width or not header.height:
        words = f"version {header.version}, mode {header.mode}, {header.channels} channels of {header.bits} bits"
        raise ImageError(f"it is damaged: its header says {words}, {header.width} x {header.height} pixels")
    return header


def _losses(header: PsdHeader, found: Sections) -> list[str]:
    """Return a sentence for each part of the file that the flattened picture does not hold."""
    rest = header.channels - COLORS[header.mode] - found.has_alpha
    losses = [f"its {found.layers} layers are not read; their flattened picture is"] * (found.layers > 1)
    if rest > 0:
        losses.append(f"{rest} of its channels, neither color nor alpha (saved selections, inks), are left out")
    return losses + ["its inks (duotone) are left out; it is read as gray"] * (header.mode == DUOTONE)


def _planes(data: bytes, header: PsdHeader, start: int, count: int) -> Pixels:
    """Return the first channels of the picture, which are stored one after the other."""
    if len(data) < start + 2:
        raise ImageError("it has no flattened picture, or is cut short before it")
    compression = struct.unpack_from(">H", data, start)[0]
    if compression not in (RAW, RUNS):
        words = {2: "ZIP", 3: "ZIP with prediction"}.get(compression, f"number {compression}")
        raise ImageError(f"its flattened picture is compressed by {words}, which is not read")
    row = (header.width * header.bits + 7) // 8
    rows, needed = header.height * count, header.height * count * row
    found = _from_runs(data, header, start + 2, rows, row) if compression else data[start + 2 : start + 2 + needed]
    if len(found) < needed:
        raise ImageError(f"it is cut short: its pixels have {len(found):,} of {needed:,} bytes")
    if header.bits == 1:
        bits = np.unpackbits(np.frombuffer(found, np.uint8).reshape(rows, row), axis=1)[:, : header.width]
        return (1 - bits.reshape(count, header.height, header.width)) * np.uint8(255)  # 1 is black
    planes = np.frombuffer(found, TYPES[header.bits]).reshape(count, header.height, header.width)
    return planes.astype(planes.dtype.newbyteorder("="))


def _from_runs(data: bytes, header: PsdHeader, start: int, rows: int, row: int) -> bytes:
    """Return rows that are packed as in a TIFF (PackBits); before all of them are their lengths."""
    size = 4 if header.version == 2 else 2
    place = start + size * header.height * header.channels
    if len(data) < place:
        raise ImageError("it is cut short: it ends within its table of rows")
    lengths = np.frombuffer(data, f">u{size}", rows, start)
    end = place + int(lengths.sum(dtype=np.uint64))
    if len(data) < end:
        raise ImageError(f"it is cut short: its pixels have {len(data) - place:,} of {end - place:,} packed bytes")
    return PIL.Image.frombytes("L", (row, rows), data[place:end], "packbits", "L").tobytes()


def _colors(
    planes: Pixels, header: PsdHeader, palette: bytes, resources: dict[int, bytes], losses: list[str]
) -> tuple[Pixels, bytes]:
    """Return the picture as filters know it, and the profile of its colors."""
    icc = resources.get(ICC, b"")
    if header.mode == INDEXED:
        return _in_palette(planes[0], palette, resources.get(CLEAR_INDEX, b"")), icc
    count = COLORS[header.mode]
    pixels = np.ascontiguousarray(np.moveaxis(planes, 0, -1))
    if pixels.shape[2] > count:
        pixels = _without_white(pixels, header.mode)
    if header.mode in (CMYK, LAB):
        return _printed(pixels, "CMYK" if header.mode == CMYK else "LAB", icc, losses), b""
    return (pixels[:, :, 0] if pixels.shape[2] == 1 else pixels), icc


def _in_palette(indices: Pixels, palette: bytes, clear: bytes) -> Pixels:
    """Return the colors of a palette, which has all reds first; one may be transparent."""
    if len(palette) < 768:
        raise ImageError("it is damaged: its palette has less than 256 colors")
    colors = np.frombuffer(palette[:768], np.uint8).reshape(3, 256).T
    if len(clear) < 2 or not 0 <= (index := struct.unpack_from(">h", clear)[0]) < 256:
        return np.asarray(colors[indices])
    alpha = np.where(np.arange(256) == index, 0, 255).astype(np.uint8)
    return np.asarray(np.concatenate([colors, alpha[:, None]], axis=1)[indices])


def _without_white(pixels: Pixels, mode: int) -> Pixels:
    """Return straight color. Photoshop blends the flattened picture with white, and keeps its alpha."""
    full = float(white_level(pixels.dtype))
    white = np.array([full, 128 * full // 255, 128 * full // 255] if mode == LAB else [full])
    alpha = pixels[:, :, -1:].astype(np.float64)
    seen = np.divide(full, alpha, out=np.zeros_like(alpha), where=alpha > 0)
    color = (pixels[:, :, :-1] - white) * seen + white
    if pixels.dtype.kind != "f":
        color = np.rint(np.clip(color, 0, full))
    return np.concatenate([color.astype(pixels.dtype), pixels[:, :, -1:]], axis=2)


def _printed(pixels: Pixels, mode: str, icc: bytes, losses: list[str]) -> Pixels:
    """Return CMYK or Lab, with alpha or without, as RGB."""
    losses.append(MODES[mode].loss)
    if pixels.dtype == np.uint16:
        losses.append("its 16-bit colors are read as 8-bit")
        pixels = to_depth(pixels, "8")
    count = 4 if mode == "CMYK" else 3
    color = 255 - pixels[:, :, :4] if mode == "CMYK" else pixels[:, :, :3]  # 255 is no ink
    bands = [PIL.Image.fromarray(np.ascontiguousarray(color[:, :, place])) for place in range(count)]
    picture = PIL.Image.merge(mode, bands)
    if icc:
        picture.info["icc_profile"] = icc
    rgb = np.asarray(printed_to_rgb(picture))
    return np.concatenate([rgb, pixels[:, :, count:]], axis=2)


def _resolution(found: bytes) -> tuple[float, float] | None:
    """Return the resolution in dots per inch: Photoshop stores it so, whatever unit it shows."""
    if len(found) < 16:
        return None
    across, down = struct.unpack_from(">I4xI", found)
    return metadata.dpi((across / 65536, down / 65536))
