"""Set alpha: how opaque an image is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import PointFilter, param


class SetAlpha(PointFilter):
    """Give an image alpha, the same everywhere, or multiply the alpha that it has.

    The colors stay as they are, straight. For an alpha that differs from pixel to pixel, lay a picture over the result:
    `composite` with mode=mask.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "add-alpha": {"opacity": 1.0, "multiply": True},
        "opaque": {"opacity": 1.0},
        "fade": {"multiply": True},
    }
    result_alpha = True

    opacity: float = param(default=0.5, ge=0, le=1, help="the alpha: 0 transparent, 1 opaque")
    multiply: bool = param(default=False, help="whether the image's own alpha is multiplied by it, instead of replaced")
