"""Composite: by hand, against the W3C's formula in float64 for all kinds of pictures, and against Pillow."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
from PIL import ImageChops

import imgcuda
from imgcuda.testing import assert_close
from support.matrix import exhaustive, matrix

Image = npt.NDArray[Any]
Make = Callable[..., Image]

BLENDS: dict[str, Callable[[Image, Image], Image]] = {
    "over": lambda below, above: above,
    "multiply": lambda below, above: np.asarray(below * above),
    "screen": lambda below, above: np.asarray(below + above - below * above),
    "darken": np.minimum,
    "lighten": np.maximum,
}
LUMA = np.array([19595, 38470, 7471]) / 65536


def composite(image: Image, other: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "composite", image=other, device=device, **parameters))


def split(image: Image, colors: int) -> tuple[Image, Image]:
    """Return colors, as many as asked for, and alpha, from 0 to 1."""
    white = 1.0 if image.dtype.kind == "f" else float(np.iinfo(image.dtype).max)
    values = image.reshape(*image.shape[:2], -1) / white
    alpha = values[..., -1:] if values.shape[2] in (2, 4) else np.ones((*values.shape[:2], 1))
    own = values[..., : values.shape[2] - (values.shape[2] in (2, 4))]
    if colors == 1 and own.shape[2] == 3:
        own = own @ LUMA[:, None]
    return np.broadcast_to(own, (*own.shape[:2], colors)), alpha


def expected(image: Image, other: Image, mode: str, opacity: float) -> Image:
    """Return what is made of two pictures of one size, by the formula as the standard has it."""
    channels = image.shape[2]
    colors = channels - (channels in (2, 4))
    below, backdrop = split(image, colors)
    above, source = split(other, colors)
    source = source * opacity
    if mode == "mask":
        kept = 1 - opacity + source * split(other, 1)[0]
        made = np.concatenate([below, backdrop * kept], axis=-1) if colors < channels else below * kept
    else:
        both = source + backdrop * (1 - source)
        mixed = source * (1 - backdrop) * above + source * backdrop * BLENDS[mode](below, above)
        mixed = mixed + (1 - source) * backdrop * below
        shown = np.divide(mixed, both, out=np.zeros(mixed.shape), where=both > 0)
        made = np.concatenate([shown, both], axis=-1)[..., :channels]
    return made if image.dtype.kind == "f" else np.rint(made * np.iinfo(image.dtype).max)


# By hand


def test_a_picture_lies_where_it_is_put(device: str) -> None:
    image, other = np.zeros((3, 4), np.uint8), np.array([[1, 2], [3, 4]], np.uint8)
    assert composite(image, other, device, x=1, y=1).tolist() == [[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0]]
    assert composite(image, other, device, x=-1, y=2).tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [2, 0, 0, 0]]
    assert composite(image, other, device, x=3, y=-1).tolist() == [[0, 0, 0, 3], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert not composite(image, other, device, x=4).any()
    assert not composite(image, other, device, y=-2).any()


@pytest.mark.parametrize(
    ("mode", "made"),
    [("over", 100), ("multiply", 80), ("screen", 224), ("darken", 100), ("lighten", 204), ("mask", 80)],
)
def test_each_mode_mixes_two_grays_in_its_way(device: str, mode: str, made: int) -> None:
    image, other = np.full((2, 2), 204, np.uint8), np.full((2, 2), 100, np.uint8)  # 0.8 of white, and 0.392
    assert (composite(image, other, device, mode=mode) == made).all()


def test_half_of_a_picture_is_the_mean_of_both(device: str) -> None:
    image, other = np.full((2, 2, 3), 100, np.uint8), np.full((2, 2, 3), 200, np.uint8)
    assert (composite(image, other, device, opacity=0.5) == 150).all()


def test_a_picture_over_nothing_is_itself(device: str) -> None:
    image = np.array([[[9, 9, 9, 0]]], np.uint8)
    other = np.array([[[10, 20, 30, 40]]], np.uint8)
    assert composite(image, other, device).tolist() == other.tolist()
    assert composite(other, image, device).tolist() == other.tolist()


# Against the formula, and Pillow


@matrix(channels=[(4, 2), (1, 3), (2, 1), (3, 4), (4, 4), (3, 1)], mode=[*BLENDS, "mask"])
def test_any_two_pictures_are_mixed_by_the_formula(
    device: str, channels: tuple[int, int], mode: str, random_image: Make
) -> None:
    image, other = random_image((37, 53, channels[0])), random_image((37, 53, channels[1]), seed=1)
    made = composite(image, other, device, mode=mode, opacity=0.7).reshape(image.shape)
    assert_close(made, expected(image, other, mode, 0.7), 1)


@pytest.mark.parametrize(
    ("dtype", "other_type"),
    [
        each if each in (("uint8", "float32"), ("uint16", "uint8"), ("float32", "uint16")) else exhaustive(*each)
        for each in product(["uint8", "uint16", "float32"], repeat=2)
    ],
)
def test_a_picture_of_another_type_is_converted(device: str, dtype: str, other_type: str, random_image: Make) -> None:
    image, other = random_image((17, 31, 3), dtype), random_image((17, 31, 3), other_type, seed=1)
    tolerance = {"uint8": 1, "uint16": 1, "float32": 1e-6}[dtype]
    assert_close(composite(image, other, device, mode="screen"), expected(image, other, "screen", 1), tolerance)


def test_pillow_has_the_same(device: str, random_image: Make) -> None:
    image, other = random_image((37, 53, 4)), random_image((37, 53, 4), seed=1)
    pillow = PIL.Image.alpha_composite(PIL.Image.fromarray(image), PIL.Image.fromarray(other))
    assert_close(composite(image, other, device), np.asarray(pillow), 1)
    colors = [PIL.Image.fromarray(np.ascontiguousarray(each[..., :3])) for each in (image, other)]
    for mode, blend in (
        ("multiply", ImageChops.multiply),
        ("screen", ImageChops.screen),
        ("darken", ImageChops.darker),
    ):
        made = composite(np.asarray(colors[0]), np.asarray(colors[1]), device, mode=mode)
        assert_close(made, np.asarray(blend(*colors)), 1)


# What holds for any picture


def test_in_strips_it_lies_at_the_same_place(device: str, random_image: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    image, other = random_image((700, 60, 3)), random_image((300, 40, 4), seed=1)
    whole = composite(image, other, device, x=7, y=203)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(2 * image.nbytes))
    assert_close(composite(image, other, device, x=7, y=203), whole)
    assert_close(whole[:203], image[:203])
    assert_close(whole[503:], image[503:])


@pytest.mark.parametrize("mode", [*BLENDS, "mask"])
def test_none_of_a_picture_changes_nothing(device: str, mode: str, random_image: Make) -> None:
    image = random_image((17, 31, 3))
    assert_close(composite(image, random_image((17, 31, 4), seed=1), device, mode=mode, opacity=0), image)


def test_a_picture_may_come_from_a_file(device: str, random_image: Make, tmp_path: Any) -> None:
    image, other = random_image((17, 31, 3)), random_image((9, 9, 3), seed=1)
    PIL.Image.fromarray(other).save(tmp_path / "other.png")
    assert_close(composite(image, str(tmp_path / "other.png"), device), composite(image, other, device))  # type: ignore[arg-type]
