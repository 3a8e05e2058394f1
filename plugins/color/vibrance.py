"""Vibrance: stronger colors where they are pale."""

from __future__ import annotations

from imgcuda import PointFilter, param


class Vibrance(PointFilter):
    """Make pale colors stronger, and strong colors hardly so; or make all colors paler.

    As `saturation`, with a factor of each color: 1 + intensity * (1 - chroma), below 0 with (1 + chroma), where chroma
    is the largest channel minus the smallest. ffmpeg's `vibrance` computes this, with other weights for the luma.
    """

    intensity: float = param(
        default=0.8, ge=-2, le=2, help="how much stronger gray's neighbors become; below 0 colors become paler"
    )
