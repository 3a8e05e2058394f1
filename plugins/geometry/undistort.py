"""Undistort: an image without its lens's distortion."""

from __future__ import annotations

from imgcuda_plugins.geometry.lens import Lens


class Undistort(Lens):
    """Remove a lens's distortion, by the coefficients of a camera calibration.

    As OpenCV's undistort with the same camera for the result. A negative k1 is that of a barrel distortion.
    """
