"""What an image's channels and sample type mean."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda import color_channels, has_alpha, white_level


@pytest.mark.parametrize(("channels", "alpha", "colors"), [(1, False, 1), (2, True, 1), (3, False, 3), (4, True, 3)])
def test_two_and_four_channels_end_with_alpha(channels: int, alpha: bool, colors: int) -> None:
    assert has_alpha(channels) is alpha
    assert color_channels(channels) == colors


@pytest.mark.parametrize(("dtype", "white"), [("uint8", 255), (np.uint16, 65535), (np.dtype(np.float32), 1)])
def test_white_is_the_highest_level_and_1_for_floats(dtype: str, white: int) -> None:
    assert white_level(dtype) == white
