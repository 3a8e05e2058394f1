"""Converts the samples of a TIFF to gray or RGB, with or without alpha, in a type that filters accept."""

from __future__ import annotations

import numpy as np
import PIL.Image

from imgcuda.errors import ImageError
from imgcuda.images.depth import to_depth
from imgcuda.images.image import Pixels, divided_by_alpha
from imgcuda.images.modes import MODES, WHOLE, printed_to_rgb
from imgcuda.images.tiff_layout import (
    CIELAB,
    CMYK,
    COLORS,
    FLOAT,
    ICCLAB,
    PALETTE,
    UNSIGNED,
    WHITE_IS_ZERO,
    YCBCR,
    TiffLayout,
)
from imgcuda.pixels import white_level


def to_pixels(samples: Pixels, page: TiffLayout, raw: bool, losses: list[str]) -> Pixels:
    """Return samples as a (height, width, channels) image that filters accept, and add to the losses.

    With `raw`, gray whole numbers of more than 8 bits become floats of the same value.
    """
    count = COLORS[page.photometric]
    alpha_at = next((count + place for place, kind in enumerate(page.extra) if kind in (1, 2)), None)
    _report_losses(page, losses)
    if page.photometric == PALETTE:
        color = _from_palette(samples[:, :, 0], page, losses)
    elif page.kind == FLOAT:
        color = _from_floats(samples[:, :, :count])
    elif page.kind == UNSIGNED and page.bits <= 16 and not (raw and page.bits > 8 and count == 1 and alpha_at is None):
        color = _scaled(samples[:, :, :count], page.bits)
    else:
        return _whole_numbers(samples[:, :, :count], page, raw, losses)
    alpha = None
    if alpha_at is not None:
        alpha = samples[:, :, alpha_at : alpha_at + 1]
        alpha = alpha.astype(np.float32) if page.kind == FLOAT else _scaled(alpha, page.bits)
        if page.photometric == PALETTE:
            alpha = to_depth(alpha, "8")
        elif page.extra[alpha_at - count] == 1:
            color = _divided(samples[:, :, :count], samples[:, :, alpha_at : alpha_at + 1], page)
    return _with_alpha(_to_rgb(color, page, losses), alpha)


def all_channels(samples: Pixels, page: TiffLayout) -> Pixels:
    """Return samples that are no colors as channels, in a type that filters accept."""
    return _from_floats(samples) if page.kind == FLOAT else _scaled(samples, page.bits)


def _report_losses(page: TiffLayout, losses: list[str]) -> None:
    """Report the losses that do not depend on the values of samples."""
    unknown = len(page.extra) - page.has_alpha
    if unknown:
        what = "sample of a pixel is" if unknown == 1 else f"{unknown} samples of a pixel are"
        losses.append(f"{'a' if unknown == 1 else ''} {what} neither color nor alpha and left out".strip())
    if page.guessed:
        losses.append("it does not say what its samples mean; 0 is taken as black")
    if (page.kind, page.bits) == (FLOAT, 64):
        losses.append("its 64-bit samples are read as 32-bit")


def _with_alpha(color: Pixels, alpha: Pixels | None) -> Pixels:
    if alpha is not None:
        if alpha.dtype != color.dtype:
            alpha = to_depth(alpha, "8")
        return np.concatenate([color, alpha], axis=2)
    return color[:, :, 0] if color.shape[2] == 1 else color


def _from_floats(samples: Pixels) -> Pixels:
    with np.errstate(over="ignore"):
        return np.asarray(samples, np.float32)


def _scaled(samples: Pixels, bits: int) -> Pixels:
    """Scale levels of any number of bits to 8 or 16, so that white stays white."""
    white, largest = (255, np.uint8) if bits <= 8 else (65535, np.uint16)
    most = (1 << bits) - 1
    if most == white:
        return samples
    table = (np.arange(most + 1, dtype=np.uint64) * white * 2 + most) // (2 * most)
    scaled: Pixels = table.astype(largest)[samples]
    return scaled


def _divided(color: Pixels, alpha: Pixels, page: TiffLayout) -> Pixels:
    """Return premultiplied color as straight color. Dividing before scaling rounds only once."""
    if page.kind == FLOAT:
        return divided_by_alpha(np.concatenate([color, alpha], axis=2).astype(np.float32))[:, :, :-1]
    white, dtype = (255, np.uint8) if page.bits <= 8 else (65535, np.uint16)
    color = np.rint(color * float(white) / np.maximum(alpha, 1))
    return np.where(alpha > 0, np.minimum(color, white), 0).astype(dtype)


def _whole_numbers(samples: Pixels, page: TiffLayout, raw: bool, losses: list[str]) -> Pixels:
    """Return integers without a known white level: as floats of the same value, or as levels if they fit."""
    if page.photometric == WHITE_IS_ZERO:
        samples = samples.dtype.type((1 << page.bits) - 1) - samples
    if raw:
        made = samples.astype(np.float32)
        if page.bits > 24 and (made.astype(np.longdouble) != samples.astype(np.longdouble)).any():
            losses.append(f"its {page.bits}-bit samples are rounded to 32-bit floats")
    else:
        if samples.min() < 0 or samples.max() > 65535:
            raise ImageError(WHOLE.format(samples.min(), samples.max()))
        made = samples.astype(np.uint8 if page.bits == 8 else np.uint16)
    return made[:, :, 0] if made.shape[2] == 1 else made


def _from_palette(indices: Pixels, page: TiffLayout, losses: list[str]) -> Pixels:
    """Return the colors of a palette in 8 bits. Some programs store 8-bit values instead of 16-bit ones."""
    values = np.array(page.directory.values(320), np.int64)
    count = len(values) // 3
    if not count or len(values) % 3 or indices.max() >= count:
        raise ImageError(f"its palette has {count} colors; its pixels ask for number {int(indices.max())}")
    palette = np.clip(values, 0, 65535).reshape(3, count).T.astype(np.uint16)
    if palette.max() <= 255:
        return palette.astype(np.uint8)[indices]
    upper = (palette >> 8).astype(np.uint8)
    if ((palette & 255 == 0) | (palette & 255 == upper)).all():
        return upper[indices]
    losses.append("its palette's 16-bit colors are read as 8-bit")
    return to_depth(palette, "8")[indices]


def _to_rgb(color: Pixels, page: TiffLayout, losses: list[str]) -> Pixels:
    """Convert any supported color space to gray or RGB."""
    if page.photometric == WHITE_IS_ZERO:
        return np.asarray(white_level(color.dtype) - color, color.dtype)
    if page.photometric == YCBCR and not page.decodes_to_rgb:
        return _from_ycbcr(color, page)
    if page.photometric in (CMYK, CIELAB, ICCLAB):
        if color.dtype == np.uint16:
            losses.append("its 16-bit colors are read as 8-bit")
            color = to_depth(color, "8")
        mode = "CMYK" if page.photometric == CMYK else "LAB"
        losses.append(MODES[mode].loss)
        return _printed(color, page, mode)
    return color


def _printed(color: Pixels, page: TiffLayout, mode: str) -> Pixels:
    if page.photometric == ICCLAB:
        color = color ^ np.array([0, 128, 128], np.uint8)  # offset a and b become signed, as in CIELAB
    picture = PIL.Image.frombytes(mode, (page.width, page.height), np.ascontiguousarray(color).tobytes())
    if profile := page.directory.raw(34675):
        picture.info["icc_profile"] = profile
    return np.array(printed_to_rgb(picture))


def _from_ycbcr(color: Pixels, page: TiffLayout) -> Pixels:
    """Return YCbCr as RGB, by the weights and the range in the directory, or those of Rec. 601."""
    weights, said = page.directory.fractions(529), page.directory.fractions(532)
    red, green, blue = weights if len(weights) == 3 and min(weights) > 0 else (0.299, 0.587, 0.114)
    range_ = np.array(said if len(said) == 6 else (0, 255, 128, 255, 128, 255), np.float32)
    low, high = range_[::2], range_[1::2]
    if not (high > low).all():
        raise ImageError("its range from black to white is empty")
    scale = np.array([255, 127, 127], np.float32) / (high - low)
    made = np.empty(color.shape, np.uint8)
    for start in range(0, len(color), 256):
        y, cb, cr = np.moveaxis((color[start : start + 256] - low) * scale, 2, 0)
        r, b = y + cr * np.float32(2 - 2 * red), y + cb * np.float32(2 - 2 * blue)
        g = (y - np.float32(blue) * b - np.float32(red) * r) / np.float32(green)
        made[start : start + 256] = np.rint(np.clip(np.stack([r, g, b], axis=2), 0, 255))
    return made
