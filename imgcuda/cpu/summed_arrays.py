"""Which arrays each thread of the processor sums into in a copy of its own, in one launch."""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.engine.protocol import DeviceArray, LaunchArgument

LARGEST = 1 << 15
"""The most bytes of an array that is copied: the copies lie on the stack (`private_copies`)."""

_WORTH = 4
"""Samples for each element of a copy: to fill and to merge an element takes as long as a few sums."""


def copied_lengths(sums: Sequence[tuple[int, int]], arguments: Sequence[LaunchArgument], work: int) -> tuple[int, ...]:
    """Return the lengths of the arrays that are copied, which are all that a kernel sums into, or none.

    `sums` are their positions among the arguments and the bytes of their elements; `work` are the samples, or threads,
    for each copy.
    """
    lengths = tuple(arguments[position].nbytes // size for position, size in sums)
    fit = all(0 < arguments[position].nbytes <= LARGEST for position, _ in sums)
    if not sums or not fit or work < _WORTH * sum(lengths):
        return ()
    return () if any(_is_shared(position, arguments) for position, _ in sums) else lengths


def _is_shared(position: int, arguments: Sequence[LaunchArgument]) -> bool:
    """Return whether another argument has some of an array's memory."""
    array = arguments[position]
    others = (each for n, each in enumerate(arguments) if n != position and isinstance(each, DeviceArray))
    return any(
        array.pointer < other.pointer + other.nbytes and other.pointer < array.pointer + array.nbytes
        for other in others
    )
