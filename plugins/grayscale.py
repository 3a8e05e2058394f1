"""Grayscale: the brightness of a colour image."""

from __future__ import annotations

from typing import ClassVar, Literal

from imgcuda import Filter, PointFilter, hookimpl, param


class Grayscale(PointFilter):
    """Make an image grey, weighting the colours as the eye does."""

    channels: ClassVar[Literal[1]] = 1

    weights: Literal["rec601", "rec709", "average", "lightness"] = param(
        default="rec601",
        constant=True,
        help="what each colour counts: rec601 as Pillow and OpenCV, rec709 for HDTV and sRGB, average for a third"
        " each, lightness for the middle of the largest and the smallest",
    )


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [Grayscale]
