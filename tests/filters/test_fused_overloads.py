"""Per-pixel filters whose files have helper functions of one name, for several types, fused into one kernel."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from imgcuda import Pipeline, PointFilter
from imgcuda.programs.source import Source
from imgcuda.testing import assert_close
from imgcuda.testing.gpu_compilation import compile_for_gpu

HELPERS = """__device__ float part(float value) { return value * FLOAT; }
__device__ float part(int value) { return value * WHOLE; }
__device__ color NAME(color c)
{
    c.r = part(c.r) + part(1);
    c.g = part(c.g);
    return c;
}
"""


def helped(name: str, factor: str, step: str) -> Source:
    text = HELPERS.replace("NAME", name).replace("FLOAT", factor).replace("WHOLE", step)
    return Source(f"{name}.cu", text)


class Halve(PointFilter):
    """Halve red and green, and add an eighth to red."""

    @classmethod
    @cache
    def source(cls) -> Source:
        return helped("halve", "0.5f", "0.125f")


class Quarter(PointFilter):
    """Take a quarter of red and green, and add a half to red."""

    @classmethod
    @cache
    def source(cls) -> Source:
        return helped("quarter", "0.25f", "0.5f")


def test_helpers_that_share_a_name_are_each_filters_own(device: str) -> None:
    image = np.full((3, 5, 3), 1, np.float32)
    made = Pipeline([Halve(), Quarter()])(image, device=device)
    assert_close(made[0, 0], [0.25 * (0.5 + 0.125) + 0.5, 0.125, 1])
    assert_close(made, Quarter()(Halve()(image, device=device), device=device))


@pytest.mark.usefixtures("nvrtc")
def test_helpers_that_share_a_name_compile_for_a_gpu() -> None:
    assert compile_for_gpu([Halve(), Quarter(), Halve()], np.ones((3, 5, 3), np.uint8))
