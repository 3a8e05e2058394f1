"""Sabattier: the effect of that name, the negative of what is bright, as when a print is exposed to light while it develops."""

from __future__ import annotations

from imgcuda import Filter, PointFilter, hookimpl, param


class Sabattier(PointFilter):
    """Turn what is brighter than a level into its negative."""

    category = "color"

    level: float = param(default=0.5, ge=0, le=1, help="the level, from 0 for black to 1 for white")


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [Sabattier]
