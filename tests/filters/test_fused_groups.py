"""Long chains of per-pixel filters, which become several kernels, give what their steps give one by one."""

from __future__ import annotations

from functools import cache
from itertools import cycle, islice

import numpy as np
import pytest

import imgcuda
from imgcuda.execution.executor import FUSED
from imgcuda.programs.source import Source
from imgcuda.registry import installed
from support.matrix import exhaustive

STEPS = [("invert", {}), ("vignette", {"amount": 0.2}), ("sepia", {"strength": 0.3}), ("add-noise", {"amount": 0.02}),
         ("brightness", {"factor": 1.1})]  # fmt: skip
"""Two of them see where a pixel is."""


@pytest.mark.parametrize("dtype", ["uint8", *map(exhaustive, ("uint16", "float32"))])
@pytest.mark.parametrize("length", [FUSED + 1, *map(exhaustive, (FUSED - 1, FUSED, 2 * FUSED + 1))])
def test_groups_of_filters_equal_their_steps(length: int, dtype: str) -> None:
    values = np.random.default_rng(5).random((37, 53, 3))
    image = values.astype(dtype) if dtype == "float32" else (values * np.iinfo(dtype).max).astype(dtype)
    chain = [installed().create(name, how) for name, how in islice(cycle(STEPS), length)]
    alone = image
    for each in chain:
        alone = imgcuda.Pipeline([each])(alone, device="cpu")
    together = imgcuda.Pipeline(chain)(image, device="cpu")
    assert together.dtype == image.dtype
    assert together.tobytes() == alone.tobytes()
    assert together.tobytes() != image.tobytes()


class Heavy(imgcuda.PointFilter):
    """Compute so much that a few of these fill a kernel of 3,000 instructions."""

    @classmethod
    @cache
    def source(cls) -> Source:
        steps = "".join(f"    c.{'rgb'[k % 3]} = c.{'gbr'[k % 3]} * 0.75f + {k % 7 * 0.04}f;\n" for k in range(100))
        return Source("heavy.cu", f"__device__ color heavy(color c)\n{{\n{steps}    return c;\n}}\n")


def test_filters_that_are_too_large_to_fuse_run_in_several_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imgcuda.cpu.ir.INSTRUCTIONS", 3_000)
    image = np.random.default_rng(6).integers(0, 256, (37, 53, 3), np.uint8)
    alone = image
    for _ in range(8):
        alone = Heavy()(alone, device="cpu")
    together = imgcuda.Pipeline([Heavy() for _ in range(8)])(image, device="cpu")
    assert together.tobytes() == alone.tobytes()
    assert together.tobytes() != image.tobytes()
