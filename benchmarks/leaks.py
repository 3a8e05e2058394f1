"""Whether the CPU engine keeps memory: thousands of kernels are compiled, and one is launched thousands of times.

    python benchmarks/leaks.py
    python benchmarks/leaks.py --kernels 500 --launches 5000 --most 5

It prints how much memory the process has, every so often. With `--most`, it fails if that grew by more MiB after
the first two readings, by when all is loaded that stays.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from imgcuda.cpu import loading
from imgcuda.cpu.session import CpuSession
from imgcuda.engine.protocol import Launch
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program

BLOCK = 32
SHARED_OUT = 20_000
"""Blocks of a launch that is worth several cores."""


def resident() -> float:
    """Return how much memory this process has, in MiB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def add(number: int, blocks: int = 1) -> None:
    """Add a number to some integers, in a kernel that is made for this number."""
    place = f"blockIdx.x * {BLOCK} + threadIdx.x"
    text = f"__global__ void k(int *out) {{ int i = {place}; out[i] = i + {number}; }}"
    session = CpuSession()
    out = session.empty((blocks * BLOCK,), np.int32)
    session.launch(Launch(Program("add.cu", text, np.dtype(np.uint8)), "k", Dim3(blocks), Dim3(BLOCK), [out]))
    assert session.download(out)[-1] == blocks * BLOCK - 1 + number


def watch(what: str, action: Callable[[int], None], count: int, every: int) -> float:
    """Do something often, print how much memory there is meanwhile, and return how much it grew after a while."""
    readings = []
    for number in range(count + 1):
        action(number)
        if number % every == 0:
            readings.append(resident())
            print(f"{number:6} {what}: {readings[-1]:7.1f} MiB", flush=True)
    return max(readings[2:], default=0) - max(readings[:2])


def arguments() -> argparse.Namespace:
    """Return what is asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", type=int, default=10_000)
    parser.add_argument("--launches", type=int, default=10_000)
    parser.add_argument("--every", type=int, default=500, help="between two readings")
    parser.add_argument("--loaded", type=int, default=loading.MOST, help="kernels that may stay loaded")
    parser.add_argument("--most", type=float, help="MiB that may be kept; else it fails")
    return parser.parse_args()


def main() -> int:
    """Watch both, with an empty cache on disk, and return what the shell is to get."""
    asked = arguments()
    loading.MOST = asked.loaded
    with tempfile.TemporaryDirectory() as cache:
        os.environ["IMGCUDA_CACHE"] = cache
        kept = watch("kernels", add, asked.kernels, asked.every)
        kept += watch("launches", lambda number: add(0, blocks=SHARED_OUT), asked.launches, max(asked.every, 100))
    print(f"{kept:.1f} MiB kept")
    return int(asked.most is not None and kept > asked.most)


if __name__ == "__main__":
    sys.exit(main())
