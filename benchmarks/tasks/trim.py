"""Trimming: a picture without a border, which is seen at once, and one that is border everywhere, all of which is read.

Both stay as they are. OpenCV and Pillow find the box of what differs from a color, which they always read everything
for.
"""

from __future__ import annotations

from typing import Any

import cv2
from PIL import Image, ImageChops
from task import Picture, Task

GRAY, FAR = 128, 128


def same(picture: Picture) -> Picture:
    """Return the picture itself."""
    return picture


def opencv(picture: Picture, color: Any, tolerance: int) -> Any:
    """Return the box of the pixels that are not in a range of colors; all, if there are none."""
    low, high = (tuple(min(max(level + off, 0), 255) for level in color) for off in (-tolerance, tolerance))
    left, top, width, height = cv2.boundingRect(255 - cv2.inRange(picture, low, high))
    return picture[top : top + height, left : left + width].copy() if width else picture.copy()


def pillow(picture: Picture, color: Any, tolerance: int) -> Any:
    """Return the box of the samples that differ from a color by more; all, if there are none."""
    image = Image.fromarray(picture)
    apart = ImageChops.difference(image, Image.new("RGB", image.size, tuple(color)))
    box = apart.point(lambda sample: 255 * (sample > tolerance)).getbbox()
    return image.crop(box) if box else image.copy()


def task(parameters: dict[str, Any], color: Any, tolerance: int) -> Task:
    """Return the row of a color and a tolerance; the corner's, if there is no color."""

    def of(peer: Any) -> Any:
        return lambda picture: peer(picture, picture[0, 0].tolist() if color is None else color, tolerance)

    return Task("trim", parameters, same, {"OpenCV": of(opencv), "Pillow": of(pillow)}, tolerance=0)


TASKS = [
    task({}, None, 0),
    task({"color": "#808080", "tolerance": FAR / 255}, [GRAY] * 3, FAR),
]
