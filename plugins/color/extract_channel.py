"""Extract a channel: makes a gray image of one channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from imgcuda import PointFilter, param


class ExtractChannel(PointFilter):
    """Make a gray image of one channel, without alpha.

    The luminance is that of `grayscale`. Hue, saturation and value are those of HSV, from 0 to 1 each: a whole turn of
    the hue is 1, where OpenCV's bytes have 180; gray has neither hue nor saturation. Lightness is that of HSL.
    An image without alpha is opaque.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "get-channel": {},
        "extract-alpha": {"channel": "alpha"},
    }
    channels: ClassVar[Literal[1]] = 1
    result_alpha = False

    channel: Literal["red", "green", "blue", "alpha", "luminance", "hue", "saturation", "value", "lightness"] = param(
        default="red", constant=True, help="which channel; a gray image is each of red, green and blue"
    )
