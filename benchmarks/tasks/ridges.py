"""Gabor's stripes, the Hessian's eigenvalues and Frangi's lines, beside OpenCV and scikit-image.

scikit-image's Hessian takes first derivatives twice, each with a smaller sigma. Of noise that is far from the second
derivatives, so of its `hessian` and `frangi` only the shapes are compared before they are timed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import rounded
from scipy import ndimage
from skimage import feature, filters
from task import Picture, Task

FREQUENCY, THETA = 0.1, 30.0
SIGMA, SCALE = 2.0, 16.0
SIGMAS, BETA, GAMMA = [1.0, 3.0, 5.0], 0.5, 0.02


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


def eigenvalues(plane: npt.NDArray[Any], sigma: float) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the larger and the smaller eigenvalue of the Hessian matrix, by SciPy's derivatives."""
    down, both, along = (ndimage.gaussian_filter(plane, sigma, order=order) for order in ((2, 0), (1, 1), (0, 2)))
    middle, apart = (down + along) / 2, np.hypot((down - along) / 2, both)
    return middle + apart, middle - apart


def vesselness(plane: npt.NDArray[Any], sigma: float) -> npt.NDArray[Any]:
    """Return Frangi's measure of dark lines of one width."""
    large, small = eigenvalues(plane, sigma)
    line = large > -small
    blob = np.divide(small, large, out=np.zeros_like(large), where=line)
    value = np.exp(-(blob**2) / (2 * BETA**2)) * (1 - np.exp(-(large**2 + small**2) / (2 * GAMMA**2)))
    return np.where(line, value, 0)


def hessian(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return SCALE * eigenvalues(plane, SIGMA)[0]


def frangi(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(np.max([vesselness(plane, sigma) for sigma in SIGMAS], axis=0))


def scikit_hessian(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    matrix: Any = feature.hessian_matrix
    theirs: Any = feature.hessian_matrix_eigvals
    return np.asarray(SCALE * theirs(matrix(plane, SIGMA, use_gaussian_derivatives=True, mode="reflect"))[0])


def scikit_frangi(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    theirs: Any = filters.frangi
    return np.asarray(theirs(plane, sigmas=SIGMAS, gamma=GAMMA))


TASKS = [
    Task("gabor", {"frequency": FREQUENCY, "theta": THETA}, exact=gabor, host={"OpenCV": rounded(gabor)}),
    Task(
        "hessian",
        {"sigma": SIGMA, "scale": SCALE},
        exact=partial(by_planes, formula=hessian),
        host={"scikit-image": rounded(partial(by_planes, formula=scikit_hessian))},
        loose={"scikit-image": 255},
    ),
    Task(
        "frangi",
        {"sigmas": SIGMAS, "gamma": GAMMA},
        exact=partial(by_planes, formula=frangi),
        host={"scikit-image": rounded(partial(by_planes, formula=scikit_frangi))},
        loose={"scikit-image": 255},
    ),
]
