"""Frangi: by hand, and against its formula on SciPy's derivatives, and scikit-image, in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage
from skimage.filters import frangi as scikit_frangi

import imgcuda
from imgcuda import ParameterError, Table, white_level
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.installed import installed
from support.references import BORDERS, FEW_SHAPES, matches, seldom_transparent

Image = npt.NDArray[Any]


def frangi(image: Image, device: str, sigmas: Sequence[float] = (1, 3, 5), **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "frangi", device=device, sigmas=Table.of(sigmas), **parameters))


def of_plane(
    plane: Image, border: str, sigmas: Sequence[float] = (1, 3, 5), beta: float = 0.5, gamma: float = 0.02
) -> Image:
    best = np.zeros(plane.shape)
    for sigma in sigmas:
        down, both, along = (
            ndimage.gaussian_filter(plane, sigma, order=order, mode=border) for order in ((2, 0), (1, 1), (0, 2))
        )
        middle, apart = (down + along) / 2, np.hypot((down - along) / 2, both)
        large, small = middle + apart, middle - apart
        line = np.abs(large) > np.abs(small)
        blob = np.divide(small, large, out=np.zeros(plane.shape), where=line)
        value = np.exp(-(blob**2) / 2 / beta**2) * (1 - np.exp(-(large**2 + small**2) / 2 / gamma**2))
        best = np.maximum(best, np.where(line, value, 0))
    return best


def exact(image: Image, border: str = "reflect", **parameters: Any) -> Image:
    made = image.astype(np.float64).reshape(*image.shape[:2], -1)
    top = white_level(image.dtype)
    colors = made.shape[2] - (made.shape[2] % 2 == 0)
    alpha = made[..., -1] / top if made.shape[2] % 2 == 0 else np.ones(image.shape[:2])
    for channel in range(colors):
        made[..., channel] = of_plane(made[..., channel] / top * alpha, border, **parameters) * top
    return made.reshape(image.shape)


@pytest.mark.parametrize("dark", [True, False])
def test_lines_of_its_own_kind_show_and_others_do_not(device: str, dark: bool) -> None:
    image = np.full((40, 40), 200 if dark else 50, np.uint8)
    image[:, 19:22] = 50 if dark else 200
    shown = frangi(image, device, black_ridges=dark)
    assert (shown[:, 20] > 250).all()
    assert (shown[:, [2, 37]] < 20).all()
    assert (frangi(image, device, black_ridges=not dark)[:, 20] < 5).all()


def test_a_blob_counts_as_beta_says(device: str) -> None:
    # In the middle of a round blob both eigenvalues are equal: exp(-1 / (2 beta^2)).
    rows, columns = np.mgrid[-20:21, -20:21]
    image = (1 - np.exp(-(rows**2 + columns**2) / 18)).astype(np.float32)
    for beta in (0.5, 2.0):
        assert abs(frangi(image, device, [2], beta=beta, gamma=0.001)[20, 20] - np.exp(-0.5 / beta**2)) < 1e-3


test_any_image_matches_the_formula = matches(
    "frangi",
    exact,
    {"uint8": 0.6, "uint16": 1.5, "float32": 2e-5},
    shapes=FEW_SHAPES,
    images=seldom_transparent,
)

# The filters that it runs are tested with each border.
test_any_image_at_any_border_matches_the_formula = pytest.mark.exhaustive(
    matches(
        "frangi",
        exact,
        {"uint8": 0.6, "uint16": 1.5, "float32": 2e-5},
        shapes=[(17, 31), (1, 1)],
        images=seldom_transparent,
        border=BORDERS,
    )
)


def test_scikit_image_agrees_away_from_the_edge(device: str) -> None:
    # It takes the first derivative twice, with a smaller sigma, which is another sampling of the same curve.
    image = ndimage.gaussian_filter(random_image((120, 130), np.float32), 2)
    theirs: Any = scikit_frangi
    expected = theirs(image.astype(np.float64), sigmas=[2, 3], gamma=0.02)
    assert_close(frangi(image, device, [2, 3])[30:-30, 30:-30], expected[30:-30, 30:-30], 0.01)


@pytest.mark.parametrize("sigmas", [[0.1], [1, 17], [[1, 2]]])
def test_sigmas_are_checked(sigmas: Any) -> None:
    with pytest.raises(ParameterError, match=r"sigmas must be 1 to 32 numbers from 0.3 to 16"):
        installed().create("frangi", {"sigmas": Table.of(sigmas)})
