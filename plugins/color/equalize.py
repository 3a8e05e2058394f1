"""Equalize: every level as frequent as any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from imgcuda import Argument, Filter, PointFilter, Table, param
from imgcuda_plugins.color.level_counts import LevelCounts

AS_IT_IS = -1.0
"""What stands in a table for a level that stays as it is."""


class Equalize(LevelCounts):
    """Spread the levels of an image so that all are about as frequent, from black to white.

    A level becomes the share of the samples that are darker or as dark, those of the darkest level left out, as in
    OpenCV's equalizeHist. Floats are counted in 65536 steps from 0 to 1, those outside at the ends, and become such
    steps; what is infinite or not a number is neither counted nor changed. A channel that has one level only, or of
    floats one step, stays as it is.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "equalise": {},
        "equalize-hist": {},
        "histogram-equalization": {},
    }

    per_channel: bool = param(
        default=True,
        help="equalize each color by itself, which shifts hues; otherwise all in the same way, counted together",
    )

    @property
    def channelwise(self) -> bool:
        return self.per_channel

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        counts = found[:, :, 0] if self.per_channel else found[:, :, 0].sum(axis=0, keepdims=True)
        return Equalized(table=Table.of(np.stack([equalized(each) for each in counts])))


class Equalized(PointFilter):
    """Look levels up in a table: of (channels, levels), or (1, levels) for all channels."""

    table: Table = param(help="what each level becomes, from 0 to 1, or AS_IT_IS")

    def arguments(self) -> Mapping[str, Argument]:
        levels = self.table.array.shape[1]
        return {"table": np.broadcast_to(self.table.array, (3, levels)), "levels": levels}


def equalized(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return the new value of each level, from 0 to 1: in single precision, so that it rounds as in OpenCV."""
    top = len(counts) - 1
    darkest = counts[np.argmax(counts > 0)]
    others = counts.sum() - darkest
    if others == 0:
        return np.full(top + 1, AS_IT_IS, np.float32)
    share = np.maximum(np.cumsum(counts) - darkest, 0).astype(np.float32) * (np.float32(top) / np.float32(others))
    level: npt.NDArray[np.float32] = (np.rint(share) / top).astype(np.float32)
    return level
