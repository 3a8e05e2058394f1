"""What the tests of the filters share: references in float64 for any image, every level there is, and every color."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from support.references import by_channels, by_colors

Reference = Callable[..., npt.NDArray[Any]]


@pytest.fixture(scope="session")
def reference() -> Reference:
    """The reference for filters of single channels."""
    return by_channels


@pytest.fixture(scope="session")
def point_reference() -> Reference:
    """The reference for filters of colors."""
    return by_colors


@pytest.fixture(scope="session")
def every_level() -> Callable[[str], npt.NDArray[Any]]:
    """A function that makes a gray image with each of a type's 2^8 or 2^16 levels once."""

    def make(dtype: str) -> npt.NDArray[Any]:
        return np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(-1, 16)

    return make


@pytest.fixture(
    scope="module",
    params=[pytest.param(17, id="every 17th"), pytest.param(1, id="each", marks=pytest.mark.exhaustive)],
)
def every_color(request: pytest.FixtureRequest) -> npt.NDArray[np.uint8]:
    """An image with each of the 2^24 colors once; in the plain run every 17th, by which each channel has each level."""
    number = np.arange(0, 2**24, request.param, dtype=np.uint32).reshape(-1, 16)
    return np.stack([number >> 16, number >> 8 & 255, number & 255], axis=-1).astype(np.uint8)
