"""The orders that an array's axes may have: images, rows, columns and channels, and views of an array in that order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy.typing as npt

from imgcuda.errors import ImageError, shown
from imgcuda.pixels import MOST_CHANNELS

Array = npt.NDArray[Any]
Shape = tuple[int, ...]

ImageLayout = Literal["HWC", "CHW", "NHW", "HWN", "NHWC", "NCHW"]
"""The order of an array's axes: H for rows, W for columns, C for channels, N for images, each filtered by itself."""

LAYOUTS: tuple[str, ...] = get_args(ImageLayout)

AXES = {"N": "images", "H": "height", "W": "width", "C": "channels"}


class AxisOrder(NamedTuple):
    """The axes of one array, and of its result: views to (images, height, width, channels) and back, without a copy."""

    axes: str
    """A letter for each axis of the array: "NCHW"."""
    channels_first: bool
    """Whether color goes before the rows: in a result also where the array itself is (height, width)."""

    @property
    def batch(self) -> bool:
        """Whether it is several images, whose axis comes first in the view."""
        return "N" in self.axes

    @property
    def keeps_channels(self) -> bool:
        """Whether a result of one channel has an axis for it: the array has one, and its layout was given."""
        return "C" in self.axes and self.axes != "HWC"

    def inward_axes(self, number: int) -> tuple[int, ...]:
        """Return where the axes of the inward view come from, for an array, or a result, of so many axes."""
        own = tuple(range(number))
        if self.axes == "HWN":
            return (2, 0, 1, *own[3:])
        return (*own[:-3], *own[-2:], own[-3]) if self._moves_channels(number) else own

    def outward_axes(self, number: int) -> tuple[int, ...]:
        """Return where the axes of the outward view come from, for a result of so many axes, all that it has."""
        own = tuple(range(number))
        if self.axes == "HWN":
            return (1, 2, 0, *own[3:])
        return (*own[:-3], own[-1], *own[-3:-1]) if self._moves_channels(number) else own

    def is_inward(self, number: int) -> bool:
        """Return whether an array of so many axes has them in the order of the inward view."""
        return self.inward_axes(number) == tuple(range(number))

    def inward(self, array: Array) -> Array:
        """Return the view of an array of these axes, or of a result: its images come first and its channels last."""
        return array.transpose(self.inward_axes(array.ndim))

    def outward(self, result: Array) -> Array:
        """Return the view of a result in the caller's order; its images come first and its channels last."""
        if self.keeps_channels and result.ndim - self.batch == 2:
            result = result[..., None]
        return result.transpose(self.outward_axes(result.ndim))

    def _moves_channels(self, number: int) -> bool:
        return self.channels_first and number - self.batch == 3

    def outward_shape(self, result: Shape) -> Shape:
        """Return the shape that `outward` gives a result of a shape."""
        if self.keeps_channels and len(result) - self.batch == 2:
            result = (*result, 1)
        return tuple(result[axis] for axis in self.outward_axes(len(result)))


def axis_order(layout: str, shape: Sequence[int]) -> AxisOrder:
    """Return the order of an array of a shape in a layout; ImageError if it has other axes than the layout."""
    if layout not in LAYOUTS:
        raise ImageError(f"layout must be one of {', '.join(LAYOUTS)}; got {shown(layout)}")
    axes = "HW" if layout in ("HWC", "CHW") and len(shape) == 2 else layout
    if len(axes) != len(shape):
        words = ", ".join(AXES[axis] for axis in layout)
        raise ImageError(f"layout='{layout}' takes ({words}); got shape {tuple(shape)}{hint(shape, layout)}")
    if "C" in axes and not _may_be_channels(*(shape[axes.index(axis)] for axis in "CHW")):
        words = f"layout='{layout}' takes 1 to 4 channels, or more if they are fewer than rows and columns"
        raise ImageError(f"{words}; got shape {tuple(shape)}{hint(shape, layout)}")
    if 0 in shape:
        raise ImageError(f"an image must have at least one pixel, and a batch one image; got shape {tuple(shape)}")
    return AxisOrder(axes, "CH" in layout)


def may_have_more_channels(shape: Sequence[int]) -> bool:
    """Return whether the last axis of an array without names of its axes is taken as more than four channels."""
    return len(shape) == 3 and _may_be_channels(shape[2], shape[0], shape[1])


def _may_be_channels(channels: int, height: int, width: int) -> bool:
    """Return whether an axis is channels, and no other in their place: up to four, or fewer than rows and columns."""
    return channels <= MOST_CHANNELS or channels < min(height, width)


def hint(shape: Sequence[int], layout: str = "HWC") -> str:
    """Return which other layout an array of a shape may have, as the end of a message; empty if it has none."""
    if len(shape) == 4:
        fitting = [f"layout='{each}'" for each in ("NHWC", "NCHW") if each != layout]
        return f"; a batch of images takes {' or '.join(fitting)}"
    if len(shape) != 3:
        return ""
    height, width, last = shape
    channels_last, channels_first = _may_be_channels(last, height, width), _may_be_channels(height, width, last)
    if channels_first and layout != "CHW":
        return "; an image with its channels first takes layout='CHW'"
    if channels_last and layout != "HWC":
        return "; an image with its channels last takes layout='HWC'"
    return "; a batch of gray images takes layout='NHW'" if layout != "NHW" else ""
