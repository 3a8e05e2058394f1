"""Cartoon: by hand, against GEGL's formula with SciPy's blurs in float64, and in strips."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.luminance import luminance, luminance_and_around, parts, put_together
from support.matrix import exhaustive
from support.references import BORDERS, matches

Image = npt.NDArray[Any]


def cartoon(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "cartoon", device=device, **parameters))


def light_around(image: Image, radius: float, border: str = "reflect") -> Image:
    """Return the luminance blurred by the Gaussian that falls to 1/255 at radius + 1 pixels, weighed by alpha."""
    return luminance_and_around(image, (radius + 1) / np.sqrt(2 * np.log(255)), border)[1]


def ramp_of(quotient: Image, black: float, steps: int = 1024) -> float:
    """Return 1 - q, where a share `black` of the quotients, without those in the last step, is at most q."""
    counts = np.histogram(quotient, steps, (0, 1))[0]
    counts[-1] = 0
    wanted, so_far = black * counts.sum(), np.cumsum(counts)
    if wanted == 0:
        return 1.0
    step = int(np.argmax(so_far >= wanted))
    part = (wanted - (so_far[step] - counts[step])) / counts[step]  # of the quotients in this step
    return float(1 - (step + part) / steps)


def exact(image: Image, radius: float = 7, black: float = 0.2, border: str = "reflect") -> Image:
    colors, alpha = parts(image)
    light = luminance(colors)
    near, around = (light_around(image, each, border) for each in (1, radius))
    quotient = np.divide(near, around, out=np.zeros(near.shape), where=around != 0)
    ramp = ramp_of(quotient[around != 0], black)
    factor = np.where(quotient < 1, (ramp - np.minimum(ramp, 1 - quotient)) / ramp, 1)
    made = np.clip(near * np.where(around != 0, factor, 0), 0, 1)
    return put_together(image, colors + made - light, alpha)


def test_what_is_even_stays_and_a_dark_line_becomes_black(device: str) -> None:
    image = np.full((60, 61), 200, np.uint8)
    assert_close(cartoon(image, device), image)
    image[:, 30] = 120
    made = cartoon(image, device)
    assert (made[:, 30] == 0).all()
    assert_close(made[:, [0, 10, 50, 60]], image[:, [0, 10, 50, 60]])
    assert_close(cartoon(image, device, black=0.0)[:, 0], image[:, 0])


def test_colors_keep_their_differences_from_the_luminance(device: str) -> None:
    image = np.full((50, 50, 3), (200, 120, 90), np.uint8)
    image[:, 25] = (160, 80, 50)  # as far from each other, but darker
    made = cartoon(image, device).astype(int)
    shown = made.min(axis=2) > 0  # where nothing was clipped
    assert shown.any()
    assert (np.abs(np.diff(made[shown], axis=1) - (-80, -30)) <= 1).all()


def test_the_share_that_is_asked_for_becomes_black(device: str) -> None:
    image = np.asarray(random_image((300, 400), "uint8")) // 2 + 64
    near, around = (light_around(image, radius) for radius in (1, 7))
    darker = (near < around)[..., 0]
    for black in (0.1, 0.5):
        share = (cartoon(image, device, black=black)[darker] == 0).mean()
        assert share == pytest.approx(black, abs=0.01)


def test_gegls_hundredths_make_nearly_the_same(device: str, picture: Image) -> None:
    given = np.ascontiguousarray(picture[::2, ::2])
    light = luminance(given / 255)
    near, around = (light_around(given, radius) for radius in (1, 7))
    quotient = near / around
    below = quotient[quotient < 1]
    counts = np.histogram(below, 100, (0, 1))[0]
    ramp = 1 - np.flatnonzero(np.cumsum(counts) / below.size > 0.2)[0] / 100
    luma = np.clip(near * np.where(quotient < 1, 1 - np.minimum(1, (1 - quotient) / ramp), 1), 0, 1)
    made = np.clip(given / 255 + luma - light, 0, 1) * 255
    assert np.abs(cartoon(given, device) - made).mean() < 2


SMALL: list[dict[str, Any]] = [{}, {"radius": 12.0, "black": 0.6}, {"radius": 0.0}, {"black": 0.0}]
SETTINGS = [*SMALL, {"radius": 20.0, "black": 0.6}, {"radius": 50.0}]
SHAPES = [(17, 31), (1, 1), (1, 50), (50, 1), (37, 53)]

test_any_image_matches_scipy = pytest.mark.exhaustive(
    matches("cartoon", exact, {"uint8": 1, "uint16": 20, "float32": 3e-4}, settings=SETTINGS)
)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_gray_image_matches_scipy(device: str, shape: tuple[int, ...]) -> None:
    image = random_image(shape, "uint8")
    for setting in SMALL:
        assert_close(cartoon(image, device, **setting), exact(image, **setting), 1)


@pytest.mark.parametrize("border", [exhaustive(border) for border in BORDERS])
def test_beyond_the_edge_is_what_the_border_says(device: str, border: str) -> None:
    image = random_image((60, 50), "uint8")
    assert_close(cartoon(image, device, border=border), exact(image, border=border), 1)


@pytest.mark.parametrize("radius", [7.0, 0.0, exhaustive(30.0)])
def test_strips_give_what_the_whole_gives(device: str, radius: float, monkeypatch: pytest.MonkeyPatch) -> None:
    image = random_image((1500, 70), "uint8")
    whole = cartoon(image, device, radius=radius)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(5 * image.nbytes))
    assert_close(cartoon(image, device, radius=radius), whole)
