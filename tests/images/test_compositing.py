"""The fast way to lay one frame over another is the slow one, byte for byte."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgcuda.images.compositing import blended, over


@given(
    seed=st.integers(0, 2**32 - 1),
    channels=st.sampled_from([2, 4]),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    height=st.integers(0, 9),
    width=st.integers(0, 9),
    of_above=st.sampled_from(["all or nothing", "opaque", "clear", "any"]),
    of_below=st.sampled_from(["all or nothing", "clear", "any"]),
)
def test_frames_without_half_transparency_are_laid_fast_and_the_same(
    seed: int, channels: int, dtype: npt.DTypeLike, height: int, width: int, of_above: str, of_below: str
) -> None:
    random, full = np.random.default_rng(seed), np.iinfo(np.dtype(dtype)).max

    def picture(kind: str) -> npt.NDArray[np.integer]:
        made = random.integers(0, full, (height + 2, width + 3, channels), dtype, endpoint=True)
        alphas = {"all or nothing": [0, full], "opaque": [full], "clear": [0]}
        if kind in alphas:
            made[:, :, -1] = random.choice(alphas[kind], made.shape[:2])
        return made[1 : 1 + height, 2 : 2 + width]  # a part of a canvas is not contiguous

    above, below = picture(of_above), picture(of_below)
    made = over(above, below)
    assert made.dtype == above.dtype and np.array_equal(made, blended(above, below))


@pytest.mark.parametrize(("alpha", "right"), [(255, [1, 2, 3, 255]), (0, [4, 5, 6, 7])])
def test_a_pixel_is_that_of_the_picture_that_is_seen(alpha: int, right: list[int]) -> None:
    above, below = np.array([[[1, 2, 3, alpha]]], np.uint8), np.array([[[4, 5, 6, 7]]], np.uint8)
    assert over(above, below).tolist() == [[right]]
    assert over(above * np.uint8(0), below * np.uint8(0)).tolist() == [[[0, 0, 0, 0]]]
