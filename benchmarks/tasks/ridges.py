"""Gabor's stripes, the Hessian's eigenvalues and Frangi's lines, beside OpenCV and scikit-image.

scikit-image's Hessian takes first derivatives twice, with a smaller sigma, which is near ours only inside a picture.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage import feature, filters
from task import Picture, Task

FREQUENCY, THETA = 0.1, 30.0
SIGMA, SCALE = 2.0, 16.0
SIGMAS, GAMMA = [1.0, 3.0, 5.0], 0.02


def gabor_weights() -> npt.NDArray[Any]:
    kernel: Any = filters.gabor_kernel
    return np.asarray(np.real(kernel(FREQUENCY, np.radians(THETA))), np.float32)


def by_planes(picture: Picture, formula: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return 255 times what a formula makes of each channel, from 0 to 1."""
    planes = [formula(plane / np.float32(255)) for plane in np.moveaxis(picture, 2, 0)]
    return np.asarray(np.clip(255 * np.stack(planes, axis=2), 0, 255))


def gabor(picture: Picture) -> npt.NDArray[Any]:
    made = cv2.filter2D(picture, cv2.CV_32F, gabor_weights()[::-1, ::-1], borderType=cv2.BORDER_REFLECT)
    return np.asarray(np.clip(made, 0, 255))


def largest(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return SciPy's larger eigenvalue of a channel."""
    down, both, along = (ndimage.gaussian_filter(plane, SIGMA, order=order) for order in ((2, 0), (1, 1), (0, 2)))
    return np.asarray(SCALE * ((down + along) / 2 + np.hypot((down - along) / 2, both)))


def scikit_hessian(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    matrix: Any = feature.hessian_matrix
    eigenvalues: Any = feature.hessian_matrix_eigvals
    return np.asarray(SCALE * eigenvalues(matrix(plane, SIGMA, use_gaussian_derivatives=True, mode="reflect"))[0])


def scikit_frangi(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    theirs: Any = filters.frangi
    return np.asarray(theirs(plane, sigmas=SIGMAS, gamma=GAMMA))


def rounded(exact: Callable[[Picture], npt.NDArray[Any]]) -> Callable[[Picture], Any]:
    return lambda picture: exact(picture).round().astype(np.uint8)


TASKS = [
    Task("gabor", {"frequency": FREQUENCY, "theta": THETA}, exact=gabor, host={"OpenCV": rounded(gabor)}),
    Task(
        "hessian",
        {"sigma": SIGMA, "scale": SCALE},
        exact=lambda picture: by_planes(picture, largest),
        host={"scikit-image": lambda picture: by_planes(picture, scikit_hessian).round()},
        loose={"scikit-image": 255},
    ),
    Task(
        "frangi",
        {"sigmas": SIGMAS, "gamma": GAMMA},
        exact=lambda picture: by_planes(picture, scikit_frangi),
        host={"scikit-image": lambda picture: by_planes(picture, scikit_frangi).round()},
        tolerance=255,
    ),
]
