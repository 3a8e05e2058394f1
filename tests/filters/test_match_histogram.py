"""Match histogram: by hand, and against scikit-image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from skimage.exposure import match_histograms

import imgcuda
from imgcuda.testing import assert_close
from support.luminance import LUMA
from support.matrix import exhaustive

Image = npt.NDArray[Any]


def match(image: Image, device: str, reference: object) -> Image:
    return np.asarray(imgcuda.apply(image, "match-histogram", device=device, reference=reference))


def noise(shape: tuple[int, ...], dtype: str, power: float, seed: int = 0) -> Image:
    values = np.random.default_rng(seed).random(shape) ** power
    return (values * (1 if dtype == "float32" else np.iinfo(dtype).max)).astype(dtype)


def exact(image: Image, reference: Image) -> Image:
    """Return scikit-image's result, channel by channel, so that it is not truncated."""
    pairs = zip(np.moveaxis(np.atleast_3d(image), -1, 0), np.moveaxis(np.atleast_3d(reference), -1, 0), strict=True)
    return np.dstack([match_histograms(one, other) for one, other in pairs]).reshape(image.shape)


def test_a_level_becomes_that_of_the_same_rank(device: str) -> None:
    image, other = np.array([[0, 1, 2, 3]], np.uint8), np.array([[10, 20, 200, 30]], np.uint8)
    assert match(image, device, other).tolist() == [[10, 20, 30, 200]]
    assert match(image[:, :2], device, other).tolist() == [[20, 200]]  # half are darker or as dark, and all


@pytest.mark.parametrize(
    ("dtype", "channels", "tolerance"),
    [("uint8", 3, 0.501), ("uint16", 1, 0.52), exhaustive("uint16", 3, 0.52)],
)
def test_noise_matches_scikit_image(device: str, dtype: str, channels: int, tolerance: float) -> None:
    image, other = noise((61, 83, channels), dtype, 2), noise((90, 70, channels), dtype, 0.7, seed=1)
    assert_close(match(image, device, other), exact(image, other), tolerance)


def test_floats_are_counted_in_steps(device: str) -> None:
    image, other = noise((61, 83), "float32", 2), noise((90, 70), "float32", 0.7, seed=1)
    steps = [np.rint(each * np.float32(65535)).astype(np.uint16) for each in (image, other)]
    assert_close(match(image, device, other), exact(*steps) / 65535, 1e-6)


def test_a_picture_of_another_kind_is_converted(device: str) -> None:
    image, other = noise((40, 50), "uint8", 1), noise((30, 30, 3), "uint16", 2)
    gray = np.rint(np.rint(other @ LUMA) / 257).astype(np.uint8)
    assert_close(match(image, device, other), exact(image, gray), 1)
    color = np.dstack([image, image[::-1], image.T.reshape(40, 50)])
    expected = np.dstack([exact(plane, gray) for plane in np.moveaxis(color, -1, 0)])
    assert_close(match(color, device, np.dstack([gray, np.full_like(gray, 7)])), expected, 0.501)


def test_its_own_distribution_changes_nothing(device: str, picture: Image) -> None:
    assert_close(match(picture, device, picture), picture)
    alpha = np.dstack([picture, picture[..., 0]])
    assert_close(match(alpha, device, picture), alpha)


def test_what_is_not_a_number_is_left_out(device: str) -> None:
    image = np.array([[0, np.nan, 1, np.inf]], np.float32)
    assert_close(match(image, device, np.array([[0.25, np.nan, 0.5]], np.float32)), [[0.25, np.nan, 0.5, np.inf]], 1e-5)
