"""Stacks of images in memory: each is filtered by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError
from imgcuda.execution.in_layout import check_one_size

Array = npt.NDArray[Any]


def filtered(stack: Array, at_once: Callable[[Array], Array], leading: int) -> Array:
    """Return each image of a stack filtered; the first `leading` axes number the images."""
    if not leading:
        return at_once(stack)
    numbers = stack.shape[:leading]
    if 0 in numbers:
        raise ImageError(f"a stack must hold at least one image; got shape {stack.shape}")
    made = [at_once(stack[number]) for number in np.ndindex(numbers)]
    for each in made:
        check_one_size(each.shape, made[0].shape)
    return np.stack(made).reshape(*numbers, *made[0].shape)
