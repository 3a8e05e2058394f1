"""Pictures side by side, on transparency, as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image

from imgcuda.images.convert import with_channels

Picture = npt.NDArray[Any] | None


def picture_row(
    pictures: Sequence[Picture], tile: tuple[int, int], gap: int, cell: tuple[int, int]
) -> PIL.Image.Image | None:
    """Return pictures in a row, made smaller until each fits a tile; None if there are none.

    The row covers whole cells, the places of characters, so that a terminal does not scale it. What is transparent in
    a picture stands on white.
    """
    made = list(_placed(pictures, tile, gap))
    if not made:
        return None
    size = (max(left + each.width for left, each in made), max(each.height for _, each in made))
    row = PIL.Image.new("RGBA", [-(-length // each) * each for length, each in zip(size, cell, strict=True)])
    for left, each in made:
        row.paste(each, (left, 0))
    return row


def _placed(pictures: Sequence[Picture], tile: tuple[int, int], gap: int) -> Iterator[tuple[int, PIL.Image.Image]]:
    """Yield the pictures that there are, each with its left edge."""
    for number, each in enumerate(pictures):
        if each is not None:
            small = PIL.Image.fromarray(np.ascontiguousarray(with_channels(each, 3)))
            small.thumbnail(tile, PIL.Image.Resampling.BOX, reducing_gap=None)
            yield number * (tile[0] + gap), small
