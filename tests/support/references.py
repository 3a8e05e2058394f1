"""Tests of a filter against a reference, for images of every shape, type, channel count and border; and references.

test_any_image_matches_scipy = matches("my-blur", exact, {"uint8": 1, "uint16": 1, "float32": 1e-6}, border=BORDERS)

This is a test for pytest, on each device, where `exact` takes an image and the parameters and returns what the filter
should make of it, in float64. `by_channels`, `premultiplied` and `by_colors` make that of a formula for one channel,
for whole pixels, or for colors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import white_level
from imgcuda.filters import Border
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import TYPES, random_image
from support.installed import installed
from support.matrix import matrix

Image = npt.NDArray[Any]
Plane = npt.NDArray[np.float64]

BORDERS: Sequence[str] = get_args(Border)
SHAPES = (
    (17, 31), (1, 1), (1, 50), (50, 1), (2, 2), (40, 30, 1), (40, 30, 2), (37, 53, 3), (5, 700, 3), (300, 517, 3),
    (33, 65, 4),
)  # fmt: skip
"""From one pixel, by sizes that are a multiple of nothing, to rows of several blocks of threads; 1 to 4 channels."""

FEW_SHAPES = ((17, 31), (1, 1), (1, 50), (50, 1), (2, 2), (40, 30, 2), (37, 53, 3), (5, 700, 3), (33, 65, 4))
"""The same, without those that take long: for filters that run others, which are tested with all."""

EXACT = {"uint8": 0.0, "uint16": 0.0, "float32": 0.0}
"""The tolerance for a filter that copies samples."""

OTHERS_BORDERS = ("reflect", "constant")
"""The borders for a filter that hands its own on to others, which are tested with all."""


def matches(
    name: str,
    expected: Callable[..., npt.ArrayLike],
    tolerance: Mapping[str, float] | Callable[[Image], float],
    shapes: Sequence[tuple[int, ...]] = SHAPES,
    images: Callable[[tuple[int, ...], str], Image] = random_image,
    settings: Sequence[Mapping[str, Any]] = ({},),
    **values: Sequence[Any],
) -> Callable[..., None]:
    """Return a test that holds a filter against `expected(image, **parameters)`, for images of all shapes and types.

    `tolerance` is one for each pixel type, or a function of the image; `images` makes the images.
    `values` are values of parameters that kernels are compiled for: the plain run tries one at a time (support.matrix).
    `settings` are those of other parameters, which are tried on every image.
    """
    names = tuple(values)

    def test(device: str, case: tuple[tuple[int, ...], str, tuple[Any, ...]]) -> None:
        shape, dtype, chosen = case
        image = images(shape, dtype)
        allowed = tolerance(image) if callable(tolerance) else tolerance[dtype]
        for setting in settings:
            parameters = {**setting, **dict(zip(names, chosen, strict=True))}
            made = installed().create(name, parameters)(image, device=device)
            assert made.dtype == dtype
            assert_close(made, expected(image, **parameters), allowed)

    cases = [
        pytest.param((each.values[0], each.values[1], each.values[2:]), marks=each.marks, id=each.id)
        for each in matrix(name, shape=shapes, dtype=TYPES, **values).args[1]
    ]
    marked: Callable[..., None] = pytest.mark.parametrize("case", cases)(test)
    return marked


def padded(values: Image, reach: int, border: str) -> Image:
    """Return rows and columns that go on by `reach` pixels beyond each edge, as the border says."""
    modes = {"reflect": "symmetric", "mirror": "reflect", "nearest": "edge", "wrap": "wrap", "constant": "constant"}
    mode: Any = modes[border]
    made: Image = np.pad(values, [(reach, reach)] * 2 + [(0, 0)] * (values.ndim - 2), mode)
    return made


def has_alpha(image: Image) -> bool:
    return image.ndim == 3 and image.shape[2] in (2, 4)


def samples(image: Image) -> Plane:
    """Return an image's samples as (height, width, channels), from 0 to 1, in float64."""
    return image.astype(np.float64).reshape(*image.shape[:2], -1) / white_level(image.dtype)


def premultiplied(image: Image, formula: Callable[[Plane], Plane], keep_alpha: bool = False) -> Image:
    """Return an image whose samples, as (height, width, channels) from 0 to 1, went through a formula in float64.

    By the conventions: color is premultiplied by alpha before and divided by it after; the result is rounded and
    clipped. It may be of another size.
    `keep_alpha`: alpha is the image's own, rather than filtered as the colors are.
    """
    top, values = white_level(image.dtype), samples(image)
    alpha = values[..., -1:].copy()
    if has_alpha(image):
        values[..., :-1] *= alpha
    made = formula(values)
    if has_alpha(image):
        alpha = alpha if keep_alpha else made[..., -1:]
        made = np.divide(made, alpha, out=np.zeros(made.shape), where=alpha > 0)
        made[..., -1:] = alpha
    made = made.reshape(*made.shape[:2], *image.shape[2:]) * top
    return made if image.dtype.kind == "f" else np.clip(np.rint(made), 0, top)


def by_channels(image: Image, plane: Callable[[Plane], Plane], keep_alpha: bool = False) -> Image:
    """Return an image whose channels went one by one through a formula, premultiplied as by `premultiplied`."""

    def formula(values: Plane) -> Plane:
        return np.stack([plane(values[..., channel]) for channel in range(values.shape[2])], axis=-1)

    return premultiplied(image, formula, keep_alpha)


def by_colors(image: Image, formula: Callable[[Plane], Plane]) -> Plane:
    """Return an image whose colors, as (height, width, colors) from 0 to 1, went through a formula in float64.

    Alpha stays. Samples of whole numbers are clipped, but not rounded: what is rounded well is within 0.5 of them.
    """
    top = white_level(image.dtype)
    values = image.astype(np.float64).reshape(*image.shape[:2], -1)
    colors = values.shape[2] - has_alpha(image)
    made = formula(values[..., :colors] / top) * top
    if image.dtype.kind != "f":
        made = np.clip(made, 0, top)
    made = np.concatenate([made, values[..., colors:]], axis=-1)
    return made[..., 0] if image.ndim == 2 and made.shape[2] == 1 else made


def seldom_transparent(shape: tuple[int, ...], dtype: str) -> Image:
    """Return a random image that is nowhere nearly transparent: what is divided by alpha has its error divided, too."""
    image = random_image(shape, dtype)
    if has_alpha(image):
        image[..., -1] = image[..., -1] / 2 + image.max() / 4
    return image


def sum_of_blurs(image: Image, terms: Sequence[tuple[float, Callable[[Plane], Plane]]], offset: float = 0.0) -> Image:
    """Return factors times blurs of an image's colors, plus an offset, in float64; alpha stays.

    With alpha a blur weighs colors by it: what it makes of premultiplied color is divided by what it makes of alpha.
    Samples of whole numbers are clipped, but not rounded, as by by_colors.
    """
    top, values = white_level(image.dtype), samples(image)
    alpha = values[..., -1] if has_alpha(image) else np.ones(image.shape[:2])
    made = values.copy()
    for channel in range(values.shape[2] - has_alpha(image)):
        color = values[..., channel]
        made[..., channel] = offset
        for factor, blur in terms:
            blurred = blur(color * alpha) / (blur(alpha) if has_alpha(image) else 1)
            made[..., channel] += factor * blurred
    made = made.reshape(image.shape) * top
    return made if image.dtype.kind == "f" else np.clip(made, 0, top)
