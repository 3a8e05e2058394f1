"""Sepia: the brown tones of an old photograph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from imgcuda import PointFilter, param


class Sepia(PointFilter):
    """Tone an image brown, as an old photograph is.

    The weights, and the strength, are those of CSS's `sepia()` (W3C, Filter Effects Module Level 1). White becomes
    (1.351, 1.203, 0.937), which is clipped, but for floats. A gray image becomes one of three colors.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"sepia-tone": {}}
    channels: ClassVar[Literal[3]] = 3

    strength: float = param(default=1.0, ge=0, le=1, help="0 leaves the image as it is, 1 tones it fully")
