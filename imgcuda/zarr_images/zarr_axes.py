"""The axes of a Zarr array: which are rows and columns, which are channels, and which number pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError
from imgcuda.filters import Filter
from imgcuda.layouts import may_have_more_channels
from imgcuda.lazy.labeled import ROWS_AND_COLUMNS

Array = npt.NDArray[Any]

CHANNELS = ("c", "channel", "channels", "band", "C")
"""Names of an axis before rows and columns that is channels."""


@dataclass(frozen=True)
class ZarrAxes:
    """The axes of an array. Those before the rows number pictures, but for one of channels that run `together`."""

    names: tuple[str, ...]
    rows: int
    """Which axis is the rows; the next is the columns, and one may follow: the channels of a pixel."""
    together: int | None = None
    """Which axis before the rows is the colors of one picture; None if each of them is a picture."""

    @property
    def has_pixels_channels(self) -> bool:
        """Whether the channels of a pixel lie side by side, behind the columns."""
        return len(self.names) > self.rows + 2

    @property
    def may_change_channels(self) -> bool:
        """Whether a picture may get another number of channels."""
        return self.has_pixels_channels or self.together is not None

    def picture(self, block: Array, number: tuple[int, ...]) -> Array:
        """Return the view of one picture (rows, columns, channels) in a block of an array, which has all its axes."""
        index = tuple(slice(None) if axis == self.together else place for axis, place in enumerate(number))
        view = block[index]
        if self.together is not None:
            return np.moveaxis(view, 0, -1)
        return view if self.has_pixels_channels else view[..., None]

    def size_of_picture(self, shape: Sequence[int]) -> tuple[int, int, int]:
        """Return height, width and channels of the pictures of an array of a shape."""
        channels = shape[self.rows + 2] if self.has_pixels_channels else 1
        if self.together is not None:
            channels = shape[self.together]
        return shape[self.rows], shape[self.rows + 1], channels

    def with_size(self, shape: Sequence[int], size: tuple[int, int, int]) -> tuple[int, ...]:
        """Return the shape of an array whose pictures have another height, width and number of channels."""
        made = list(shape)
        made[self.rows : self.rows + 2] = size[:2]
        if self.has_pixels_channels:
            made[self.rows + 2] = size[2]
        elif self.together is not None:
            made[self.together] = size[2]
        return tuple(made)

    def pictures(self, shape: Sequence[int]) -> int:
        """Return how many pictures an array of a shape holds."""
        return prod(1 if axis == self.together else size for axis, size in enumerate(shape[: self.rows]))

    def as_one_picture(self) -> ZarrAxes:
        """Return the axes with all channels before the rows as those of one picture."""
        return replace(self, together=self._channels_before_rows())

    def as_colors(self, shape: Sequence[int]) -> ZarrAxes:
        """Return the axes with three channels before the rows as the colors of a picture."""
        found = self._channels_before_rows()
        return self if found is None or shape[found] != 3 else replace(self, together=found)

    def _channels_before_rows(self) -> int | None:
        if self.has_pixels_channels:
            return None
        return next((axis for axis, name in enumerate(self.names[: self.rows]) if name in CHANNELS), None)

    def for_filters(self, filters: Sequence[Filter], shape: Sequence[int]) -> ZarrAxes:
        """Return the axes as a chain reads them: channels before the rows are pictures, unless a filter mixes them.

        Then three are the colors of an RGB picture. Raises ImageError for another number.
        """
        axis = self._channels_before_rows()
        mixing = next((filter for filter in filters if not filter.channelwise), None)
        if mixing is None or axis is None:
            return self
        if shape[axis] not in (1, 3):
            raise ImageError(
                f"{mixing.name} does not treat each channel by itself, so the axis '{self.names[axis]}' must have 1 "
                f"channel (gray) or 3 (RGB); it has {shape[axis]}"
            )
        return replace(self, together=axis)


def axes_of(names: Sequence[str | None], shape: Sequence[int]) -> ZarrAxes:
    """Return the axes of an array by their names, or without names by its shape; ImageError if they are unknown."""
    known = [name for name in names if name is not None]
    if not known:
        return _unnamed(shape)
    pairs = [pair for pair in ROWS_AND_COLUMNS if pair[0] in known and pair[1] in known]
    if len(known) != len(shape) or len({*known}) != len(known) or not pairs:
        raise ImageError(f"its axes are {', '.join(map(str, names))}; an image has the axes y and x")
    rows = known.index(pairs[0][0])
    if known.index(pairs[0][1]) != rows + 1 or len(known) > rows + 3:
        raise ImageError(
            f"its axes are {', '.join(known)}; rows and columns must be the last, or stand before the channels"
        )
    return ZarrAxes(tuple(known), rows)


def _unnamed(shape: Sequence[int]) -> ZarrAxes:
    if len(shape) == 2 or may_have_more_channels(shape):
        return ZarrAxes(("y", "x", "c")[: len(shape)], 0)
    raise ImageError(
        f"its axes have no names, and by its shape {tuple(shape)} it is not one image; dimension_names tell, as y and x"
    )
