"""Resizing: against numbers done by hand, against sums over all pixels in float64, against Pillow and OpenCV.

Pillow's methods are ours, but for two things: bytes go through bytes between columns and rows, so its images are of
floats here; and its box takes whole pixels, where ours takes what is covered of them, as OpenCV's area does. OpenCV's
methods do not look at all pixels of an image that shrinks; enlarged, its bilinear images are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.ImageOps
import pytest

import imgcuda
from imgcuda.testing import assert_close, checked
from support.installed import installed
from support.matrix import every_third, exhaustive

Image = npt.NDArray[Any]
Make = Callable[..., Image]

METHODS = ["nearest", "bilinear", "bicubic", "lanczos", "area"]

PILLOW = dict(zip(METHODS, (PIL.Image.Resampling(number) for number in (0, 2, 3, 1, 4)), strict=True))

SIZES = [
    ((1, 1), (5, 7)),
    ((1, 50), (20, 1)),
    ((17, 31), (16, 40)),
    ((33, 64), (11, 16)),
    ((70, 400), (7, 3)),
    ((40, 31, 2), (20, 17)),
    ((37, 53, 3), (64, 100)),
    ((37, 53, 3), (64, 101)),
    ((80, 120, 3), (40, 40)),
    ((9, 1300, 3), (12, 450)),
    ((33, 65, 4), (21, 90)),
]
"""Shapes, and the heights and widths that they become: larger and smaller, by whole factors and others, by so much that
a block of threads takes many parts of a row; rows that are whole words, and others."""

TOLERANCE = {"uint8": 1, "uint16": 1, "float32": 1e-6}
"""Levels, or for floats, which are random from 0 to 1, that much: what is almost half-way may be rounded either way."""


def resize(image: Image, size: tuple[int, int], method: str, device: str) -> Image:
    height, width = size
    return np.asarray(imgcuda.apply(image, "resize", device=device, width=width, height=height, method=method))


def weights_of(size: int, made: int, method: str) -> npt.NDArray[np.float64]:
    """Return by how much each of `size` pixels counts for each of the `made` ones: by definition, for all of them."""
    pixels = np.arange(size)[None, :]
    if method == "nearest":  # the pixel that the middle lies in; in whole numbers, as it may lie between two
        middle = (2 * np.arange(made)[:, None] + 1) * size
        return ((2 * made * pixels <= middle) & (middle < 2 * made * (pixels + 1))).astype(np.float64)
    step = size / made
    first = np.arange(made)[:, None] * step
    if method == "area":
        weights = np.clip(np.minimum(first + step, pixels + 1) - np.maximum(first, pixels), 0, None)
    else:
        weights = WEIGHTS[method](np.abs(pixels + 0.5 - first - step / 2) / max(step, 1))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


WEIGHTS: dict[str, Callable[[Image], Image]] = {
    "bilinear": lambda d: np.maximum(1 - d, 0),
    "bicubic": lambda d: np.select(
        [d < 1, d < 2], [1.5 * d**3 - 2.5 * d**2 + 1, -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2], 0
    ),
    "lanczos": lambda d: np.where(d < 3, np.sinc(d) * np.sinc(d / 3), 0),
}


def resized(size: tuple[int, int], method: str) -> Callable[[Image], Image]:
    """Return a function that resizes one channel in float64."""
    return lambda plane: (
        weights_of(plane.shape[0], size[0], method) @ plane @ weights_of(plane.shape[1], size[1], method).T
    )


# By hand


@pytest.mark.parametrize(
    ("method", "row", "expected"),
    [
        ("nearest", [10, 20], [10, 10, 20, 20]),
        ("nearest", [1, 2, 3, 4, 5], [1, 3, 5]),
        ("bilinear", [0, 100], [0, 25, 75, 100]),
        ("bilinear", [0, 0, 0, 70], [0, 30]),  # weights 3 3 1 | 1 3 3, in sevenths
        # One pixel that is 128 brighter: weights -3 -9 29 111 | 111 29 -9 -3, in 128ths.
        ("bicubic", [100] * 3 + [228] + [100] * 3, [100] * 3 + [97, 91, 129, 211, 211, 129, 91, 97] + [100] * 3),
        ("area", [10, 20, 40, 60], [15, 50]),
        ("area", [0, 30, 60], [10, 50]),  # one and a half pixels each
        ("area", [0, 90], [0, 45, 90]),  # two thirds of a pixel each
    ],
)
def test_a_row_by_hand(device: str, method: str, row: list[int], expected: list[int]) -> None:
    image = np.array([row], np.uint8)
    assert resize(image, (1, len(expected)), method, device).tolist() == [expected]
    assert resize(image.T.copy(), (len(expected), 1), method, device).tolist() == [[level] for level in expected]


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        ({}, (50, 25)),
        ({"scale": 0.3}, (30, 15)),
        ({"scale": 2.5}, (250, 125)),
        ({"width": 40}, (40, 20)),
        ({"height": 75}, (150, 75)),
        ({"width": 33, "height": 44, "scale": 9}, (33, 44)),
        ({"width": 1}, (1, 1)),
        ({"scale": 0.001}, (1, 1)),
    ],
)
def test_what_is_not_given_follows_from_the_proportions(parameters: dict[str, Any], size: tuple[int, int]) -> None:
    assert installed().create("resize", parameters).result_size(100, 50) == size


@pytest.mark.parametrize("size", [(40, 40), (40, 300), (300, 40), (7, 5), (500, 500), (100, 50)])
def test_fit_is_what_pillow_contains(size: tuple[int, int]) -> None:
    filter = installed().create("resize", {"fit": "{}x{}".format(*size)})
    for width, height in ((100, 50), (33, 97), (1, 9)):
        theirs = PIL.ImageOps.contain(PIL.Image.new("L", (width, height)), size).size
        assert filter.result_size(width, height) == theirs


@pytest.mark.parametrize(
    ("method", "size"),
    every_third(product(["nearest", "bilinear", "bicubic", "lanczos"], [(40, 40), (40, 21), (200, 90), (300, 40)])),
)
def test_fill_is_what_pillow_fits(device: str, size: tuple[int, int], method: str, random_image: Make) -> None:
    image = random_image((63, 99), np.float32)
    theirs = PIL.ImageOps.fit(PIL.Image.fromarray(image), size, PILLOW[method])
    made = imgcuda.apply(image, "resize", device=device, fill="{}x{}".format(*size), method=method)
    assert_close(made, np.asarray(theirs), 2e-5)  # Pillow's box is one of float32


@pytest.mark.parametrize("method", every_third(METHODS))
def test_fill_of_the_same_proportions_is_a_plain_resize(device: str, method: str, random_image: Make) -> None:
    image = random_image((60, 90, 3))
    for width, height in ((30, 20), (135, 90)):
        plain = resize(image, (height, width), method, device)
        assert_close(imgcuda.apply(image, "resize", device=device, fill=f"{width}x{height}", method=method), plain)


def test_fill_by_area_cuts_off_whole_pixels_evenly(device: str, random_image: Make) -> None:
    image = random_image((60, 100, 3), np.float32)
    made = imgcuda.apply(image, "resize", device=device, fill="20x20", method="area")
    assert_close(made, image[:, 20:80].reshape(20, 3, 20, 3, 3).mean((1, 3)), 1e-6)


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        ({"fit": "200x200"}, (90, 60)),
        ({"fit": "45x45"}, (45, 30)),
        ({"fill": "200x200"}, (90, 60)),
        ({"fill": "200x30"}, (90, 30)),
        ({"fill": "30x30"}, (30, 30)),
        ({"width": 200}, (90, 60)),
        ({"width": 45, "height": 61}, (90, 60)),
        ({"scale": 1.5}, (90, 60)),
        ({"scale": 0.5}, (45, 30)),
    ],
)
def test_only_shrink_keeps_what_would_grow(
    device: str, parameters: dict[str, Any], size: tuple[int, int], random_image: Make
) -> None:
    image = random_image((60, 90))
    made = imgcuda.apply(image, "resize", device=device, only_shrink=True, **parameters)
    assert made.shape[::-1] == size
    if size == (90, 60):
        assert_close(made, image)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"fit": "800"}, "fit must be a size in pixels, as 1600x1200; got '800'"),
        ({"fill": "0x100"}, "each side has from 1 to 100,000 pixels"),
        ({"fit": "10x10", "fill": "10x10"}, "resize takes one size: width and height, or fit, or fill"),
        ({"fit": "10x10", "width": 5}, "resize takes one size: width and height, or fit, or fill"),
    ],
)
def test_a_size_that_cannot_be(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(imgcuda.ParameterError, match=message):
        installed().create("resize", parameters)


@pytest.mark.parametrize("word", ["scale", "rescale"])
def test_other_words_for_it(word: str) -> None:
    assert installed().create(word, {"scale": 2.0}) == installed().create("resize", {"scale": 2.0})


# Against sums over all pixels


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("shape", "size"), every_third(SIZES), ids=str)
def test_any_shape_is_what_the_weights_say(
    device: str, shape: tuple[int, ...], size: tuple[int, int], method: str, random_image: Make, reference: Make
) -> None:
    image = random_image(shape)
    result = resize(image, size, method, device)
    assert result.dtype == np.uint8
    if method == "nearest":
        plain = [resized(size, method)(channel) for channel in np.moveaxis(image.reshape(*shape[:2], -1), 2, 0)]
        assert_close(result, np.stack(plain, axis=-1).reshape(result.shape))
    else:
        assert_close(result, reference(image, resized(size, method)), TOLERANCE["uint8"])


@pytest.mark.parametrize(
    ("method", "dtype"),
    [
        (method, dtype) if (2 * number + shift) % 4 == 1 else exhaustive(method, dtype)
        for number, method in enumerate(METHODS)
        for shift, dtype in enumerate(["uint16", "float32"])
    ],
)
def test_any_type_is_what_the_weights_say(
    device: str, method: str, dtype: str, random_image: Make, reference: Make
) -> None:
    for shape, size in (((40, 60, 3), (20, 20)), ((37, 53, 3), (64, 101)), ((70, 400), (33, 90))):
        image = random_image(shape, dtype)
        result = resize(image, size, method, device)
        assert result.dtype == dtype
        assert_close(result, reference(image, resized(size, method)), TOLERANCE[dtype])


@pytest.mark.parametrize(
    ("method", "size"),
    [*product(["nearest", "bilinear", "bicubic", "lanczos"], [(17, 40), (100, 150)]), ("area", (21, 33))],
    ids=str,
)
def test_pillow_agrees(device: str, method: str, size: tuple[int, int], random_image: Make) -> None:
    image = random_image((63, 99), np.float32)  # with odd sizes no middle of a pixel lies between two
    theirs = PIL.Image.fromarray(image).resize(size[::-1], PILLOW[method])
    assert_close(resize(image, size, method, device), np.asarray(theirs), TOLERANCE["float32"])


@pytest.mark.parametrize(
    ("method", "size", "theirs"),
    [
        ("area", (21, 33), cv2.INTER_AREA),
        ("area", (9, 99), cv2.INTER_AREA),
        ("area", (17, 41), cv2.INTER_AREA),
        ("bilinear", (100, 150), cv2.INTER_LINEAR),
        ("nearest", (17, 41), cv2.INTER_NEAREST_EXACT),
        ("nearest", (100, 150), cv2.INTER_NEAREST_EXACT),
    ],
)
def test_opencv_agrees(device: str, method: str, size: tuple[int, int], theirs: int, random_image: Make) -> None:
    image = random_image((63, 99, 3), np.float32)
    expected = cv2.resize(image, size[::-1], interpolation=theirs)
    assert_close(resize(image, size, method, device), expected, 1e-6)


# What holds for any image


@pytest.mark.parametrize("method", METHODS)
def test_a_flat_image_stays_flat(device: str, method: str) -> None:
    for size in ((7, 10), (64, 90), (40, 300)):
        flat = np.full((*size, 3), 65497, np.uint16)
        assert_close(resize(np.full((40, 30, 3), 65497, np.uint16), size, method, device), flat)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_size_is_the_same_image(device: str, method: str, picture: Image) -> None:
    assert_close(resize(picture, (300, 451), method, device), picture)


@pytest.mark.parametrize("method", ["bilinear", "bicubic", "lanczos", "area"])
def test_an_image_turned_before_is_the_result_turned_after(device: str, method: str, random_image: Make) -> None:
    image = random_image((61, 90), np.float32)
    made = resize(image, (40, 128), method, device)
    assert_close(resize(image[::-1, ::-1], (40, 128), method, device), made[::-1, ::-1], TOLERANCE["float32"])
    assert_close(resize(image.T, (128, 40), method, device), made.T, TOLERANCE["float32"])


def test_area_keeps_the_mean(device: str, random_image: Make) -> None:
    image = random_image((61, 90), np.float32)
    for size in ((7, 11), (61, 30), (100, 91)):
        assert resize(image, size, "area", device).mean(dtype=np.float64) == pytest.approx(image.mean(dtype=np.float64))


def test_what_is_infinite_reaches_as_far_as_its_weight(device: str) -> None:
    image = np.zeros((40, 100), np.float32)
    image[20, 50] = np.inf
    rows, columns = np.nonzero(~np.isfinite(resize(image, (20, 50), "bilinear", device)))
    # Pixel 25 stands for 50 and 51 and reaches up to 52, pixel 24 for 48 and 49 and up to 50.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (9, 10, 24, 25)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [(700, 50), (3100, 41), (500, 35)], ids=str)
def test_strips_give_what_the_whole_gives(
    device: str, size: tuple[int, int], method: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((1500, 70, 3), np.uint16)
    whole = resize(image, size, method, device)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes))
    assert_close(resize(image, size, method, device), whole)


@pytest.mark.parametrize("channels", [3, 4])
def test_every_third_pixel_of_every_third_row(
    device: str, channels: int, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((1500, 333, channels))
    assert_close(resize(image, (500, 111), "nearest", device), image[1::3, 1::3])
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes // 2))
    assert_close(resize(image, (500, 111), "nearest", device), image[1::3, 1::3])
    with checked():
        assert_close(resize(image[:6], (2, 111), "nearest", "cpu"), image[1:6:3, 1::3])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((3, 700), (2, 5)),
        ((1, 2, 3), (1, 1)),
        exhaustive((9, 13), (20, 18)),
        exhaustive((9, 12, 3), (3, 4)),
    ],
    ids=str,
)
def test_the_kernels_do_nothing_that_they_may_not(
    shape: tuple[int, ...], size: tuple[int, int], method: str, random_image: Make
) -> None:
    image = random_image(shape)
    expected = resize(image, size, method, "cpu")
    with checked():
        assert_close(resize(image, size, method, "cpu"), expected)


# Alpha


def test_colors_that_cannot_be_seen_do_not_bleed(device: str) -> None:
    image = np.zeros((40, 60, 4), np.uint8)
    image[..., 0] = 255  # red, where it is transparent
    image[:, 30:] = [0, 200, 0, 255]
    made = resize(image, (13, 17), "bicubic", device)
    assert not made[..., 0].any()
    assert set(np.unique(made[..., 1][made[..., 3] > 0])) == {200}


def test_an_opaque_image_is_as_without_alpha(device: str, random_image: Make) -> None:
    colors = random_image((33, 65, 3))
    opaque = np.dstack([colors, np.full(colors.shape[:2], 255, np.uint8)])
    made = resize(opaque, (21, 90), "lanczos", device)
    assert_close(made[..., :3], resize(colors, (21, 90), "lanczos", device), 1)
    assert (made[..., 3] == 255).all()


def test_the_nearest_pixel_keeps_a_color_that_cannot_be_seen(device: str, random_image: Make) -> None:
    image = random_image((33, 65, 4))
    image[..., 3] = 0
    assert_close(resize(image, (66, 130), "nearest", device), image.repeat(2, axis=0).repeat(2, axis=1))
