"""The Hessian: by hand, and against SciPy and scikit-image in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage
from skimage.feature import hessian_matrix, hessian_matrix_eigvals

import imgcuda
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.matrix import exhaustive
from support.references import BORDERS, FEW_SHAPES, by_channels, matches, seldom_transparent

Image = npt.NDArray[Any]


def hessian(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "hessian", device=device, **parameters))


def of_plane(plane: Image, output: str, border: str, sigma: float) -> Image:
    down, both, along = (
        ndimage.gaussian_filter(plane, sigma, order=order, mode=border) for order in ((2, 0), (1, 1), (0, 2))
    )
    middle, apart = (down + along) / 2, np.hypot((down - along) / 2, both)
    made = {"largest": middle + apart, "smallest": middle - apart, "determinant": down * along - both**2}
    return np.asarray(made[output])


def exact(
    image: Image, output: str = "largest", border: str = "reflect", sigma: float = 2.0, scale: float = 4.0
) -> Image:
    return by_channels(image, lambda plane: scale * of_plane(plane, output, border, sigma), keep_alpha=True)


def test_a_parabola_curves_as_its_formula_says(device: str) -> None:
    rows, columns = np.mgrid[-20:21, -30:31]
    image = (0.001 * (3 * columns**2 - rows**2)).astype(np.float32)  # whose second derivatives are 0.006 and -0.002
    for output, value in (("largest", 6e-3), ("smallest", -2e-3), ("determinant", -12e-6)):
        # The weights are cut off after four standard deviations, as SciPy's.
        made = hessian(image, device, output=output, scale=1 / value)[10:-10, 10:-10]
        assert_close(made, np.ones((21, 41)), 0.1)


def test_a_dark_line_is_bright(device: str) -> None:
    image = np.full((30, 30), 255, np.uint8)
    image[:, 15] = 0
    made = hessian(image, device)
    # 255 * 4 / (sqrt(2 pi) * sigma^3) is 50.9 on the line, and below 0 beside it, beyond sigma.
    assert made[15].tolist()[12:19] == [0, 0, 34, 51, 34, 0, 0]
    assert not hessian(image, device, output="smallest")[:, 15].any()


test_any_image_matches_scipy = matches(
    "hessian",
    exact,
    {"uint8": 1, "uint16": 1, "float32": 2e-6},
    shapes=FEW_SHAPES,
    images=seldom_transparent,
    settings=[{"output": output} for output in ("largest", "smallest", "determinant")],
)

# The filters that it runs are tested with each border.
test_any_image_at_any_border_matches_scipy = pytest.mark.exhaustive(
    matches(
        "hessian",
        exact,
        {"uint8": 1, "uint16": 1, "float32": 2e-6},
        shapes=[(17, 31), (1, 1)],
        images=seldom_transparent,
        settings=[{"output": output} for output in ("largest", "smallest", "determinant")],
        border=BORDERS,
    )
)


@pytest.mark.parametrize("sigma", [2.5, *map(exhaustive, (1.2, 6))])
def test_scikit_image_agrees_away_from_the_edge(device: str, sigma: float) -> None:
    # It takes the first derivative twice, with a smaller sigma, which is another sampling of the same curve.
    image = ndimage.gaussian_filter(random_image((120, 130), np.float32), 1)
    matrix: Any = hessian_matrix
    eigenvalues: Any = hessian_matrix_eigvals
    large, small = eigenvalues(matrix(image.astype(np.float64), sigma, use_gaussian_derivatives=True, mode="reflect"))
    inner = (slice(40, -40),) * 2
    tolerance = 0.02 * float(np.abs(large).max())
    assert_close(hessian(image, device, sigma=sigma, scale=1)[inner], large[inner], tolerance)
    assert_close(hessian(image, device, sigma=sigma, scale=1, output="smallest")[inner], small[inner], tolerance)
