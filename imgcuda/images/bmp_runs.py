"""Decode the run lengths of a BMP: pairs of a count and a value, and escapes that end a row or skip pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError

END_OF_ROW, END, JUMP = range(3)
"""What follows a count of 0; a larger number is how many values follow, as they are."""


def decoded(data: bytes, start: int, width: int, height: int, *, half: bool) -> npt.NDArray[np.uint8]:
    """Return palette indices, the bottom row first; skipped pixels are 0. With `half`, a value has 4 bits.

    What is beyond a row's end is left out. Raises ImageError if the data ends before the rows do.
    """
    made = np.zeros((height, width), np.uint8)
    x = y = 0
    place = start
    while y < height:
        if place + 2 > len(data):
            raise ImageError(f"it is cut short: its pixels end in row {y + 1} of {height}")
        count, value = data[place], data[place + 1]
        place += 2
        if count:  # one value, so many times; or two that take turns
            values = _halves(bytes([value]) * ((count + 1) // 2), count) if half else bytes([value]) * count
        elif value == END_OF_ROW:
            x, y = 0, y + 1
            continue
        elif value == END:
            break
        elif value == JUMP:
            right, up = data[place : place + 2].ljust(2, b"\0")
            x, y, place = min(x + right, width), y + up, place + 2
            continue
        else:
            size = (value + 1) // 2 if half else value
            values = data[place : place + size]
            if len(values) < size:
                raise ImageError(f"it is cut short: its pixels end in row {y + 1} of {height}")
            values = _halves(values, value) if half else values
            place += size + size % 2
        fitting = values[: width - x]
        made[y, x : x + len(fitting)] = np.frombuffer(fitting, np.uint8)
        x += len(fitting)
        if x == width and y == height - 1:
            break  # some encoders leave out the end
    return made


def _halves(values: bytes, count: int) -> bytes:
    """Return so many values of 4 bits, the upper ones first."""
    return bytes(half for value in values for half in (value >> 4, value & 15))[:count]
