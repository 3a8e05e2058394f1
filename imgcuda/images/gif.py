"""Write GIF: 256 colors a frame, one of which may be transparent."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import PIL.Image

from imgcuda.images.convert import with_channels
from imgcuda.images.image import Image, Pixels
from imgcuda.images.signatures import load_plugin


def encode(image: Image, losses: list[str]) -> bytes:
    """Return a GIF. Frames of more than 256 colors are reduced to them, and alpha to all or nothing."""
    pictures = [_picture(frame.pixels, losses) for frame in image.frames]
    arguments: dict[str, Any] = {"optimize": False, "comment": dict(image.text).get("Comment")}
    if image.later:
        # Each frame is whole: the previous one is cleared, or it would be visible where this one is transparent.
        arguments |= {"save_all": True, "append_images": pictures[1:], "disposal": 2}
        arguments["duration"] = [round(frame.duration or 0) for frame in image.frames]
    if image.later and image.plays != 1:
        arguments["loop"] = max(image.plays - 1, 0)
    buffer = BytesIO()
    load_plugin("GIF")
    pictures[0].save(buffer, "GIF", **{name: value for name, value in arguments.items() if value is not None})
    return buffer.getvalue()


def _picture(pixels: Pixels, losses: list[str]) -> PIL.Image.Image:
    rgba = with_channels(pixels, 4)
    clear = rgba[:, :, 3] < 128
    colors = 256 - bool(clear.any())
    picture = PIL.Image.fromarray(np.ascontiguousarray(rgba[:, :, :3]))
    if picture.getcolors(colors) is None:
        _say(losses, "its colors are reduced to 256 for each picture; GIF has no more")
    if ((rgba[:, :, 3] > 0) & (rgba[:, :, 3] < 255)).any():
        _say(losses, "its transparency is reduced to all or nothing; GIF has no more")
    reduced = picture.quantize(colors, dither=PIL.Image.Dither.NONE)
    if clear.any():
        indices = np.where(clear, 0, np.asarray(reduced))
        place = int(indices.max()) + 1  # behind the last color, so that it is in the palette, however small that is
        palette = (reduced.getpalette() or [])[: 3 * place]
        reduced = PIL.Image.fromarray(np.where(clear, place, indices).astype(np.uint8))
        reduced.putpalette([*palette, *[0] * (3 * (place + 1) - len(palette))])
        reduced.info["transparency"] = place
    return reduced


def _say(losses: list[str], sentence: str) -> None:
    if sentence not in losses:
        losses.append(sentence)
