"""Normalize: by hand, and against scikit-image's rescale_intensity between percentiles of NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from skimage.exposure import rescale_intensity

import imgcuda
from imgcuda.testing import assert_close
from support.installed import installed
from support.matrix import exhaustive

Image = npt.NDArray[Any]


def normalize(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "normalize", device=device, **parameters))


def test_the_percentiles_become_black_and_white(device: str) -> None:
    image = np.array([[0, 50, 60, 60, 60, 70, 70, 70, 110, 255]], np.uint8)
    # 25 % of 10 samples are two, rounded down, and 10 % one: 60 becomes black, and 110 white
    assert normalize(image, device, low=25, high=90).tolist() == [[0, 0, 0, 0, 0, 51, 51, 51, 255, 255]]
    assert normalize(image, device, low=0, high=100).tolist() == image.tolist()


@pytest.mark.parametrize("dtype", ["uint8", exhaustive("uint16")])
def test_a_picture_matches_scikit_image(device: str, dtype: str, picture: Image) -> None:
    image = picture[..., 0].astype(dtype) * (np.iinfo(dtype).max // 255)
    number = image.size
    ends = np.sort(image.ravel())[[number * 4 // 100, number - 1 - number * 3 // 100]].astype(float)
    rescale: Any = rescale_intensity
    expected = rescale(image.astype(float), in_range=tuple(ends), out_range=(0, np.iinfo(dtype).max))
    assert_close(normalize(image, device, low=4, high=97), expected, 0.51)


def test_the_same_on_both_sides_is_auto_contrast(device: str, picture: Image) -> None:
    for per_channel in (True, False):
        expected = imgcuda.apply(picture, "auto-contrast", device=device, cutoff=3, per_channel=per_channel)
        assert_close(normalize(picture, device, low=3, high=97, per_channel=per_channel), expected)


def test_percentiles_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(imgcuda.ParameterError, match="high must be above low, 60; got 40"):
        installed().create("normalize", {"low": 60.0, "high": 40.0})
