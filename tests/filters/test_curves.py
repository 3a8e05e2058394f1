"""Curves: by hand, and against SciPy's interpolators in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.interpolate import CubicSpline, PchipInterpolator

import imgcuda
from imgcuda.testing import assert_close
from imgcuda_plugins.color.curves import cubics
from support.installed import installed
from support.references import by_colors, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 0.501, "uint16": 0.6, "float32": 2e-6}
POINTS = np.array([[0.1, 0.0], [0.3, 0.5], [0.4, 0.55], [0.8, 0.7], [0.9, 1.0]])
KINDS: dict[str, Callable[[Image, Image], Callable[[Image], Image]]] = {
    "monotone": PchipInterpolator,
    "natural": lambda x, y: CubicSpline(x, y, bc_type="natural"),
    "linear": lambda x, y: lambda at: np.interp(at, x, y),
}


def curves(image: Image, device: str, points: object, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "curves", device=device, points=points, **parameters))


def exact(colors: Image, points: Image, interpolation: str = "monotone", channel: str = "all") -> Image:
    made = KINDS[interpolation](*points.T)(np.clip(colors, points[0, 0], points[-1, 0]))
    only = {"red": 0, "green": 1, "blue": 2}.get(channel)
    if only is None or colors.shape[2] == 1:
        return made
    return np.dstack([made[..., c] if c == only else colors[..., c] for c in range(3)])


def test_the_curve_goes_through_its_points(device: str) -> None:
    image = np.array([[0, 51, 102, 153, 255]], np.uint8)
    for interpolation in KINDS:
        made = curves(image, device, [[0.2, 0.4], [0.4, 0], [0.6, 1]], interpolation=interpolation)
        assert made.tolist() == [[102, 102, 0, 255, 255]]
    assert curves(image, device, "[[0,1],[1,0]]", interpolation="linear").tolist() == [[255, 204, 153, 102, 0]]


def test_one_channel_changes_alone(device: str) -> None:
    image = np.array([[[51, 51, 51]]], np.uint8)
    for channel, expected in (("red", [204, 51, 51]), ("green", [51, 204, 51]), ("blue", [51, 51, 204])):
        assert curves(image, device, [[0, 1], [1, 0]], channel=channel).tolist() == [[expected]]


test_any_image_matches_scipy = matches(
    "curves",
    lambda image, **given: by_colors(image, lambda colors: exact(colors, **given)),
    TOLERANCE,
    settings=[{"points": POINTS, "interpolation": "natural", "channel": "blue"}],
)


@pytest.mark.parametrize("interpolation", KINDS)
def test_any_points_match_scipy(interpolation: str) -> None:
    random = np.random.default_rng(5)
    for count in (2, 3, 4, 5, 9, 30):
        for _ in range(5):
            x = np.sort(random.random(count)) + np.arange(count) * 0.01
            y = np.rint(random.random(count) * 4) / 4  # with level parts and turns
            knots = cubics(x, y, interpolation)
            at = np.linspace(x[0], x[-1], 300)
            place = np.searchsorted(x, at, side="right") - 1
            way = (at - knots[place, 0])[:, None] ** np.arange(4)
            assert_close((way * knots[place, 1:]).sum(axis=1), KINDS[interpolation](x, y)(at), 1e-9)


def test_a_monotone_curve_stays_monotone(device: str, every_level: Make) -> None:
    levels = every_level("uint8")
    made = curves(levels, device, [[0, 0], [0.1, 0.02], [0.5, 0.9], [0.6, 0.9], [1, 1]]).astype(int)
    assert (np.diff(made.ravel()) >= 0).all()
    assert_close(curves(levels, device, [[0, 0], [0.5, 0.5], [1, 1]]), levels)


def test_beyond_its_ends_the_curve_is_level(device: str) -> None:
    image = np.array([[-np.inf, -5, 0.5, 5, np.inf, np.nan]], np.float32)
    assert_close(curves(image, device, [[0, 0.25], [1, 0.75]])[0], [0.25, 0.25, 0.5, 0.75, 0.75, 0.25])


@pytest.mark.parametrize("points", [[[0, 0]], [[0, 0, 0], [1, 1, 1]], [[0, 0], [0, 1]], [[1, 0], [0, 1]]], ids=str)
def test_points_that_make_no_curve_are_refused(points: list[list[float]]) -> None:
    with pytest.raises(imgcuda.ParameterError, match="points must have two or more rows of two numbers"):
        installed().create("curves", {"points": points})
