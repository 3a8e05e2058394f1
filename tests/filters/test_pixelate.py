"""Pixelate: against numbers done by hand, and against the means of NumPy, scikit-image, Pillow and OpenCV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
import skimage.measure

import imgcuda
from imgcuda import DeviceArray, Gpu
from imgcuda.testing import assert_close, checked
from imgcuda_plugins.stylize.pixelate import LARGEST_AT_ONCE, Pixelate
from support.matrix import every_third, exhaustive, matrix

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SHAPES = [
    (1, 1),
    (1, 50),
    (50, 1),
    (2, 2),
    (17, 31),
    (40, 30, 1),
    (40, 30, 2),
    (33, 65, 4),
    (5, 700, 3),
    (300, 517, 3),
]
ALPHA = [(2,), (4,)]
SIZES = [2, 7, LARGEST_AT_ONCE, LARGEST_AT_ONCE + 1, 33, 250]
"""In one launch, in three and in four; squares that fit a block of threads, and that do not."""


def pixelate(image: Image, device: str, size: int) -> Image:
    return np.asarray(imgcuda.apply(image, "pixelate", device=device, size=size))


def squares(size: int) -> Callable[[Image], Image]:
    """Return NumPy's means of a plane's squares, each put where its square is."""

    def filter_plane(plane: Image) -> Image:
        firsts = [np.arange(0, length, size) for length in plane.shape]
        sides = [np.diff(np.append(first, length)) for first, length in zip(firsts, plane.shape, strict=True)]
        sums = np.add.reduceat(np.add.reduceat(plane, firsts[0], axis=0), firsts[1], axis=1)
        means = sums / np.outer(*sides)
        return np.asarray(means.repeat(sides[0], axis=0).repeat(sides[1], axis=1))

    return filter_plane


def exact(image: Image, size: int) -> Image:
    """Return the means of an image without alpha in float64, not rounded."""
    planes = np.moveaxis(image.reshape(*image.shape[:2], -1).astype(np.float64), -1, 0)
    return np.stack([squares(size)(plane) for plane in planes], axis=-1).reshape(image.shape)


def scikit_image(image: Image, size: int) -> Image:
    """Return scikit-image's means, one for each square."""
    return np.asarray(skimage.measure.block_reduce(image, (size, size, 1), np.mean))  # type: ignore[no-untyped-call]


# By hand


def test_each_square_becomes_its_mean_and_is_cut_off_at_the_edge(device: str) -> None:
    image = np.array([[1, 3, 10, 20, 7], [5, 7, 30, 40, 9], [2, 4, 60, 80, 5]], np.uint8)
    expected = [[4, 4, 25, 25, 8], [4, 4, 25, 25, 8], [3, 3, 70, 70, 5]]
    assert pixelate(image, device, 2).tolist() == expected
    assert pixelate(image, device, 3).tolist() == [[14, 14, 14, 27, 27]] * 3  # 122 / 9 and 161 / 6


@pytest.mark.parametrize("dtype", [np.uint8, exhaustive(np.uint16)])
def test_halves_are_rounded_to_even(device: str, dtype: type[np.generic]) -> None:
    image = np.array([[0, 1, 1, 2, 2, 3, 254, 255]], dtype)
    assert pixelate(image, device, 2).tolist() == [[0, 0, 2, 2, 2, 2, 254, 254]]
    image = np.kron(image, np.ones((16, 16), dtype))[:, 8:-8]
    assert pixelate(image, device, 16)[0, 8::16].tolist() == [0, 1, 2, 2, 2, 128, 254]  # 128.5 is a half, too


def test_channels_do_not_mix(device: str) -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    image[:2, :3] = (90, 180, 240)
    made = pixelate(image, device, 3)
    assert made[:3, :3].tolist() == [[[60, 120, 160]] * 3] * 3
    assert not made[3:].any()
    assert not made[:, 3:].any()


# Against NumPy, scikit-image, Pillow and OpenCV


@matrix(shape=[shape for shape in SHAPES if shape[2:] not in ALPHA], size=SIZES)
def test_any_shape_matches_numpy(device: str, shape: tuple[int, ...], size: int, random_image: Make) -> None:
    image = random_image(shape)
    assert_close(pixelate(image, device, size), np.rint(exact(image, size)))


@pytest.mark.parametrize(("dtype", "tolerance"), [("uint16", 0), ("float32", 3e-7)])
@pytest.mark.parametrize("size", [24, *map(exhaustive, (3, LARGEST_AT_ONCE, 100))])
def test_the_other_types_match_numpy(device: str, size: int, dtype: str, tolerance: float, random_image: Make) -> None:
    for shape in ((40, 150, 3), (301, 517, 3)):
        image = random_image(shape, dtype)
        made = pixelate(image, device, size)
        assert made.dtype == dtype
        wanted = exact(image, size)
        assert_close(made, wanted if dtype == "float32" else np.rint(wanted), tolerance)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape[2:] in ALPHA], ids=str)
@pytest.mark.parametrize("size", [SIZES[0], *map(exhaustive, SIZES[1:])])
def test_alpha_matches_numpy_on_premultiplied_color(
    device: str, shape: tuple[int, ...], size: int, random_image: Make, reference: Make
) -> None:
    image = random_image(shape)
    assert_close(pixelate(image, device, size), reference(image, squares(size)), 1)


@pytest.mark.parametrize(
    ("shape", "dtype", "tolerance"),
    [
        ((40, 30, 2), "uint16", 1),
        exhaustive((133, 65, 4), "uint16", 1),
        exhaustive((40, 30, 2), "float32", 3e-7),
        exhaustive((133, 65, 4), "float32", 3e-7),
    ],
)
def test_alpha_of_any_type_matches_numpy_on_premultiplied_color(
    device: str, shape: tuple[int, ...], dtype: str, tolerance: float, random_image: Make, reference: Make
) -> None:
    image = random_image(shape, dtype)
    for size in (5, 40):
        assert_close(pixelate(image, device, size), reference(image, squares(size)), tolerance)


@pytest.mark.parametrize("dtype", ["uint16", exhaustive("uint8")])
def test_the_largest_sums_are_exact(device: str, dtype: str) -> None:
    white = np.iinfo(dtype).max
    image = np.full((1010, 1030), white, dtype)
    image[0, 0] = 0
    for size in (LARGEST_AT_ONCE, 1000):
        mean = np.rint(white - white / size**2)
        assert pixelate(image, device, size)[0, 0] == mean
        assert (pixelate(image, device, size)[size:] == white).all()


@pytest.mark.parametrize("size", [20, exhaustive(4), exhaustive(15)])
def test_scikit_image_agrees(device: str, size: int, random_image: Make) -> None:
    image = random_image((120, 240, 3))
    means = np.rint(scikit_image(image, size))
    assert_close(pixelate(image, device, size), means.repeat(size, 0).repeat(size, 1))


@pytest.mark.parametrize("size", [16, exhaustive(4), exhaustive(8)])
def test_pillow_and_opencv_agree_but_for_halves(device: str, size: int, random_image: Make) -> None:
    image = random_image((128, 240, 3))
    made = pixelate(image, device, size)[::size, ::size]
    halves = scikit_image(image, size) % 1 == 0.5
    pillow = np.asarray(PIL.Image.fromarray(image).reduce(size))
    opencv = cv2.resize(image, (240 // size, 128 // size), interpolation=cv2.INTER_AREA)
    for theirs in (pillow, opencv):
        assert_close(made, theirs, 1)
        assert_close(made[~halves], theirs[~halves])


# What holds for any size


@pytest.mark.parametrize("dtype", ["uint8", exhaustive("uint16"), exhaustive("float32")])
def test_squares_of_one_pixel_change_nothing(device: str, dtype: str, random_image: Make) -> None:
    image = random_image((61, 230, 3), dtype)
    assert_close(pixelate(image, device, 1), image)


@pytest.mark.parametrize("size", every_third(SIZES))
def test_what_is_of_squares_already_stays_as_it_is(device: str, size: int, random_image: Make) -> None:
    once = pixelate(random_image((261, 330, 3)), device, size)
    assert_close(pixelate(once, device, size), once)


@pytest.mark.parametrize("size", every_third(SIZES))
def test_an_image_on_its_side_is_as_upright(device: str, size: int, random_image: Make) -> None:
    image = random_image((261, 330))
    assert_close(pixelate(image.T, device, size), pixelate(image, device, size).T)


def test_a_square_larger_than_the_image_is_the_mean_of_all(device: str, random_image: Make) -> None:
    image = random_image((61, 230))
    assert_close(pixelate(image, device, 1000), np.full(image.shape, np.rint(image.mean())))


def test_what_is_not_a_number_spoils_its_own_square_only(device: str, random_image: Make) -> None:
    for size in (5, 20):
        image = random_image((60, 80, 3), np.float32)
        clean = pixelate(image, device, size)
        image[23, 47, 1] = np.nan
        spoilt = np.isnan(pixelate(image, device, size))
        expected = np.zeros(image.shape, bool)
        expected[23 // size * size :, 47 // size * size :, 1][:size, :size] = True
        assert_close(spoilt, expected)
        assert_close(pixelate(image, device, size)[~spoilt], clean[~spoilt])


def test_colors_that_cannot_be_seen_do_not_count(device: str, random_image: Make) -> None:
    image = np.full((40, 60, 4), 255, np.uint8)
    image[10:20] = random_image((10, 60, 4))
    image[10:20, :, 3] = 0
    made = pixelate(image, device, 8)
    assert (made[made[..., 3] > 0][:, :3] == 255).all()
    assert made[8:16, :, 3].tolist() == [[64] * 60] * 8  # of 8 rows 6 cannot be seen


# In strips, and checked


@pytest.mark.parametrize("size", [7, 13, 24, 45, 99])
def test_strips_may_begin_within_a_square(
    device: str, size: int, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((3001, 120), np.float32)
    whole = pixelate(image, device, size)
    firsts, run = [], Pixelate.run

    def noted(self: Pixelate, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        firsts.append(gpu.rows.first)
        made: DeviceArray = run(self, gpu, image)
        return made

    monkeypatch.setattr(Pixelate, "run", noted)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes))
    assert_close(pixelate(image, device, size), whole)
    assert len(firsts) > 1
    assert any(first % size for first in firsts) == (size > LARGEST_AT_ONCE)


@pytest.mark.parametrize("shape", [(41, 400), *map(exhaustive, [(17, 31, 3), (33, 65, 4)])], ids=str)
@pytest.mark.parametrize("size", [3, 16, 40])
def test_nothing_is_read_or_written_that_may_not_be(shape: tuple[int, ...], size: int, random_image: Make) -> None:
    image = random_image(shape)
    with checked():
        pixelate(image, "cpu", size)
