"""16-bit color, out of a decoder that keeps 8 of the 16 bits.

Pillow has no mode for it: it unpacks the upper byte of every sample. But it lets its callers say how a file's bytes are
to be unpacked (`tile`), and has an unpacker for either byte order. Decoded once as what it is, and once as if the bytes
were swapped, a file gives the upper bytes and then the lower ones: with every compression that Pillow knows, and no
further decoder to install and to trust.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import PIL.Image

from imgcuda.images.image import Pixels

Open = Callable[[], PIL.Image.Image]
"""Opens the same picture again."""

LAYOUT = r"(?P<samples>LA|RGB|RGBA);16(?P<order>[BLN])$"


def layout(picture: PIL.Image.Image) -> str:
    """Return how a file stores 16-bit color, "RGB;16B", or nothing for all else; to be asked before it is loaded.

    "BGR;16" is no such: it has 16 bits for all three.
    """
    tiles = getattr(picture, "tile", [])
    if not tiles or picture.mode not in ("RGB", "RGBA", "CMYK"):
        return ""
    args = tiles[0].args
    first = args[0] if isinstance(args, tuple) else args
    return first if isinstance(first, str) and ";16" in first and not first.startswith("BGR") else ""


def can_read(stored: str) -> bool:
    """Return whether `read` knows a layout."""
    return re.match(LAYOUT, stored) is not None


def read(picture: PIL.Image.Image, reopen: Open) -> Pixels:
    """Return a picture's 16-bit colors; both `picture` and the picture that `reopen` opens are decoded."""
    form = re.match(LAYOUT, layout(picture))
    assert form is not None
    samples, order = form["samples"], form["order"].replace("N", "L" if sys.byteorder == "little" else "B")
    key = picture.info.get("transparency")
    if samples == "LA":  # two samples of two bytes are unpacked as four of one
        pixels = _load(picture, "RGBA").view(">u2")
    else:
        upper = _load(picture, f"{samples};16{order}").astype(np.uint16) << 8
        pixels = upper | _load(reopen(), f"{samples};16{'L' if order == 'B' else 'B'}")
    return _keyed(pixels.astype(np.uint16), key)


def _load(picture: PIL.Image.Image, rawmode: str) -> Pixels:
    """Return the bytes that a picture has when they are unpacked in another way."""

    def unpacked(tile: Any) -> Any:
        others = tile.args[1:] if isinstance(tile.args, tuple) else ()
        return tile._replace(args=(rawmode, *others))

    picture.tile = [unpacked(tile) for tile in picture.tile]  # type: ignore[attr-defined]
    from imgcuda.images import png_inflate  # with the first file that needs it

    png_inflate.load(picture)
    return np.asarray(picture)


def _keyed(pixels: Pixels, key: Any) -> Pixels:
    """Return colors with alpha, where a PNG says that one of them is transparent."""
    if not isinstance(key, tuple) or len(key) != 3 or pixels.shape[2] != 3:
        return pixels
    alpha = np.where((pixels == np.array(key)).all(axis=2, keepdims=True), 0, 65535)
    return np.concatenate([pixels, alpha.astype(np.uint16)], axis=2)
