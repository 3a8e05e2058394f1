"""Grayscale: the brightness of a color image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from imgcuda import PointFilter, param


class Grayscale(PointFilter):
    """Make an image gray, weighting the colors as the eye does.

    The weights are those of ITU-R BT.601 (in 65536ths, as in Pillow's convert("L")) or of ITU-R BT.709. `average` is
    the mean of red, green and blue; `lightness` the mean of the largest and the smallest, as in HSL.
    """

    channels: ClassVar[Literal[1]] = 1
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"greyscale": {}, "gray": {}, "grey": {}, "desaturate": {}}
    peers: ClassVar[Mapping[str, str]] = {
        "OpenCV": "imgcuda_plugins.peers.opencv_calls:grayscale",
        "Pillow": "imgcuda_plugins.peers.pillow_calls:grayscale",
        "CuPy": "imgcuda_plugins.peers.cupy_calls:grayscale",
    }

    weights: Literal["rec601", "rec709", "average", "lightness"] = param(
        default="rec601",
        constant=True,
        help="what each color counts: rec601 as Pillow and OpenCV, rec709 for HDTV and sRGB, average for a third"
        " each, lightness for the middle of the largest and the smallest",
    )
