"""Lens distortion: an image as a lens would bend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda_plugins.geometry.lens import Lens


class LensDistortion(Lens):
    """Bend an image as a lens does: the inverse of undistort with the same coefficients.

    A negative k1 makes a barrel of a square, a positive one a pincushion. The place of a pixel before is found by 20
    steps of fixed-point iteration, as in OpenCV's undistortPoints. Where there is none, as in the corners of a strong
    barrel, the border is seen.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "distort": {},
        "barrel-distortion": {"k1": -0.1},
        "pincushion-distortion": {"k1": 0.1},
    }
