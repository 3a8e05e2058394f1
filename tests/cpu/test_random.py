"""A few hundred random kernels against gcc; `fuzz.py` runs more."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from fuzz import compare, computed
from generator import Generator


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc to compare with")
@pytest.mark.parametrize("batch", range(10))
def test_random_kernels_do_what_gcc_says(batch: int) -> None:
    assert compare(range(20 * batch, 20 * batch + 20)) == []


@pytest.mark.parametrize("batch", range(3))
def test_a_checked_run_finds_no_fault_with_random_kernels_and_makes_the_same(batch: int) -> None:
    for seed in range(20 * batch, 20 * batch + 20):
        made = Generator(seed).generate()
        assert np.array_equal(computed(seed, made, checked=True), computed(seed, made)), f"seed {seed}"
