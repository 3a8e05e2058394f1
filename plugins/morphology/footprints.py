"""Footprints: which neighbors of a pixel count, as arrays and as the runs that the kernel `runs` takes."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

Shape = Literal["rectangle", "ellipse", "disk", "diamond", "cross"]
Footprint = npt.NDArray[np.bool_]


@lru_cache(maxsize=64)
def named(shape: Shape, radius: int) -> Footprint:
    """Return a shape of 2 * radius + 1 pixels a side."""
    down, along = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    made = {
        "rectangle": (down == down) & (along == along),
        "ellipse": abs(along) <= np.rint(np.sqrt(radius**2 - down**2)),
        "disk": along**2 + down**2 <= radius**2,
        "diamond": abs(along) + abs(down) <= radius,
        "cross": (along == 0) | (down == 0),
    }
    return np.asarray(made[shape])


def runs(footprint: Footprint, channels: int, margin: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], int]:
    """Return a footprint as the kernel `runs` takes it: the first run of each row, the table of runs, and the levels.

    Each run is covered by two windows of a power of two pixels, one at its beginning and one at its end.
    """
    middle, starts, table = footprint.shape[1] // 2, [0], []
    for number, row in enumerate(footprint):
        edges = np.flatnonzero(np.diff(np.pad(row.astype(np.int8), 1)))
        for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            level = (end - begin).bit_length() - 1
            places = [margin + (place - middle) * channels for place in (begin, end - (1 << level))]
            table.append([number, level, *places])
        starts.append(len(table))
    return np.array(starts, np.int32), np.array(table, np.int32), 1 + max(run[1] for run in table)
