"""Compares random kernels on the CPU engine, bit for bit, with what gcc makes of the same C.

PYTHONPATH=tests python -m support.fuzz --minutes 10 --seed 1
"""

from __future__ import annotations

import argparse
import ctypes
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from imgcuda.cpu import session
from imgcuda.cpu.checks.checked_session import CheckedSession
from imgcuda.engine.protocol import Launch
from support.kernel_generator import IN, OUT, TYPEDEFS, Generated, Generator
from support.small_kernels import dim3, program, run_exactly

GRID = 3
SHARED_HEAD = TYPEDEFS + "struct S { i8 a; u32 b; i16 c[4]; };\n"
C_HEAD = """#include <string.h>
#include <math.h>
#include <stdbool.h>
#define __device__ static
#define __constant__ static const
#define __global__ static
static struct { unsigned x, y, z; } threadIdx, blockIdx;
"""
GCC = ["gcc", "-O1", "-fwrapv", "-fno-strict-aliasing", "-ffp-contract=off", "-w", "-shared", "-fPIC"]


def inputs(seed: int) -> tuple[np.ndarray, np.ndarray, np.int32]:
    random = np.random.default_rng(seed)
    numbers = random.choice([random.integers(-(2**31), 2**31, IN), random.integers(-20, 20, IN)]).astype(np.int32)
    return numbers, random.integers(0, 256, IN).astype(np.uint8), np.int32(random.integers(0, 101))


def library(programs: dict[int, Generated], folder: Path) -> ctypes.CDLL:
    """Return gcc's code for many programs."""
    source = folder / f"batch{min(programs)}.c"
    source.write_text(C_HEAD + SHARED_HEAD + "\n".join(each.c for each in programs.values()))
    target = source.with_suffix(".so")
    subprocess.run([*GCC, str(source), "-o", str(target), "-lm"], check=True)
    return ctypes.CDLL(str(target))


def expected(code: ctypes.CDLL, seed: int, block: int) -> np.ndarray:
    numbers, bytes_, n = inputs(seed)
    out = np.zeros(GRID * block * OUT, np.uint64)
    run = getattr(code, f"p{seed}_run")
    pointers = [ctypes.c_void_p(each.ctypes.data) for each in (out, numbers, bytes_)]
    run(*pointers, ctypes.c_int(int(n)), ctypes.c_int(GRID))
    return out


def computed(seed: int, made: Generated, checked: bool = False) -> np.ndarray:
    """Return what a kernel makes; CheckError if a checked run finds fault with it."""
    numbers, bytes_, n = inputs(seed)
    out = np.zeros(GRID * made.block * OUT, np.uint64)
    given = [session.as_device_array(out), session.as_device_array(numbers), session.as_device_array(bytes_), n]
    source, kernel = SHARED_HEAD + made.cuda, f"p{seed}_k"
    if checked:
        exact = replace(program(source), contract=False)
        CheckedSession().launch(Launch(exact, kernel, dim3(GRID), dim3(made.block), given))
    else:
        run_exactly(source, given, kernel, dim3(GRID), dim3(made.block), contract=False)
    return out


def compare(seeds: Iterable[int]) -> list[tuple[int, str]]:
    """Return the seeds whose kernels go wrong, and how."""
    programs = {seed: Generator(seed).generate() for seed in seeds}
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        code = library(programs, Path(folder))
        for seed, made in programs.items():
            wanted = expected(code, seed, made.block)
            try:
                found = computed(seed, made)
            except Exception:
                wrong.append((seed, traceback.format_exc(limit=-3)))
                continue
            if (found != wanted).any():
                where = int(np.flatnonzero(found != wanted)[0])
                thread, number = divmod(where, OUT)
                wrong.append((seed, f"block {thread // made.block}, thread {thread % made.block}, result {number}:"
                                    f" {found[where]:#x}, gcc says {wanted[where]:#x}"))  # fmt: skip
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1, help="the first program's number; the others follow")
    parser.add_argument("--batch", type=int, default=25)
    parser.add_argument("--show", action="store_true", help="print the one program with this seed")
    options = parser.parse_args()
    if options.show:
        print(SHARED_HEAD + Generator(options.seed).generate().cuda)
        return 0
    end, seed, failures = time.monotonic() + 60 * options.minutes, options.seed, 0
    while time.monotonic() < end:
        for number, how in compare(range(seed, seed + options.batch)):
            failures += 1
            print(f"seed {number}: {how}", flush=True)
        seed += options.batch
    print(f"{seed - options.seed} programs, {failures} of them wrong")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
