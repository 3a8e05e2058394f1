"""What the tests of the filters share: a reference in float64 for any image, from one for a single channel."""

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

    Colour is premultiplied by alpha before and divided by it after; the result is rounded and clipped. It may be of
    another size.
    `keep_alpha`: alpha is the image's own, rather than filtered as the colours are.
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
