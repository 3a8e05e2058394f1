"""CLAHE: against OpenCV, bit for bit, by hand, and by what holds for any equalization.

OpenCV has no floats: they are compared with what it makes of their steps in 16 bits, from which they differ by less
than half a step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import ParameterError, devices, white_level
from imgcuda.execution.streaming import filter_image
from imgcuda.testing import assert_close
from imgcuda_plugins.threshold.clahe import equalized
from support.installed import installed
from support.matrix import exhaustive
from support.references import has_alpha, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def clahe(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "clahe", device=device, **parameters))


def opencv(plane: Image, clip_limit: float, tiles: str) -> Image:
    """Return what OpenCV makes of one channel."""
    columns, rows = map(int, tiles.split("x"))
    return np.asarray(cv2.createCLAHE(clip_limit, (columns, rows)).apply(np.ascontiguousarray(plane)))


def exact(image: Image, clip_limit: float = 2, tiles: str = "8x8", per_channel: bool = False) -> Image:
    """Return what OpenCV makes of each channel, or of the luminance: then each channel changes as much."""
    top = white_level(image.dtype)
    whole, step = (np.uint16, 65535 / top) if image.dtype.kind == "f" else (image.dtype, 1.0)
    values = image.astype(np.float64).reshape(*image.shape[:2], -1)
    colors = values.shape[2] - has_alpha(image)
    changed = values[..., :colors]
    if colors == 3 and not per_channel:
        changed = imgcuda.apply(image[..., :3], "grayscale", device="cpu").astype(np.float64)[..., None]
    steps = np.rint(changed.astype(np.float32) * np.float32(step)).astype(whole)
    planes = np.moveaxis(steps, -1, 0)
    made = np.stack([opencv(plane, clip_limit, tiles) / step for plane in planes], axis=-1)
    values[..., :colors] += made - changed
    return (values if image.dtype.kind == "f" else np.clip(values, 0, top)).reshape(image.shape)


# By hand


def test_one_tile_without_a_limit_is_equalized(device: str) -> None:
    # a half, three quarters and all of the pixels are as dark or darker
    image = np.array([[0, 0, 7, 90]], np.uint8)
    assert clahe(image, device, clip_limit=0, tiles="1x1").tolist() == [[128, 128, 191, 255]]


def test_what_is_clipped_is_shared_out() -> None:
    # a limit of 1 leaves 1 of 4; the other three go to the first three levels, so 2, 3, 4 and 4 are as dark or darker
    assert equalized(np.array([4, 0, 0, 0]), clip_limit=1).tolist() == [2, 2, 3, 3]
    # a limit of 2 leaves 4; of the other four one goes to each level: 3, 4, 5 and 8 of 8
    assert equalized(np.array([4, 0, 0, 4]), clip_limit=1).tolist() == [1, 2, 2, 3]


def test_between_two_tiles_their_results_are_blended(device: str) -> None:
    # The level 8 is the brightest of the left tile and becomes 255; it is the darkest of the right one, whose half is
    # 128. Tiles are 4 wide, and their middles at columns 2 and 6.
    image = np.array([[0, 0, 8, 8, 8, 8, 9, 9]], np.uint8)
    made = clahe(image, device, clip_limit=0, tiles="2x1")
    assert made[0, 2:6].tolist() == [255, round(255 - 127 / 4), round(255 - 127 / 2), round(255 - 127 * 3 / 4)]


@pytest.mark.parametrize("tiles", ["none", "33x1", "1x33"])
def test_other_numbers_of_tiles_are_refused(tiles: str) -> None:
    with pytest.raises(ParameterError, match=f"tiles must be from 1x1 to 32x32; got {tiles}"):
        installed().create("clahe", {"tiles": tiles})


# Against OpenCV


test_any_image_is_as_opencv_makes_it = matches(
    "clahe",
    exact,
    {"uint8": 0, "uint16": 0, "float32": 1e-5},
    settings=[{}, {"clip_limit": 0.0, "tiles": "3x5"}],
)


@pytest.mark.parametrize(
    ("dtype", "channels"), [("uint8", 1), exhaustive("uint8", 3), exhaustive("uint16", 3), exhaustive("float32", 4)]
)
def test_channels_are_as_opencv_makes_each(device: str, dtype: str, channels: int, random_image: Make) -> None:
    image = random_image((61, 130, channels), dtype)
    image[:, 40:] = image[:, 40:] / 2
    made = clahe(image, device, per_channel=True, clip_limit=4)
    assert_close(made, exact(image, 4, per_channel=True), 1e-5 if dtype == "float32" else 0)


def test_a_picture_is_as_opencv_makes_it(device: str, picture: Image) -> None:
    gray = picture[..., 1]
    for limit in (1.0, 3.7, 40.0):
        assert_close(clahe(gray, device, clip_limit=limit), opencv(gray, limit, "8x8"))


# What holds for any equalization


def test_alpha_is_left_alone_and_colors_keep_their_differences(device: str, random_image: Make) -> None:
    image = random_image((40, 60, 4)) // 4 + 96
    made = clahe(image, device, clip_limit=1).astype(int)
    assert_close(made[..., 3], image[..., 3])
    inside = (made[..., :3] > 0).all(axis=2) & (made[..., :3] < 255).all(axis=2)
    assert inside.mean() > 0.2
    for one, other in ((0, 1), (1, 2)):
        before = image[..., one].astype(int) - image[..., other]
        assert_close((made[..., one] - made[..., other])[inside], before[inside])


def test_what_is_not_finite_is_neither_counted_nor_changed(device: str, random_image: Make) -> None:
    # Two of the five that count are 0.2, the others 0.6.
    image = np.array([[0.2, np.nan, 0.2, np.inf, 0.6, 0.6, -np.inf, 0.6]], np.float32)
    made = clahe(image, device, clip_limit=0, tiles="1x1")
    assert_close(made, [[0.4, np.nan, 0.4, np.inf, 1, 1, -np.inf, 1]], 1e-5)


@pytest.mark.parametrize(
    ("dtype", "height", "limit"), [("uint8", 9000, 1_000_000), exhaustive("uint16", 200_000, 50_000_000)]
)
def test_several_devices_and_strips_make_the_same_bytes(
    device: str, dtype: str, height: int, limit: int, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((height, 61, 3), dtype)
    image[: height // 3] //= 3
    filters = [installed().create(name, {}) for name in ("invert", "clahe")]
    whole = imgcuda.Pipeline(filters)(image, device=device)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(limit))
    assert_close(filter_image([devices.choose(device)] * 2, filters, image), whole)
