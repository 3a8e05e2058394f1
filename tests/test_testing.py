"""The comparison that other tests use: what it accepts, and its messages."""

from __future__ import annotations

import numpy as np
import pytest

from imgcuda import CheckError
from imgcuda.testing import DeviceKernels, assert_close


def difference(actual: object, expected: object, tolerance: float = 0) -> str:
    """Return what a comparison that fails says."""
    with pytest.raises(AssertionError) as caught:
        assert_close(np.asarray(actual), np.asarray(expected), tolerance)
    return str(caught.value)


def test_a_failed_comparison_says_how_many_pixels_how_far_and_where() -> None:
    expected = np.zeros((4, 5, 3), np.uint8)
    actual = expected.copy()
    actual[1, 2] = 3
    actual[3, 4, 0] = 250
    assert difference(actual, expected, 1) == (
        "2 of 20 pixels differ by more than 1, by up to 250; "
        "the first is at row 1, column 2, channel 0: 3 instead of 0, "
        "the worst at row 3, column 4, channel 0: 250 instead of 0"
    )


def test_a_gray_image_has_no_channel_to_name() -> None:
    assert difference([[1, 2], [3, 4]], [[1, 2], [3, 5]]).startswith(
        "1 of 4 pixels differ, by up to 1; the first is at row 1, column 1: 4"
    )


def test_bytes_do_not_wrap_around() -> None:
    assert "by up to 255" in difference(np.array([[255]], np.uint8), np.array([[0]], np.uint8))
    assert "by up to 255" in difference(np.array([[0]], np.uint8), np.array([[255]], np.uint8))


def test_what_is_within_the_tolerance_passes() -> None:
    assert_close(np.array([[1, 9]], np.uint8), np.array([[2.0, 8.0]]), tolerance=1)
    assert_close(np.zeros((0, 3)), np.zeros((0, 3)))


def test_another_shape_is_never_close() -> None:
    assert difference(np.zeros((2, 3)), np.zeros((2, 1))) == "the shapes differ: (2, 3) instead of (2, 1)"


def test_what_is_not_a_number_is_close_to_itself_only() -> None:
    assert_close([[np.nan, np.inf]], [[np.nan, np.inf]])
    assert "1 of 1 pixels" in difference([[np.nan]], [[0.0]], 100)
    assert "1 of 1 pixels" in difference([[1.0]], [[np.nan]], 100)
    assert "1 of 1 pixels" in difference([[np.inf]], [[1.0]], 100)
    assert "1 of 1 pixels" in difference([[np.inf]], [[-np.inf]], 100)


def test_the_fixture_kernels_is_for_each_device(kernels: DeviceKernels, device: str) -> None:
    text = "__global__ void k(int *a) { a[threadIdx.x] = threadIdx.x + SHIFT; }"
    array = np.zeros(4, np.int32)
    with kernels.checked():
        kernels.compile(text, {"SHIFT": 5}).k(array, grid=1, block=4)
    assert (array.tolist(), kernels.device, repr(kernels)) == ([5, 6, 7, 8], device, f"<kernels on {device}>")
    if device == "cpu":
        with kernels.checked(), pytest.raises(CheckError, match=r"writes a\[4\], which has 4 elements"):
            kernels.compile(text, {"SHIFT": 5}).k(array, grid=1, block=5)
