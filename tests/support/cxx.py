"""Kernels in C++ proper for tests: run on the CPU, each thread of 70 writes a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda import kernels
from imgcuda.cpu.cxx import clang

NEEDS_CLANG = pytest.mark.skipif(not clang.is_installed(), reason=f"Clang is not installed: {clang.INSTALL}")
THREADS = 70
X = np.arange(THREADS, dtype=np.float32)
"""The numbers of the threads, as kernels are given them and as expected results are computed."""
DEFINES = {"THREAD": "int i = blockIdx.x * blockDim.x + threadIdx.x; if (i >= 70) return"}
"""A macro: the number of the thread, in kernels."""


def result(text: str, kernel: str = "k", *arguments: Any) -> npt.NDArray[np.float32]:
    """Return what a kernel writes to its last argument, in two blocks of 64 threads."""
    out = np.zeros(THREADS, np.float32)
    kernels.compile(text, DEFINES, device="cpu")[kernel](*arguments, out, grid=2, block=64)
    return out


def assert_makes(expected: npt.ArrayLike, text: str, kernel: str = "k", *arguments: Any) -> None:
    """Assert that a kernel writes these numbers, exactly."""
    np.testing.assert_array_equal(
        result(text, kernel, *arguments), np.broadcast_to(np.asarray(expected, np.float32), THREADS)
    )
