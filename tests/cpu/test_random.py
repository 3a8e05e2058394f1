"""Random kernels against gcc; `support/fuzz.py` runs more."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from support.fuzz import compare, computed
from support.kernel_generator import Generator
from support.matrix import exhaustive

SIZE = 5
"""The kernels of a batch."""


def batches(count: int) -> Sequence[Any]:
    """Return the numbers of so many batches: the plain run takes the first."""
    return [0, *map(exhaustive, range(1, count))]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc to compare with")
@pytest.mark.parametrize("batch", batches(40))
def test_random_kernels_do_what_gcc_says(batch: int) -> None:
    assert compare(range(SIZE * batch, SIZE * batch + SIZE)) == []


@pytest.mark.parametrize("batch", batches(12))
def test_a_checked_run_of_random_kernels_finds_no_fault(batch: int) -> None:
    for seed in range(SIZE * batch, SIZE * batch + SIZE):
        made = Generator(seed).generate()
        if made.divergent:
            continue  # a checked run says so
        assert np.array_equal(computed(seed, made, checked=True), computed(seed, made)), f"seed {seed}"
