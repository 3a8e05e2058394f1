"""How many kernels filters need: a number that varies continuously must not cause a compilation for each value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from imgcuda.execution.executor import run_chain
from imgcuda.testing.gpu_compilation import CompilingSession
from support.installed import installed


def kernels(name: str, given: dict[str, Any], packs: bool = False) -> set[Any]:
    """Return the kernels that the CPU compiles for a filter, or the texts that a GPU does."""
    session = CompilingSession(None, packs=packs)
    run_chain(session, [installed().create(name, given)], session.empty((64, 96, 3), np.uint8))
    return {launch[0].text if packs else launch for launch in session.calls}


@pytest.mark.parametrize(
    ("name", "parameter", "low", "high", "most"),
    [
        ("blur", "sigma", 0.1, 6.0, 2),
        ("blur", "sigma", 6.2, 100.0, 4 * 4),  # four kernels for each of four steps of the grid
        ("unsharp-mask", "sigma", 0.1, 3.0, 2),
        ("bilateral", "sigma_space", 0.5, 10.0, 2),
        ("bilateral", "sigma_color", 0.001, 10.0, 1),
        ("rotate", "angle", 0.5, 89.0, 2),  # by rows, and where they are steep by squares
        ("gamma", "gamma", 0.1, 10.0, 1),
        ("levels", "gamma", 0.1, 10.0, 1),
        ("temperature", "temperature", 1700.0, 25000.0, 1),
        ("shadows-highlights", "shadows", -2.0, 2.0, 6),  # grayscale, four kernels of a large blur, and its own
        ("difference-of-gaussians", "low_sigma", 0.1, 1.6, 3),  # to floats, the blur, and its own
        ("gabor", "theta", 1.0, 89.0, 4),  # two sums: of cosines, which are symmetric, and of sines
        ("hessian", "sigma", 0.6, 16.0, 6),  # two sums, each for few rows and for many
        ("distance-transform", "threshold", 0.0, 1.0, 3),
        ("filmic", "exposure", -5.0, 5.0, 1),
        ("tone-map", "key", 0.05, 1.0, 2),  # what measures, and the curve
        ("dehaze", "strength", 0.1, 1.0, 9),  # two that measure, four of its own, an erosion and two means
        ("total-variation", "weight", 0.01, 1.0, 2),
        ("rank", "percentile", 0.0, 100.0, 1),
        ("affine", "angle", 0.5, 89.0, 2),
        ("swirl", "strength", 0.5, 20.0, 1),
        ("lens-distortion", "k1", 0.001, 0.3, 1),
    ],
)
def test_a_number_does_not_cause_a_compilation(name: str, parameter: str, low: float, high: float, most: int) -> None:
    values = np.linspace(low, high, 12)
    found = set().union(*(kernels(name, {parameter: float(value)}) for value in values))
    assert 1 <= len(found) <= most


def test_a_size_of_a_box_or_a_kernel_causes_few_compilations() -> None:
    boxes = set().union(*(kernels("box-blur", {"radius": radius}) for radius in range(1, 101, 3)))
    assert len(boxes) <= 5
    rectangles = set().union(*(kernels("erode", {"radius": radius}) for radius in range(8, 101, 4)))
    assert len(rectangles) <= 2
    columns = set().union(*(kernels("convolve", {"kernel": np.ones((size, size))}) for size in range(7, 80, 6)))
    assert len(columns) <= 2


def test_each_method_of_error_diffusion_has_the_same_kernels() -> None:
    methods = ("floyd-steinberg", "jarvis", "stucki", "sierra", "atkinson")
    assert len(set().union(*(kernels("error-diffusion", {"method": method}) for method in methods))) == 3


def test_a_gpu_compiles_for_each_size() -> None:
    sigmas = (1.0, 1.5, 2.0)
    assert len(set().union(*(kernels("blur", {"sigma": sigma}, packs=True) for sigma in sigmas))) == len(sigmas)
