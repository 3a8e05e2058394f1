"""Long chains of per-pixel filters, which become several kernels, give what their steps give one by one."""

from __future__ import annotations

from itertools import cycle, islice

import numpy as np
import pytest

import imgcuda
from imgcuda.execution.executor import FUSED
from imgcuda.registry import installed

STEPS = [("invert", {}), ("vignette", {"amount": 0.2}), ("sepia", {"strength": 0.3}), ("add-noise", {"amount": 0.02}),
         ("brightness", {"factor": 1.1})]  # fmt: skip
"""Two of them see where a pixel is."""


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(
    "length", [pytest.param(n, marks=pytest.mark.exhaustive) for n in (FUSED - 1, FUSED, FUSED + 1)] + [2 * FUSED + 1]
)
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
