"""Swap channels: red, green and blue in another order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from imgcuda import PointFilter, param


class SwapChannels(PointFilter):
    """Put red, green and blue into another order; a gray image does not change.

    For example "bgr" makes of an image as OpenCV has it one as all others have it, and back.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"bgr": {"order": "bgr"}, "channel-swap": {}}

    order: Literal["bgr", "rgb", "rbg", "grb", "gbr", "brg"] = param(
        default="bgr", constant=True, help="the channels of the image that become the result's red, green and blue"
    )
