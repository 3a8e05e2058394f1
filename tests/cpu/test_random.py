"""Random kernels against gcc; `support/fuzz.py` runs more."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from support.fuzz import compare, computed
from support.kernel_generator import Generator


def batches(count: int) -> Sequence[Any]:
    """Return the numbers of so many batches: the plain run takes the first."""
    return [0, *(pytest.param(batch, marks=pytest.mark.exhaustive) for batch in range(1, count))]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc to compare with")
@pytest.mark.parametrize("batch", batches(20))
def test_random_kernels_do_what_gcc_says(batch: int) -> None:
    assert compare(range(10 * batch, 10 * batch + 10)) == []


@pytest.mark.parametrize("batch", batches(6))
def test_a_checked_run_of_random_kernels_finds_no_fault(batch: int) -> None:
    for seed in range(10 * batch, 10 * batch + 10):
        made = Generator(seed).generate()
        if made.divergent:
            continue  # a checked run says so
        assert np.array_equal(computed(seed, made, checked=True), computed(seed, made)), f"seed {seed}"
