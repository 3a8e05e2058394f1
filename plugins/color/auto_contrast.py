"""Auto-contrast: from black to white."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import param
from imgcuda_plugins.color.stretched_levels import StretchedLevels


class AutoContrast(StretchedLevels):
    """Stretch the levels of an image so that the darkest becomes black and the brightest white.

    What lies between is moved in proportion. Before, `cutoff` percent of a channel's samples, rounded down, are set
    aside at either end, as in Pillow's ImageOps.autocontrast: they become black and white, too, but for floats, which
    are not clipped. Where only one level is left nothing changes. The ends are found exactly, whatever the range. Of
    floats, those that are infinite or not a number are not looked at, and stay what they are.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "autocontrast": {},
        "contrast-stretch": {},
        "auto-level": {"per_channel": False},
    }

    cutoff: float = param(
        default=0.0, ge=0, le=50, help="percent of the darkest and of the brightest samples that are set aside"
    )

    @property
    def set_aside(self) -> tuple[float, float]:
        return self.cutoff, self.cutoff
