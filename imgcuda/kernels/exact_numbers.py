"""Python's numbers in a type of C, which must hold them exactly: a launch does not cut fractions off in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def exactly(given: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return numbers in a type; ValueError if that would change a whole number, or cut a fraction off.

    A float takes any number, rounded.
    """
    if given.dtype.kind not in "biuf":
        raise ValueError("these are no numbers")
    with np.errstate(invalid="ignore", over="ignore"):
        made = given.astype(dtype)
    if dtype.kind != "f" and not np.array_equal(made, given):
        raise ValueError("the type cannot hold them")
    return made
