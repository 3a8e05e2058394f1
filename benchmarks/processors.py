"""Other processors than this machine's that code is compiled for, and run on this one: `--processor x86-64-v3`.

So a machine with AVX-512 shows what AVX2 takes. OpenCV gets no wider vectors then, either.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from imgcuda.cpu.machine import Machine

MACHINES = {
    "x86-64-v3": Machine("x86-64-v3", "+avx,+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+movbe,+popcnt"),
    "x86-64": Machine("x86-64", "+sse2"),
}
"""Processors of x86-64: with AVX2, and any."""
_NARROWER = {"OPENCV_CPU_DISABLE": "AVX512-SKX,AVX512-ICL,AVX512-COMMON", "OPENCV_IPP": "avx2"}
"""What OpenCV reads as it is loaded, so that it uses AVX2 at most."""


def add_processor(options: argparse.ArgumentParser) -> None:
    """Add the option --processor."""
    options.add_argument("--processor", default="host", choices=["host", *MACHINES], help="what to compile for")


@contextmanager
def compiling_for(name: str) -> Iterator[None]:
    """Compile kernels for a processor, with a cache of their own; "host" changes nothing.

    The script is started again if OpenCV was loaded with wider vectors.
    """
    if name == "host":
        yield
        return
    if not os.environ.items() >= _NARROWER.items():
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **_NARROWER})
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IMGCUDA_CACHE"] = folder  # its keys name the processor that runs the code
        Machine.host = lambda: MACHINES[name]  # type: ignore[method-assign,assignment]
        yield
