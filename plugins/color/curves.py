"""Curves: levels changed along a curve through points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import Argument, Matrix, ParameterError, PointFilter, param

Numbers = npt.NDArray[np.float64]


class Curves(PointFilter):
    """Change the levels along a curve through some points.

    A point is a level and what it becomes, both from black, 0, to white, 1. Before the first point and after the last
    the curve is level. Between points it is `monotone`, a cubic that nowhere swings beyond them (Fritsch and Butland
    1984, as in SciPy's PchipInterpolator), `natural`, the smoothest cubic spline (as in ffmpeg's `curves`), or
    `linear`. What is not a number becomes what the first point does.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"tone-curve": {}}

    points: Matrix = param(
        default=Matrix.of([[0, 0], [0.25, 0.15], [0.75, 0.85], [1, 1]]),
        help="a row for each point, a level and what it becomes; levels increase",
    )
    channel: Literal["all", "red", "green", "blue"] = param(
        default="all", help="the channel that changes; a gray image's is each of them"
    )
    interpolation: Literal["monotone", "natural", "linear"] = param(
        default="monotone", help="how the curve goes from point to point"
    )

    @property
    def channelwise(self) -> bool:
        return self.channel == "all"

    def __post_init__(self) -> None:
        super().__post_init__()
        points = self.points.array
        if points.shape[1] != 2 or len(points) < 2 or not (np.diff(points[:, 0]) >= 1e-5).all():
            words = "two or more rows of two numbers, whose first increases from row to row by at least 0.00001"
            raise ParameterError(f"points must have {words}; got {self.points}")

    def arguments(self) -> Mapping[str, Argument]:
        x, y = self.points.array.T
        knots = cubics(x, y, self.interpolation).astype(np.float32)
        channel = ("all", "red", "green", "blue").index(self.channel)
        return {"knots": knots, "count": len(knots), "channel": channel}


def cubics(x: Numbers, y: Numbers, interpolation: str) -> Numbers:
    """Return for each point its x and the four coefficients of the cubic that follows, lowest first."""
    steps = np.diff(x)
    secants = np.diff(y) / steps
    if interpolation == "linear":
        left = right = secants
    else:
        slopes = monotone_slopes(steps, secants) if interpolation == "monotone" else natural_slopes(steps, secants)
        left, right = slopes[:-1], slopes[1:]
    square = (3 * secants - 2 * left - right) / steps
    cube = (left + right - 2 * secants) / steps**2
    last = [x[-1], y[-1], 0, 0, 0]
    return np.vstack([np.stack([x[:-1], y[:-1], left, square, cube], axis=1), last])


def monotone_slopes(steps: Numbers, secants: Numbers) -> Numbers:
    """Return the slope at each point: a weighted harmonic mean of the secants, or 0 where they turn."""
    if len(steps) == 1:
        return np.repeat(secants, 2)
    before, after = secants[:-1], secants[1:]
    weights = np.stack([2 * steps[1:] + steps[:-1], steps[1:] + 2 * steps[:-1]])
    same = before * after > 0
    safe = np.where(same, [before, after], 1.0)
    inner = np.where(same, weights.sum(axis=0) / (weights / safe).sum(axis=0), 0)
    ends = [_end_slope(*steps[[0, 1]], *secants[[0, 1]]), _end_slope(*steps[[-1, -2]], *secants[[-1, -2]])]
    return np.array([ends[0], *inner, ends[1]])


def _end_slope(step: float, other_step: float, secant: float, other: float) -> float:
    """Return the slope at an end, by a parabola through three points, held so that it does not swing beyond."""
    slope = ((2 * step + other_step) * secant - step * other) / (step + other_step)
    if slope * secant <= 0:
        return 0.0
    return 3 * secant if secant * other < 0 and abs(slope) > 3 * abs(secant) else slope


def natural_slopes(steps: Numbers, secants: Numbers) -> Numbers:
    """Return the slope at each point of the spline whose second derivative is continuous, and 0 at both ends."""
    count = len(steps) + 1
    matrix, given = np.zeros((count, count)), np.zeros(count)
    matrix[0, :2], matrix[-1, -2:], given[[0, -1]] = (2, 1), (1, 2), 3 * secants[[0, -1]]
    for i in range(1, count - 1):
        matrix[i, i - 1 : i + 2] = 1 / steps[i - 1], 2 / steps[i - 1] + 2 / steps[i], 1 / steps[i]
        given[i] = 3 * (secants[i - 1] / steps[i - 1] + secants[i] / steps[i])
    return np.linalg.solve(matrix, given).astype(np.float64)
