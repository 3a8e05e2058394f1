"""A few hundred random kernels against gcc; `fuzz.py` runs more."""

from __future__ import annotations

import shutil

import pytest
from fuzz import compare


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc to compare with")
@pytest.mark.parametrize("batch", range(10))
def test_random_kernels_do_what_gcc_says(batch: int) -> None:
    assert compare(range(20 * batch, 20 * batch + 20)) == []
