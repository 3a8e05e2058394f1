"""Solarize: inverts bright values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import PointFilter, param


class Solarize(PointFilter):
    """Invert bright values, as on film that was exposed to light while it was developed.

    Each channel that is as bright as the threshold, or brighter, is taken from white, as by Pillow's
    `ImageOps.solarize` and torchvision's `solarize`. Level k of 8 or 16 bits is k / 255 or k / 65535.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"solarise": {}}

    threshold: float = param(default=0.5, ge=0, le=1, help="the darkest level that is inverted, from 0 to 1")
