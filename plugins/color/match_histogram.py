"""Match histogram: gives an image the distribution of levels of another picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from imgcuda import Filter, Picture, Table, color_channels, param, white_level
from imgcuda_plugins.color.equalize import AS_IT_IS, Equalized
from imgcuda_plugins.color.level_counts import LevelCounts
from imgcuda_plugins.compose.composite import REC601, converted

Counts = npt.NDArray[np.int64]


class MatchHistogram(LevelCounts):
    """Give an image the distribution of levels of another picture, channel by channel.

    A level becomes that of the picture of which as many percent are darker or as dark, on a straight line between two
    that occur, as by scikit-image's `match_histograms`; what it makes fractions of is rounded. The picture is converted
    to the image's sample type; if only one of the two is gray, the picture counts by its luminance, Rec. 601, or is
    taken for all channels. Floats of both are counted in 65536 steps from 0 to 1, those outside at the ends; what is
    infinite or not a number is neither counted nor changed. Alpha is left out, and stays.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"match-histograms": {}, "histogram-matching": {}}

    reference: Picture = param(help="the picture whose distribution the image gets")

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        counts = found[:, :, 0]
        wanted = reference_counts(self.reference.pixels, *counts.shape)
        return Equalized(table=Table.of(np.stack(list(map(matched, counts, wanted)))))


def reference_counts(pixels: npt.NDArray[Any], channels: int, levels: int) -> Counts:
    """Return how often each level occurs in each color channel of a picture, (channels, levels)."""
    colors = pixels[..., : color_channels(pixels.shape[2])]
    if channels == 1 and colors.shape[2] == 3:
        colors = (colors @ REC601)[..., None].astype(np.float32) / np.float32(white_level(pixels.dtype))
    whole, finite = converted(colors, np.dtype(np.uint8 if levels == 256 else np.uint16)), np.isfinite(colors)
    planes = [np.bincount(whole[..., c][finite[..., c]], minlength=levels) for c in range(colors.shape[2])]
    return np.stack([planes[channel % len(planes)] for channel in range(channels)])


def matched(counts: Counts, wanted: Counts) -> npt.NDArray[np.float32]:
    """Return what each level becomes, from 0 to 1."""
    top, occur = len(counts) - 1, np.flatnonzero(wanted)
    if not counts.any() or not len(occur):
        return np.full(top + 1, AS_IT_IS, np.float32)
    share = np.cumsum(counts) / counts.sum()
    made = np.interp(share, np.cumsum(wanted[occur]) / wanted.sum(), occur)
    return (made / top).astype(np.float32)
