"""Gravity: a place at an edge, in a corner or in the middle of an image, in ImageMagick's words."""

from __future__ import annotations

from typing import Literal

Gravity = Literal[
    "none", "northwest", "north", "northeast", "west", "center", "east", "southwest", "south", "southeast"
]
"""Where something lies; "none" leaves it to the filter."""


def place(gravity: Gravity, room: tuple[int, int], offset: tuple[int, int] = (0, 0)) -> tuple[int, int]:
    """Return the left and the upper edge of a rectangle; `room` is how far it could move to the right and down from 0.

    The offset leads away from the edge that it lies at, as in ImageMagick: at the east, to the left.
    """
    across = "west" if "west" in gravity else "east" if "east" in gravity else ""
    down = "north" if "north" in gravity else "south" if "south" in gravity else ""
    return _along(across == "west", across == "east", room[0], offset[0]), _along(
        down == "north", down == "south", room[1], offset[1]
    )


def _along(near: bool, far: bool, room: int, offset: int) -> int:
    return offset if near else room - offset if far else room // 2 + offset
