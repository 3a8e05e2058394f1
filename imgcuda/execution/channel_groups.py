"""Images of more than four channels: groups of their channels run one after the other, each as an image of its own.

A group has three channels or one, since the last of two or four would be alpha. A filter takes such images if it is
`channelwise`: then it does not matter which channels run together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError
from imgcuda.execution.row_source import RowSource
from imgcuda.filters import Filter
from imgcuda.pixels import MOST_CHANNELS

Array = npt.NDArray[Any]

TOGETHER = 3


def channel_groups(filters: Sequence[Filter], channels: int) -> list[slice]:
    """Return which channels run together; ImageError if there are more than four and a filter mixes channels."""
    if channels <= MOST_CHANNELS:
        return [slice(0, channels)]
    for filter in filters:
        if not filter.channelwise:
            raise ImageError(
                f"{filter.name} takes images of 1 to {MOST_CHANNELS} channels, since it does not treat each channel "
                f"by itself; this one has {channels}"
            )
    ends = [*range(0, channels - TOGETHER + 1, TOGETHER), *range(channels - channels % TOGETHER, channels)]
    return [slice(first, last) for first, last in zip(ends, [*ends[1:], channels], strict=True)]


def joined(groups: Sequence[slice], made: Iterable[Array], out: Array | None = None) -> Array:
    """Return the results of groups as one array (height, width, channels), in the memory of `out` if it is given."""
    for group, part in zip(groups, made, strict=True):
        if out is None:
            out = np.empty((*part.shape[:2], groups[-1].stop), part.dtype)
        out[:, :, group] = part
    assert out is not None
    return out


def split(image: RowSource, groups: Sequence[slice]) -> list[RowSource]:
    """Return each group of an image's channels as an image; if there is one group, the image itself."""
    if len(groups) == 1:
        return [image]
    kept = _LastRows(image)
    return [_SomeChannels(kept, group) for group in groups]


class _LastRows:
    """An image whose rows can be read, the last of them kept: groups of channels read the same, one after the other."""

    def __init__(self, image: RowSource) -> None:
        self._image, self.shape, self.dtype = image, image.shape, image.dtype
        self._last: tuple[slice, Array] | None = None

    def __getitem__(self, rows: slice, /) -> Array:
        last = self._last
        if last is None or last[0] != rows:
            last = self._last = (rows, self._image[rows])
        return last[1]


class _SomeChannels:
    """Some channels of an image whose rows can be read."""

    def __init__(self, image: RowSource, channels: slice) -> None:
        self._image, self._channels = image, channels
        self.shape: tuple[int, ...] = (*image.shape[:2], channels.stop - channels.start)
        self.dtype = image.dtype

    def __getitem__(self, rows: slice, /) -> Array:
        return np.ascontiguousarray(self._image[rows][:, :, self._channels])
