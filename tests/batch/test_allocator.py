"""The memory that a worker keeps from file to file."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SCRIPT = """
import resource, sys
import numpy as np
from imgcuda.batch import allocator

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        np.empty(40_000_000, np.uint8).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

usual = faults()
allocator.keep_freed_memory()
faults()
kept = faults()
allocator.give_back()
print(usual, kept, faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can")
def test_freed_memory_is_used_again_until_it_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    usual, kept, given_back = map(int, done.stdout.split())
    assert kept * 20 < usual
    assert given_back > kept
