"""Where the parts of a structure of C lie in memory, for launches that are given it by its fields."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class StructurePart(NamedTuple):
    """A structure, or a part of one: a number, an array of numbers, a pointer, or a structure within."""

    type: str
    """Its type as messages show it; of a pointer, the type that it points to."""
    offset: int
    """Where it begins in the structure around it, in bytes."""
    size: int
    alignment: int
    dtype: np.dtype[Any] | None = None
    """The NumPy type of its numbers, or of the numbers that it points to; None for a structure or a pointer to one."""
    numbers: int = 1
    """How many there are."""
    pointer: bool = False
    const: bool = False
    """Whether it is a pointer to const."""
    fields: tuple[tuple[str, StructurePart], ...] = ()
    """The fields of a structure that the author declares."""
    union: bool = False
