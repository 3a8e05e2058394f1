"""Dehaze: haze of a known color and thickness, and the dark channel prior in float64 by SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda import white_level
from imgcuda.testing import assert_close
from support.luminance import luminance, parts, put_together
from support.matrix import exhaustive
from support.references import FEW_SHAPES, has_alpha, matches, seldom_transparent

Image = npt.NDArray[Any]

RADIUS = 2


def dehaze(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "dehaze", device=device, **parameters))


def air_light(colors: Image, alpha: Image, radius: int) -> Image:
    """Return the mean color where the dark channel is in its brightest thousandth, of 256 steps."""
    dark = ndimage.minimum_filter((colors * alpha).min(axis=2), 2 * radius + 1, mode="reflect")
    steps = np.rint(dark.clip(0, 1) * 65535).astype(int) * 255 // 65535
    weights = np.bincount(steps.ravel(), alpha.ravel(), 256)
    top = next(step for step in range(255, -1, -1) if weights[step:].sum() >= 0.001 * weights.sum())
    chosen = steps >= top
    return np.asarray(np.maximum((colors * alpha)[chosen].sum(axis=0) / alpha[chosen].sum(), 1 / 255))


def exact(image: Image, radius: int = 7, strength: float = 0.95, min_transmission: float = 0.1) -> Image:
    """Return the filter by its definition, in float64."""
    colors, alpha = parts(image)
    air = air_light(colors, alpha, radius)
    seen = colors * alpha + air * (1 - alpha)

    def mean(plane: Image) -> Image:
        return np.asarray(ndimage.uniform_filter(plane, 8 * radius + 1, mode="reflect"))

    dark = np.clip((seen / air).min(axis=2), 0, 1)
    transmission = 1 - strength * ndimage.minimum_filter(dark, 2 * radius + 1, mode="reflect")
    guide = luminance(seen)[..., 0]
    variance = mean(guide**2) - mean(guide) ** 2
    slope = (mean(guide * transmission) - mean(guide) * mean(transmission)) / (variance + 1e-3)
    refined = mean(slope) * guide + mean(mean(transmission) - slope * mean(guide))
    made = (colors - air) / np.maximum(refined, min_transmission)[..., None] + air
    return put_together(image, made, alpha)


def hazy(shape: tuple[int, ...], dtype: str) -> Image:
    """Return a random image whose colors are from 0.4 to 0.9, with a few of the haze's color."""
    image = seldom_transparent(shape, dtype)
    colors = image[..., :-1] if has_alpha(image) else image
    colors[...] = colors * 0.5 + 0.4 * white_level(dtype)
    colors[:1, :20] = 0.95 * white_level(dtype)
    return image


def test_even_haze_of_a_known_color_is_removed(device: str) -> None:
    scene = np.zeros((60, 90, 3))
    scene[20:, ::3] = np.random.default_rng(0).random((40, 30, 3))  # there is black in each patch
    air = np.array([0.8, 0.85, 0.9])
    image = 0.4 * scene + 0.6 * air
    image[:6] = air  # the sky
    made = dehaze(np.rint(image * 255).astype(np.uint8), device, strength=1.0, radius=RADIUS)
    assert_close(made[32:], scene[32:] * 255, 3)  # a rounding by half a level, divided by 0.4, and that of the air


def test_nothing_is_removed_with_a_strength_of_0(device: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    assert_close(dehaze(image, device, strength=0.0, radius=RADIUS), image)


def test_black_stays(device: str) -> None:
    assert not dehaze(np.zeros((9, 40, 3), np.uint8), device, radius=RADIUS).any()


@pytest.mark.exhaustive
def test_what_is_all_transparent_stays_transparent(device: str) -> None:
    image = np.full((9, 40, 4), 200, np.uint8)
    image[..., 3] = 0
    assert not dehaze(image, device, radius=RADIUS)[..., 3].any()


@pytest.mark.exhaustive
def test_what_is_transparent_does_not_bleed(device: str) -> None:
    image = hazy((40, 50, 4), "uint8")
    image[10:20, 10:20, 3] = 0
    made = dehaze(image, device, radius=RADIUS)
    image[10:20, 10:20, :3] = 255 - image[10:20, 10:20, :3]
    other = dehaze(image, device, radius=RADIUS)
    opaque = image[..., 3] > 0
    assert_close(other[opaque], made[opaque])


@pytest.mark.parametrize("shape", [(37, 53, 3), (1, 1, 3), (1, 50, 3), (50, 1, 3), exhaustive((33, 65, 4))])
def test_a_color_image_of_bytes_matches_scipy(device: str, shape: tuple[int, ...]) -> None:
    image = hazy(shape, "uint8")
    for strength, least in ((0.95, 0.1), (0.8, 0.4)):
        made = dehaze(image, device, radius=RADIUS, strength=strength, min_transmission=least)
        assert_close(made, exact(image, RADIUS, strength, least), 1)


# Compiling kernels for each type and channel count is most of what tests cost.
test_any_image_matches_scipy = pytest.mark.exhaustive(
    matches(
        "dehaze",
        exact,
        {"uint8": 1, "uint16": 25.0, "float32": 3e-4},
        shapes=FEW_SHAPES,
        images=hazy,
        settings=[{"radius": RADIUS}, {"radius": RADIUS, "strength": 0.8, "min_transmission": 0.4}],
    )
)


@pytest.mark.parametrize("radius", [exhaustive(7), exhaustive(25)])
def test_any_radius_matches_scipy(device: str, radius: int) -> None:
    image = hazy((120, 140), "uint8")
    assert_close(dehaze(image, device, radius=radius), exact(image, radius), 1)
