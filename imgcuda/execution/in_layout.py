"""Filters an array whose axes are not (height, width, channels): channels first, or a batch of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError
from imgcuda.layouts import AxisOrder

Array = npt.NDArray[Any]
Run = Callable[[Array, Array | None], Array]
"""Filters one image (height, width) or (height, width, channels), into an array if one is given and fits."""


def filter_in_order(order: AxisOrder, given: Array, out: Array | None, flat: bool, run: Run) -> Array:
    """Return the result for an array of some axes, in the same order; each image of a batch is filtered by itself.

    `out` is of the result's shape in the caller's order; `flat` tells that one image's result is (height, width).
    """
    images, target = order.inward(given), None if out is None else _target(order, out, flat)
    if order.batch:
        made = _filter_each(images if target is None else _kept(images, target), target, run)
    else:
        made = run(images, target)
    return order.outward(made) if out is None else out


def _target(order: AxisOrder, out: Array, flat: bool) -> Array:
    """Return the view of the caller's `out` that results are written to, as one image's result has its axes."""
    view = order.inward(out)
    return view[..., 0] if flat and view.ndim - order.batch == 3 else view


def _kept(images: Array, target: Array) -> Array:
    """Return images that the results of those before them do not overwrite: a copy, unless each lies in its own."""
    return images if _same_memory(images, target) or not np.may_share_memory(images, target) else images.copy()


def _same_memory(one: Array, other: Array) -> bool:
    """Return whether two arrays have each element at the same address."""
    start, also = (array.__array_interface__["data"][0] for array in (one, other))
    return (start, one.shape, one.strides, one.dtype) == (also, other.shape, other.strides, other.dtype)


def _filter_each(images: Array, target: Array | None, run: Run) -> Array:
    """Filter images one by one, into a target or into new memory."""
    done = 0
    if target is None:
        first = run(images[0], None)
        target, done = np.empty((len(images), *first.shape), first.dtype), 1
        target[0] = first
    for image, place in zip(images[done:], target[done:], strict=True):
        made = run(image, place)
        if made is not place:
            check_one_size(made.shape, place.shape)
            place[...] = made
    return target


def check_one_size(made: tuple[int, ...], first: tuple[int, ...]) -> None:
    """Raise ImageError if the result of an image of a batch has another size than that of the first."""
    if made != first:
        sizes = [f"{shape[1]}x{shape[0]}" for shape in (first, made)]
        raise ImageError(
            f"the results of a batch must have one size; the first has {sizes[0]}, and another {sizes[1]}; filter the "
            "images one by one"
        )
