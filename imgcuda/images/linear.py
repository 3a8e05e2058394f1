"""Convert samples to linear light and back, by the image's color profile, or as sRGB.

A blur mixes light, but samples are not proportional to light (IEC 61966-2-1, sRGB: about its 2.2nd root). Mixed as they
are, red and green meet in a dark seam. Here they are mixed as float32 light, from 0 to 1.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError
from imgcuda.images.depth import to_depth
from imgcuda.images.image import Pixels, as_planes, channels
from imgcuda.images.metadata import profile
from imgcuda.pixels import color_channels

Curve = npt.NDArray[np.float64]
"""Light at 65536 samples from 0 to 1; it rises, or is level."""

STEPS = np.linspace(0, 1, 65536)


class Light:
    """An image's way to linear light and back."""

    def __init__(self, icc: bytes, pixels: Pixels) -> None:
        """Take the curves of an image's profile, or sRGB's if it has none. Raises ImageError for one without curves."""
        own = profile(icc, channels(pixels))
        self._curves = curves(own) if own else [srgb()]
        self._pixels = pixels

    def linear(self) -> Pixels:
        """Return the image as float32 light; alpha is as it was, from 0 to 1."""
        planes = as_planes(self._pixels)
        light = to_depth(planes, "float").copy()
        for channel, curve in self._each(planes):
            light[:, :, channel] = _looked_up(planes[:, :, channel], curve)
        return light.reshape(self._pixels.shape)

    def encoded(self, light: Pixels) -> Pixels:
        """Return float32 light, of any channels, as samples of the image's own type."""
        depth = {1: "8", 2: "16", 4: "float"}[self._pixels.dtype.itemsize]
        planes = as_planes(light)
        samples = to_depth(planes, depth)
        for channel, curve in self._each(planes):
            samples[:, :, channel] = _found_again(planes[:, :, channel], curve, depth)
        return samples.reshape(light.shape)

    def _each(self, planes: Pixels) -> list[tuple[int, Curve]]:
        """Return the channels that are color, each with its curve. A gray made of color has the curve of green."""
        colors = color_channels(planes.shape[2])
        curves = self._curves if len(self._curves) == colors else [self._curves[len(self._curves) // 2]] * colors
        return list(enumerate(curves))


def srgb() -> Curve:
    """Return sRGB's curve (IEC 61966-2-1)."""
    return np.where(STEPS <= 0.04045, STEPS / 12.92, ((STEPS + 0.055) / 1.055) ** 2.4)


def curves(icc: bytes) -> list[Curve]:
    """Return a profile's curves from samples to light: three for RGB, one for gray (ICC.1:2022, 10.6 and 10.18)."""
    names = (b"kTRC",) if icc[16:20] == b"GRAY" else (b"rTRC", b"gTRC", b"bTRC")
    try:
        (count,) = struct.unpack_from(">I", icc, 128)
        entries = [struct.unpack_from(">4sII", icc, 132 + 12 * number) for number in range(min(count, 100))]
        places = {name: icc[offset : offset + size] for name, offset, size in entries}
        return [_curve(places[name]) for name in names]
    except (struct.error, KeyError, IndexError, ValueError, ZeroDivisionError):
        raise ImageError("its color profile has no curves, which --linear needs") from None


def _curve(tag: bytes) -> Curve:
    kind, number = tag[:4], struct.unpack_from(">I", tag, 8)[0]
    if kind == b"curv":
        if number == 0:
            return STEPS.copy()
        table = np.frombuffer(tag, ">u2", number, 12)
        if number == 1:
            return STEPS ** float(table[0] / 256)
        return np.interp(STEPS, np.linspace(0, 1, number), table / 65535)
    if kind != b"para":
        raise ValueError(kind)
    return _parametric(number >> 16, [value / 65536 for value in np.frombuffer(tag, ">i4", (len(tag) - 12) // 4, 12)])


def _parametric(kind: int, values: list[float]) -> Curve:
    """Return a curve that is given as a formula: a power above a point, a line below it."""
    count = (1, 3, 4, 5, 7)[kind]
    if len(values) < count:
        raise ValueError("a curve that is cut short")
    g, a, b, c, d, e, f = [*values[:count], *[0.0] * (7 - count)]
    if kind == 0:
        a = 1.0
    if kind in (1, 2):  # the offset, where there is one, is added on both sides of the point where the line begins
        c, d, e, f = 0.0, -b / a, c, c
    curve: Curve = np.where(d <= STEPS, np.maximum(a * STEPS + b, 0) ** g + e, c * STEPS + f)
    return curve


def _looked_up(samples: Pixels, curve: Curve) -> Pixels:
    """Return the light of samples. Floats beyond 0 and 1, where no curve is, are left as they are."""
    if samples.dtype != np.float32:
        levels = samples * np.uint16(257) if samples.dtype == np.uint8 else samples
        return np.take(curve.astype(np.float32), levels)
    return _along(samples, curve)


def _found_again(light: Pixels, curve: Curve, depth: str) -> Pixels:
    """Return the samples that make light: the other way along a curve that never falls.

    By the root of light, as the eye has it, 65536 steps are enough also in the dark.
    """
    samples = np.interp(STEPS**2, np.maximum.accumulate(curve), STEPS)
    root = np.sqrt(np.maximum(light, 0))
    if depth == "8":
        return np.take(np.rint(samples * 255).astype(np.uint8), to_depth(root, "16"))
    return to_depth(np.where((light < 0) | (light > 1), light, _along(root, samples)), depth)


def _along(values: Pixels, table: Curve) -> Pixels:
    """Look up values from 0 to 1 in a table, by linear interpolation; other values are returned as they are."""
    steps = table.astype(np.float32)
    inside = (values >= 0) & (values <= 1)
    place = np.where(inside, values, 0) * np.float32(len(steps) - 1)
    before = np.minimum(place.astype(np.int32), len(steps) - 2)
    start = steps[before]
    found = start + (place - before) * (steps[before + 1] - start)
    return np.where(inside, found, values).astype(np.float32)
