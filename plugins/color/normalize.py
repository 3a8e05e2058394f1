"""Normalize: black and white at two percentiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import ParameterError, param
from imgcuda_plugins.color.stretched_levels import StretchedLevels


class Normalize(StretchedLevels):
    """Stretch the levels of an image between two percentiles.

    The `low` percent darkest samples of a channel, rounded down, become black, and those above `high` percent white;
    what lies between is moved in proportion, and floats beyond are not clipped. scikit-image's `rescale_intensity`
    between percentiles does so, and ImageMagick's -normalize, whose 2 and 99 percent are the defaults. `auto-contrast`
    sets aside the same on both sides. Of floats, those that are infinite or not a number are not looked at.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"rescale-intensity": {"low": 0.0, "high": 100.0}}

    low: float = param(default=2.0, ge=0, le=100, help="the percentile that becomes black")
    high: float = param(default=99.0, ge=0, le=100, help="the percentile that becomes white; above low")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.low < self.high:
            raise ParameterError(f"high must be above low, {self.low:g}; got {self.high:g}")

    @property
    def set_aside(self) -> tuple[float, float]:
        return self.low, 100 - self.high
