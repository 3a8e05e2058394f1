"""Invert: the negative of an image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import PointFilter


class Invert(PointFilter):
    """Turn an image into its negative: bright becomes dark, and each color its opposite.

    Each color is taken from white: from 255, 65535, or 1 for floats, of which those beyond 1 become negative.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"negate": {}, "negative": {}}
    peers: ClassVar[Mapping[str, str]] = {
        "OpenCV": "imgcuda_plugins.peers.opencv_calls:invert",
        "Pillow": "imgcuda_plugins.peers.pillow_calls:invert",
        "libvips": "imgcuda_plugins.peers.vips_calls:invert",
    }
