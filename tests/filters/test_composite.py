"""Composite: by hand, against the W3C's formula in float64 for all kinds of pictures, and against Pillow."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
from PIL import ImageChops

import imgcuda
from imgcuda import ParameterError
from imgcuda.testing import assert_close
from support.blends import BLENDS, FRACTIONS, composited
from support.installed import installed
from support.luminance import luminance, parts
from support.matrix import exhaustive

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def composite(image: Image, other: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "composite", image=other, device=device, **parameters))


def split(image: Image, colors: int) -> tuple[Image, Image]:
    """Return colors, as many as asked for, and alpha, from 0 to 1."""
    own, alpha = parts(image)
    if colors == 1:
        own = luminance(own)
    return np.broadcast_to(own, (*own.shape[:2], colors)), alpha


def expected(image: Image, other: Image, mode: str, opacity: float) -> Image:
    """Return what is made of two pictures of one size, by the formula as the standard has it."""
    channels = image.shape[2]
    colors = channels - (channels in (2, 4))
    below, backdrop = split(image, colors)
    above, source = split(other, colors)
    if mode == "plus-lighter":  # which is cut off at 1: the opacity is the picture's
        source, opacity = source * opacity, 1
    if mode == "mask":
        alpha = backdrop * source * split(other, 1)[0]
        mixed = below * alpha
    else:
        mixed, alpha = composited(below, backdrop, above, source, mode, cut=image.dtype.kind != "f")
    mixed, alpha = ((1 - opacity) * a + opacity * b for a, b in ((below * backdrop, mixed), (backdrop, alpha)))
    if colors < channels:
        kept = below if mode == "mask" else np.zeros(mixed.shape)
        mixed = np.concatenate([np.divide(mixed, alpha, out=kept.copy(), where=alpha > 0), alpha], axis=-1)
    if image.dtype.kind == "f":
        return np.asarray(mixed)
    return np.asarray(np.rint(np.clip(mixed, 0, 1) * np.iinfo(image.dtype).max))


# By hand


def test_a_picture_lies_where_it_is_put(device: str) -> None:
    image, other = np.zeros((3, 4), np.uint8), np.array([[1, 2], [3, 4]], np.uint8)
    assert composite(image, other, device, x=1, y=1).tolist() == [[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0]]
    assert composite(image, other, device, x=-1, y=2).tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [2, 0, 0, 0]]
    assert composite(image, other, device, x=3, y=-1).tolist() == [[0, 0, 0, 3], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert not composite(image, other, device, x=4).any()
    assert not composite(image, other, device, y=-2).any()


def test_a_picture_lies_at_the_edge_that_gravity_names(device: str) -> None:
    image, other = np.zeros((3, 4), np.uint8), np.array([[1, 2]], np.uint8)
    made = composite(image, other, device, gravity="southeast")
    assert made.tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 2]]
    made = composite(image, other, device, gravity="southeast", x=1, y=1)
    assert made.tolist() == [[0, 0, 0, 0], [0, 1, 2, 0], [0, 0, 0, 0]]
    made = composite(image, other, device, gravity="center", x=1)
    assert made.tolist() == [[0, 0, 0, 0], [0, 0, 1, 2], [0, 0, 0, 0]]


def test_a_picture_is_repeated_from_where_it_lies(device: str) -> None:
    image, other = np.zeros((3, 5), np.uint8), np.array([[1, 2], [3, 4]], np.uint8)
    made = composite(image, other, device, tile=True, x=1, y=1)
    assert made.tolist() == [[4, 3, 4, 3, 4], [2, 1, 2, 1, 2], [4, 3, 4, 3, 4]]


def test_a_mask_says_how_much_of_the_picture_is_shown(device: str) -> None:
    image, other = np.full((1, 3), 100, np.uint8), np.full((1, 3), 200, np.uint8)
    mask = np.array([[0, 51, 255]], np.uint8)  # none, a fifth, all
    assert composite(image, other, device, mask=mask).tolist() == [[100, 120, 200]]
    with pytest.raises(ParameterError, match="mask must have the size of image, 3x1; got 2x1"):
        composite(image, other, device, mask=mask[:, :2])


PLAIN = {"over", "multiply", "soft-light", "mask"}
BY_HAND = {
    "over": 100, "multiply": 80, "screen": 224, "overlay": 193, "darken": 100, "lighten": 204, "color-dodge": 255,
    "color-burn": 125, "hard-light": 160, "soft-light": 195, "difference": 104, "exclusion": 144, "hue": 204,
    "saturation": 204, "color": 204, "luminosity": 100, "add": 255, "subtract": 104, "divide": 255, "linear-burn": 49,
    "linear-light": 149, "vivid-light": 190, "pin-light": 200, "grain-extract": 231.5, "grain-merge": 176.5, "in": 100,
    "out": 0, "atop": 100, "xor": 0, "copy": 100, "clear": 0, "destination-over": 204, "destination-in": 204,
    "destination-out": 0, "destination-atop": 204, "plus-lighter": 255, "mask": 80,
}  # fmt: skip


def of_mode(mode: str, *values: Any) -> Any:
    """Return values of parameters that the plain run has for a few modes: each is a kernel of its own."""
    return pytest.param(mode, *values) if mode in PLAIN else exhaustive(mode, *values)


@pytest.mark.parametrize(("mode", "made"), [of_mode(*each) for each in BY_HAND.items()])
def test_each_mode_mixes_two_grays_in_its_way(device: str, mode: str, made: float) -> None:
    image, other = np.full((2, 2), 204, np.uint8), np.full((2, 2), 100, np.uint8)  # 0.8 of white, and 0.392
    assert_close(composite(image, other, device, mode=mode), np.full((2, 2), made), 0.51)
    assert (composite(image, other, device, mode=mode, opacity=0) == 204).all()


def test_every_mode_is_tried_by_hand_and_by_its_formula() -> None:
    modes = next(each.choices for each in installed()["composite"].parameters() if each.name == "mode")
    assert set(modes) == set(BY_HAND) == {*BLENDS, *FRACTIONS, "mask"}


def test_half_of_a_picture_is_the_mean_of_both(device: str) -> None:
    image, other = np.full((2, 2), 100, np.uint8), np.full((2, 2), 200, np.uint8)
    assert (composite(image, other, device, opacity=0.5) == 150).all()


def test_a_picture_over_nothing_is_itself(device: str) -> None:
    image = np.array([[[9, 9, 9, 0]]], np.uint8)
    other = np.array([[[10, 20, 30, 40]]], np.uint8)
    assert composite(image, other, device).tolist() == other.tolist()
    assert composite(other, image, device).tolist() == other.tolist()


# Against the formula, and Pillow

MODES = [*BLENDS, *FRACTIONS, "mask"]
PAIRS = [(4, 2), (1, 3), (2, 1), (3, 4), (3, 1)]
IN_FULL = {"over", "hue", "multiply", "plus-lighter", "atop", "mask"}
"""A mode of each kind, which is tried with every two channel counts; each other with two of them, taken in turn."""
MIXED = [
    (mode, pair)
    for number, mode in enumerate(MODES)
    for pair in [(4, 4), *(PAIRS if mode in IN_FULL else [PAIRS[number % len(PAIRS)]])]
]
AT_FIRST = [("hue", (4, 4)), ("over", (4, 4)), ("atop", (2, 1))]


@pytest.mark.parametrize(
    ("mode", "channels"),
    [each if each in AT_FIRST else exhaustive(*each) for each in MIXED],
)
def test_any_two_pictures_are_mixed_by_the_formula(
    device: str, mode: str, channels: tuple[int, int], random_image: Make
) -> None:
    image, other = random_image((37, 53, channels[0])), random_image((37, 53, channels[1]), seed=1)
    made = composite(image, other, device, mode=mode, opacity=0.7).reshape(image.shape)
    assert_close(made, expected(image, other, mode, 0.7), 1)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
@pytest.mark.parametrize("mode", [exhaustive(mode) for mode in MODES])
def test_other_types_are_mixed_by_the_formula(device: str, mode: str, dtype: str, random_image: Make) -> None:
    image, other = random_image((37, 53, 4), dtype), random_image((37, 53, 4), dtype, seed=1)
    if dtype == "float32":
        image, other = np.clip(image, 0, 1), np.clip(other, 0.01, 0.99)  # the standard's formulas are for these
    made = composite(image, other, device, mode=mode, opacity=0.7)
    wanted = expected(image, other, mode, 0.7)
    assert_close(made, wanted, 1 if dtype == "uint16" else 1e-5 * max(1, np.abs(wanted).max()))


@pytest.mark.parametrize(
    ("dtype", "other_type"),
    [
        each if each == ("uint16", "float32") else exhaustive(*each)
        for each in product(["uint8", "uint16", "float32"], repeat=2)
    ],
)
def test_a_picture_of_another_type_is_converted(device: str, dtype: str, other_type: str, random_image: Make) -> None:
    image, other = random_image((17, 31, 3), dtype), random_image((17, 31, 3), other_type, seed=1)
    tolerance = {"uint8": 1, "uint16": 1, "float32": 1e-6}[dtype]
    assert_close(composite(image, other, device, mode="screen"), expected(image, other, "screen", 1), tolerance)


def test_pillow_composites_alike(device: str, random_image: Make) -> None:
    image, other = random_image((37, 53, 4)), random_image((37, 53, 4), seed=1)
    pillow = PIL.Image.alpha_composite(PIL.Image.fromarray(image), PIL.Image.fromarray(other))
    assert_close(composite(image, other, device), np.asarray(pillow), 1)


@pytest.mark.parametrize(
    ("mode", "blend", "allowed"),
    [
        ("multiply", ImageChops.multiply, 1),
        *(
            exhaustive(*each)
            for each in (
                ("screen", ImageChops.screen, 1),
                ("darken", ImageChops.darker, 0),
                ("lighten", ImageChops.lighter, 0),
                ("add", ImageChops.add, 0),
                ("subtract", ImageChops.subtract, 0),
                ("difference", ImageChops.difference, 0),
                ("overlay", ImageChops.overlay, 2),  # where Pillow takes 127 for half of 255
                ("hard-light", ImageChops.hard_light, 2),
            )
        ),
    ],
)
def test_pillow_blends_alike(device: str, mode: str, blend: Any, allowed: int, random_image: Make) -> None:
    image, other = random_image((37, 53)), random_image((37, 53), seed=1)
    made = blend(PIL.Image.fromarray(image), PIL.Image.fromarray(other))
    assert_close(composite(image, other, device, mode=mode), np.asarray(made), allowed)


# What holds for any picture


@pytest.mark.parametrize("tile", [False, exhaustive(True)])
@pytest.mark.parametrize("gravity", ["northwest", "south"])
def test_in_strips_it_lies_at_the_same_place(
    device: str, tile: bool, gravity: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, other = random_image((2100, 60)), random_image((900, 40), seed=1)
    parameters = {"x": 7, "y": 203, "gravity": gravity, "tile": tile}
    whole = composite(image, other, device, **parameters)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(2 * image.nbytes))
    assert_close(composite(image, other, device, **parameters), whole)
    if not tile:
        top, left = (203, 7) if gravity == "northwest" else (2100 - 900 - 203, 17)
        assert_close(whole[top : top + 900, left : left + 40], other)
        assert_close(whole[:top], image[:top])
        assert_close(whole[top + 900 :], image[top + 900 :])


def test_a_picture_and_its_mask_may_come_from_files(device: str, random_image: Make, tmp_path: Any) -> None:
    image, other, mask = (random_image(shape, seed=seed) for seed, shape in enumerate([(17, 31), (9, 9), (9, 9)]))
    PIL.Image.fromarray(other).save(tmp_path / "other.png")
    PIL.Image.fromarray(mask).save(tmp_path / "mask.png")
    made = imgcuda.apply(image, "composite", image=tmp_path / "other.png", mask=tmp_path / "mask.png", device=device)
    assert_close(made, composite(image, other, device, mask=mask))


@pytest.mark.parametrize("masked", [False, True])
def test_a_filter_that_was_sent_to_a_worker_does_the_same(device: str, masked: bool, random_image: Make) -> None:
    image, other, mask = (random_image(shape, seed=seed) for seed, shape in enumerate([(17, 31, 3), (9, 9), (9, 9)]))
    here = installed().create("composite", {"image": other, "y": -2, **({"mask": mask} if masked else {})})
    sent = pickle.loads(pickle.dumps(here))
    assert_close(sent(image, device=device), here(image, device=device))
