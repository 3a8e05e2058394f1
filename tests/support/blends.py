"""Blend modes and Porter-Duff operators in float64, as the W3C's Compositing and Blending Level 1 writes them.

From "add" on the blend modes are those of GEGL and GIMP.

`BLENDS` are its B(Cb, Cs) of colors of the shape (..., channels), `FRACTIONS` its Fa and Fb of the two alphas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[Any]
Blend = Callable[[Image, Image], Image]

LUM = np.array([0.3, 0.59, 0.11])


def hard_light(below: Image, above: Image) -> Image:
    return np.asarray(np.where(above <= 0.5, below * 2 * above, screen(below, 2 * above - 1)))


def screen(below: Image, above: Image) -> Image:
    return np.asarray(below + above - below * above)


def soft_light(below: Image, above: Image) -> Image:
    d = np.where(below <= 0.25, ((16 * below - 12) * below + 4) * below, np.sqrt(np.abs(below)))
    dark = below - (1 - 2 * above) * below * (1 - below)
    return np.asarray(np.where(above <= 0.5, dark, below + (2 * above - 1) * (d - below)))


def color_dodge(below: Image, above: Image) -> Image:
    quotient = below / np.where(above == 1, 1, 1 - above)
    return np.where(below == 0, 0, np.where(above == 1, 1, np.minimum(1, quotient)))


def color_burn(below: Image, above: Image) -> Image:
    quotient = (1 - below) / np.where(above == 0, 1, above)
    return np.where(below == 1, 1, np.where(above == 0, 0, 1 - np.minimum(1, quotient)))


def vivid_light(below: Image, above: Image) -> Image:
    return np.where(
        above <= 0.5,
        color_burn(below, np.minimum(2 * above, 1)),
        color_dodge(below, np.maximum(2 * above - 1, 0)),
    )


def divide(below: Image, above: Image) -> Image:
    return np.where(below == 0, 0, np.where(above == 0, 1, below / np.where(above == 0, 1, above)))


def lum(color: Image) -> Image:
    return np.asarray((color * LUM[: color.shape[-1]] / LUM[: color.shape[-1]].sum()).sum(axis=-1, keepdims=True))


def sat(color: Image) -> Image:
    return np.asarray(color.max(axis=-1, keepdims=True) - color.min(axis=-1, keepdims=True))


def set_lum(color: Image, wanted: Image) -> Image:
    color = color + (wanted - lum(color))
    low, high = color.min(axis=-1, keepdims=True), color.max(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        color = np.where(low < 0, wanted + (color - wanted) * wanted / (wanted - low), color)
        return np.asarray(np.where(high > 1, wanted + (color - wanted) * (1 - wanted) / (high - wanted), color))


def set_sat(color: Image, wanted: Image) -> Image:
    if color.shape[-1] == 1:
        return np.zeros(color.shape)
    order = np.argsort(color, axis=-1)
    least, middle, most = (np.take_along_axis(color, order[..., [each]], axis=-1) for each in (0, 1, 2))
    range = most - least
    between = np.where(range > 0, (middle - least) * wanted / np.where(range > 0, range, 1), 0)
    sorted = np.concatenate([np.zeros(between.shape), between, np.where(range > 0, wanted, 0)], axis=-1)
    made = np.zeros(color.shape)
    np.put_along_axis(made, order, sorted, axis=-1)
    return made


BLENDS: dict[str, Blend] = {
    "over": lambda below, above: above,
    "multiply": lambda below, above: np.asarray(below * above),
    "screen": screen,
    "overlay": lambda below, above: hard_light(above, below),
    "darken": np.minimum,
    "lighten": np.maximum,
    "color-dodge": color_dodge,
    "color-burn": color_burn,
    "hard-light": hard_light,
    "soft-light": soft_light,
    "difference": lambda below, above: np.abs(below - above),
    "exclusion": lambda below, above: np.asarray(below + above - 2 * below * above),
    "hue": lambda below, above: set_lum(set_sat(above, sat(below)), lum(below)),
    "saturation": lambda below, above: set_lum(set_sat(below, sat(above)), lum(below)),
    "color": lambda below, above: set_lum(above, lum(below)),
    "luminosity": lambda below, above: set_lum(below, lum(above)),
    "add": lambda below, above: np.asarray(below + above),
    "subtract": lambda below, above: np.asarray(below - above),
    "divide": divide,
    "linear-burn": lambda below, above: np.asarray(below + above - 1),
    "linear-light": lambda below, above: np.asarray(below + 2 * above - 1),
    "vivid-light": vivid_light,
    "pin-light": lambda below, above: np.where(
        above <= 0.5, np.minimum(below, 2 * above), np.maximum(below, 2 * above - 1)
    ),
    "grain-extract": lambda below, above: np.asarray(below - above + 0.5),
    "grain-merge": lambda below, above: np.asarray(below + above - 0.5),
}

FRACTIONS: dict[str, Callable[[Image, Image], tuple[Image | int, Image | int]]] = {
    "in": lambda source, backdrop: (backdrop, 0),
    "out": lambda source, backdrop: (1 - backdrop, 0),
    "atop": lambda source, backdrop: (backdrop, 1 - source),
    "xor": lambda source, backdrop: (1 - backdrop, 1 - source),
    "copy": lambda source, backdrop: (1, 0),
    "clear": lambda source, backdrop: (0, 0),
    "destination-over": lambda source, backdrop: (1 - backdrop, 1),
    "destination-in": lambda source, backdrop: (0, source),
    "destination-out": lambda source, backdrop: (0, 1 - source),
    "destination-atop": lambda source, backdrop: (1 - backdrop, source),
    "plus-lighter": lambda source, backdrop: (1, 1),
}


def composited(below: Image, backdrop: Image, above: Image, source: Image, mode: str, cut: bool) -> tuple[Image, Image]:
    """Return the premultiplied color and the alpha of a picture laid over another; `cut` as of whole numbers."""
    if mode in FRACTIONS:
        of_source, of_backdrop = FRACTIONS[mode](source, backdrop)
        alpha = source * of_source + backdrop * of_backdrop
        return source * of_source * above + backdrop * of_backdrop * below, np.asarray(np.minimum(alpha, 1))
    blend = BLENDS[mode](below, above)
    blend = np.clip(blend, 0, 1) if cut else blend
    mixed = (1 - backdrop) * above + backdrop * blend
    return source * mixed + (1 - source) * backdrop * below, np.asarray(source + backdrop * (1 - source))
