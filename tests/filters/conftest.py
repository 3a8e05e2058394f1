"""What the tests of the filters share: references in float64 for any image, every level there is, and every color."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

Plane = npt.NDArray[np.float64]
Reference = Callable[..., npt.NDArray[Any]]


@pytest.fixture(scope="session")
def reference() -> Reference:
    """A function that filters an image channel by channel, in float64 and by the conventions.

    Color is premultiplied by alpha before and divided by it after; the result is rounded and clipped. It may be of
    another size.
    `keep_alpha`: alpha is the image's own, rather than filtered as the colors are.
    """

    def filter_image(
        image: npt.NDArray[Any], plane: Callable[[Plane], Plane], keep_alpha: bool = False
    ) -> npt.NDArray[Any]:
        top = 1.0 if image.dtype.kind == "f" else float(np.iinfo(image.dtype).max)
        values = image.astype(np.float64).reshape(*image.shape[:2], -1) / top
        alpha = values[..., -1:].copy()
        has_alpha = values.shape[2] in (2, 4)
        if has_alpha:
            values[..., :-1] *= alpha
        made = np.stack([plane(values[..., channel]) for channel in range(values.shape[2])], axis=-1)
        if has_alpha:
            alpha = alpha if keep_alpha else made[..., -1:]
            made = np.divide(made, alpha, out=np.zeros(made.shape), where=alpha > 0)
            made[..., -1:] = alpha
        made = made.reshape(*made.shape[:2], *image.shape[2:]) * top
        return made if image.dtype.kind == "f" else np.clip(np.rint(made), 0, top)

    return filter_image


@pytest.fixture(scope="session")
def point_reference() -> Reference:
    """A function that takes an image's colors, as (height, width, colors) from 0 to 1, through a formula in float64.

    Alpha stays. Samples of whole numbers are clipped, but not rounded: what is rounded well is within 0.5 of them.
    """

    def filter_image(image: npt.NDArray[Any], formula: Callable[[Plane], Plane]) -> npt.NDArray[np.float64]:
        top = 1.0 if image.dtype.kind == "f" else float(np.iinfo(image.dtype).max)
        values = image.astype(np.float64).reshape(*image.shape[:2], -1)
        colors = values.shape[2] - (values.shape[2] in (2, 4))
        made = formula(values[..., :colors] / top) * top
        if image.dtype.kind != "f":
            made = np.clip(made, 0, top)
        made = np.concatenate([made, values[..., colors:]], axis=-1)
        return made[..., 0] if image.ndim == 2 and made.shape[2] == 1 else made

    return filter_image


@pytest.fixture(scope="session")
def every_level() -> Callable[[str], npt.NDArray[Any]]:
    """A function that makes a gray image with each of a type's 2^8 or 2^16 levels once."""

    def make(dtype: str) -> npt.NDArray[Any]:
        return np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(-1, 16)

    return make


@pytest.fixture(scope="module")
def every_color() -> npt.NDArray[np.uint8]:
    """An image with each of the 2^24 colors once."""
    number = np.arange(2**24, dtype=np.uint32).reshape(4096, 4096)
    return np.stack([number >> 16, number >> 8 & 255, number & 255], axis=-1).astype(np.uint8)
