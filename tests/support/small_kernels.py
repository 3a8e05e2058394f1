"""Runs small kernels on the CPU engine, for the tests of its compiler."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cpu import loading, session, workers
from imgcuda.cpu.code import Code
from imgcuda.cpu.compile import argument_letter, to_llvm, to_machine_code
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.session import CpuSession
from imgcuda.cpu.workers import PackedLaunch
from imgcuda.engine.protocol import DeviceArray, Launch, LaunchMemory
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import C_TYPES, Program

Size = int | tuple[int, ...]

NUMPY = {**C_TYPES, "long": np.int64, "unsigned long": np.uint64, "unsigned": np.uint32}
"""The NumPy type of each C type that a kernel may write."""


def program(source: str) -> Program:
    return Program("test.cu", source, np.dtype(np.uint8))


def dim3(size: Size) -> Dim3:
    return Dim3(size) if isinstance(size, int) else Dim3(*size)


def launch(source: str, *arguments: Any, kernel: str = "k", grid: Size = 1, block: Size = 32, shared: int = 0) -> None:
    """Run a kernel. Arrays are written in place."""
    given = [session.as_device_array(each) if isinstance(each, np.ndarray) else each for each in arguments]
    CpuSession().launch(Launch(program(source), kernel, dim3(grid), dim3(block), given, LaunchMemory(shared)))


def run_exactly(
    source: str, given: Sequence[DeviceArray | Any], kernel: str, grid: Dim3, block: Dim3, threads: int = 1, **how: Any
) -> None:
    """Run a kernel past the cache, compiled in a special way, by up to so many threads of the processor."""
    low = to_llvm(program(source), kernel, block, **how)
    letters = tuple(map(argument_letter, low.parameters))
    loaded = loading.load(Code(to_machine_code(low, Machine.host()), letters, heap=low.heap))
    ready = PackedLaunch(loaded, session.pack(loaded.letters, given), struct.pack("5q", *grid, 0, 0), keep=given)
    workers.run(ready, grid.total, parts=threads, count=threads)


def values(body: str, type: str = "int", *, count: int = 40, before: str = "", **how: Any) -> npt.NDArray[Any]:
    """Return what `out` holds after a kernel with this body, in which `x` is a thread's number.

    `in` holds 0, 1, 2 ...; a body without a semicolon is an expression, to be stored.
    """
    statement = body if ";" in body else f"out[x] = {body};"
    source = f"{before}\n__global__ void k({type} *out, const int *in, int n) {{ int x = threadIdx.x; {statement} }}"
    out = np.zeros(count, NUMPY[type])
    launch(source, out, np.arange(count, dtype=np.int32), np.int32(count), block=count, **how)
    return out


def check(body: str, expected: Callable[[int], Any] | Sequence[Any], type: str = "int", **how: Any) -> None:
    """Assert that every thread computes what is expected of it: a function of its number, or a list."""
    out = values(body, type, **how)
    wanted = [expected(x) for x in range(len(out))] if callable(expected) else list(expected)
    pairs = enumerate(zip(out.tolist(), wanted, strict=True))
    wrong = [(x, got, want) for x, (got, want) in pairs if got != want and (got == got or want == want)]
    assert not wrong, f"thread, got, wanted: {wrong[:5]} of {len(wrong)}"


def s(value: int, bits: int = 32) -> int:
    """Return a number reduced to a signed integer, as C does it."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def u(value: int, bits: int = 32) -> int:
    """Return a number reduced to an unsigned integer."""
    return value & ((1 << bits) - 1)


def trunc_div(a: int, b: int) -> int:
    """Return the quotient toward zero, as C does it."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def f32(value: float) -> float:
    """Return the float nearest to a number."""
    return float(np.float32(value))
