"""Measure the CPU engine's mathematical functions: their greatest errors, and their time beside NumPy's.

    python benchmarks/math_accuracy.py                    all functions, on samples
    python benchmarks/math_accuracy.py --full exp sin     every one of the 2^32 floats
    python benchmarks/math_accuracy.py --double exp pow   doubles, against 80-bit references
    python benchmarks/math_accuracy.py --machine x86-64   the code that is made for a processor without AVX

An error is counted twice: in units of the last place of the exact result ("ulp"), and as CUDA's documentation does,
in steps from the correctly rounded result ("steps"). The reference for floats is NumPy in float64.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

os.environ.setdefault("IMGCUDA_THREADS", "1")  # one thread for each launch; the chunks are spread over the cores

Array = npt.NDArray[Any]
Reference = Callable[..., Array]
CHUNK = 1 << 14


def half_turns(function: Reference, x: Array) -> Array:
    """Return the sine or cosine of pi x, with x reduced to -1..1 first, which is exact."""
    rest = x - 2 * np.rint(x / 2)
    pi = np.longdouble("3.14159265358979323846264338327950288") if x.dtype == np.longdouble else np.float64(np.pi)
    near = rest - np.rint(2 * rest) / 2  # exact zeros and ones stay so
    quarter = np.where(np.isfinite(rest), np.rint(2 * rest), 0).astype(np.int64)
    sine, cosine = np.sin(pi * near), np.cos(pi * near)
    if function is np.cos:
        quarter = quarter + 1
    made = np.where(quarter & 1, cosine, sine)
    turned: Array = np.where(quarter & 2, -made, made)
    return turned


@dataclass(frozen=True)
class Case:
    """A function of CUDA, what it should give, CUDA's documented greatest error, and inputs of everyday size."""

    reference: Reference
    steps: int
    """For floats, in steps from the correctly rounded result; -1 where none is documented."""
    steps_of_double: int
    everyday: tuple[float, float] = (-4.0, 4.0)
    arguments: int = 1
    numpy: Reference | None = None
    """What NumPy offers for the time; the reference itself if None."""


CASES = {
    "sqrt": Case(np.sqrt, 0, 0, (0, 100)),
    "rsqrt": Case(lambda x: 1 / np.sqrt(x), 2, 1, (0.01, 100)),
    "cbrt": Case(np.cbrt, 1, 1, (-100, 100)),
    "exp": Case(np.exp, 2, 1, (-10, 10)),
    "exp2": Case(np.exp2, 2, 1, (-10, 10)),
    "exp10": Case(lambda x: np.power(x.dtype.type(10), x), 2, 1),
    "expm1": Case(np.expm1, 1, 1),
    "log": Case(np.log, 1, 1, (0.001, 100)),
    "log2": Case(np.log2, 1, 1, (0.001, 100)),
    "log10": Case(np.log10, 2, 1, (0.001, 100)),
    "log1p": Case(np.log1p, 1, 1, (-0.9, 10)),
    "sin": Case(np.sin, 2, 2, (-10, 10)),
    "cos": Case(np.cos, 2, 2, (-10, 10)),
    "tan": Case(np.tan, 4, 2, (-10, 10)),
    "sinpi": Case(lambda x: half_turns(np.sin, x), 1, 2),
    "cospi": Case(lambda x: half_turns(np.cos, x), 1, 2),
    "asin": Case(np.arcsin, 2, 2, (-1, 1)),
    "acos": Case(np.arccos, 2, 2, (-1, 1)),
    "atan": Case(np.arctan, 2, 2),
    "sinh": Case(np.sinh, 3, 2),
    "cosh": Case(np.cosh, 2, 1),
    "tanh": Case(np.tanh, 2, 1),
    "pow": Case(np.power, 4, 2, (0.01, 4), 2),
    "atan2": Case(np.arctan2, 3, 2, (-100, 100), 2),
    "hypot": Case(np.hypot, 3, 2, (-100, 100), 2),
    "fmod": Case(np.fmod, 0, 0, (-100, 100), 2),
    "remainder": Case(lambda x, y: ieee_remainder(x, y), 0, 0, (-100, 100), 2),
    "fdim": Case(lambda x, y: np.where(x <= y, 0, x - y), 0, 0, (-4, 4), 2),
    "floor": Case(np.floor, 0, 0),
    "rint": Case(np.rint, 0, 0),
    "round": Case(lambda x: np.copysign(np.floor(np.abs(x) + 0.5), x), 0, 0),
    "__expf": Case(np.exp, -1, -1, (-10, 10)),
    "__exp10f": Case(lambda x: np.power(x.dtype.type(10), x), -1, -1),
}
"""CUDA's figures: CUDA C++ Programming Guide, appendix "Mathematical Functions"."""


def ieee_remainder(x: Array, y: Array) -> Array:
    """Return x - y * n for the nearest n, exactly, by way of fmod by 2y."""
    size, divisor = np.abs(x), np.abs(y)
    rest = np.fmod(size, 2 * divisor)
    less = rest - divisor
    less = np.where(less >= divisor - less, less - divisor, less)
    rest = np.where(rest > divisor - rest, less, rest)
    made = np.where(np.signbit(x), -rest, rest)
    return np.where(np.isinf(y) & np.isfinite(x), x, made)


# ---- running a function on the engine


class Runner:
    """One function, compiled for this machine or for another processor of its kind."""

    def __init__(self, name: str, arguments: int, dtype: npt.DTypeLike, cpu: str = "") -> None:
        from imgcuda.cpu import loading, session, workers
        from imgcuda.cpu.compile import compile
        from imgcuda.cpu.machine import Machine
        from imgcuda.programs.layout import Dim3
        from imgcuda.programs.source import Program

        kind = {"f": "float", "d": "double"}[np.dtype(dtype).char]
        inputs = "".join(f"const {kind} *a{k}, " for k in range(arguments))
        passed = ", ".join(f"a{k}[i]" for k in range(arguments))
        text = (
            f"__global__ void k({inputs}{kind} *out, int n) {{\n"
            "    int i = blockIdx.x * blockDim.x + threadIdx.x;\n"
            f"    if (i < n) out[i] = {name}({passed});\n}}\n"
        )
        program = Program(f"{name}.cu", text, np.dtype(np.float32))
        machine = Machine(cpu, "") if cpu else None
        self._session, self._workers, self.dtype = session, workers, np.dtype(dtype)
        code = compile(program, "k", Dim3(256), machine)
        self._kernel = loading.load(code)

    def __call__(self, *inputs: Array) -> Array:
        import struct

        opened = self._session.CpuSession()
        out = opened.empty(inputs[0].shape, self.dtype)
        count = inputs[0].size
        arguments = [*map(opened.upload, inputs), out, np.int32(count)]
        packed = self._session.pack(self._kernel.letters, arguments)
        blocks = -(-count // 256)
        grid = struct.pack("5q", blocks, 1, 1, 0, 0)
        self._workers.run(self._workers.PackedLaunch(self._kernel, packed, grid, keep=arguments), blocks)
        return opened.download(out)


# ---- errors


@dataclass
class Errors:
    """The greatest errors so far, and where."""

    steps: int = 0
    ulp: float = 0.0
    where: tuple[float, ...] = ()
    total: float = 0.0
    count: int = 0

    def add(self, other: Errors) -> None:
        if (max(other.steps, 2), other.ulp) > (max(self.steps, 2), self.ulp):
            self.where = other.where
        self.steps, self.ulp = max(self.steps, other.steps), max(self.ulp, other.ulp)
        self.total, self.count = self.total + other.total, self.count + other.count


def ordered(x: Array) -> Array:
    """Return floats as integers in the same order, one step for each; both zeros are 0."""
    bits = x.view({4: np.int32, 8: np.int64}[x.itemsize]).astype(np.int64)
    least = np.int64(-(2**31)) if x.itemsize == 4 else np.iinfo(np.int64).min
    return np.where(bits < 0, least - bits, bits)


def measure(got: Array, exact: Array, inputs: tuple[Array, ...]) -> Errors:
    """Return the errors of some results, beside exact ones in a wider type."""
    with np.errstate(all="ignore"):
        nearest = exact.astype(got.dtype)
        integer = {4: np.int32, 8: np.int64}[got.itemsize]
        steps = np.abs(got.view(integer) - nearest.view(integer))
        if steps.max() > 4 or steps.min() < 0:  # the signs differ, or it is NaN: count with care
            steps = np.abs(ordered(got) - ordered(nearest))
            steps[np.isnan(nearest) & np.isnan(got)] = 0
        ulp = np.abs((got.astype(exact.dtype) - exact) * per_unit(nearest))
        ulp[~(ulp < 1e18)] = 0.0  # infinities and NaN
    worst = int(np.argmax(steps)) if steps.max() > 2 else int(np.argmax(ulp))
    place = tuple(float(each[worst]) for each in inputs)
    return Errors(int(steps.max()), float(ulp.max()), place, float(ulp.sum()), got.size)


def per_unit(x: Array) -> Array:
    """Return one over the unit of the last place of each number."""
    if x.itemsize == 8:
        return 1 / np.spacing(np.abs(x)).astype(np.longdouble)
    exponent = np.maximum((x.view(np.int32) >> 23) & 255, 1).astype(np.int64)
    made: Array = ((1023 + 150 - exponent) << 52).view(np.float64)
    return made


def run(case: Case, runner: Runner, batches: Iterator[tuple[Array, ...]]) -> Errors:
    wide = np.float64 if runner.dtype == np.float32 else np.longdouble

    lock, errors = Lock(), Errors()

    def work() -> None:
        own = Errors()
        while inputs := _next(lock, batches):
            with np.errstate(all="ignore"):
                exact = case.reference(*(each.astype(wide) for each in inputs))
            own.add(measure(runner(*inputs), exact, inputs))
        with lock:
            errors.add(own)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for job in [pool.submit(work) for _ in range(os.cpu_count() or 1)]:
            job.result()
    return errors


def _next(lock: Lock, batches: Iterator[tuple[Array, ...]]) -> tuple[Array, ...]:
    """Return the next batch, for several threads in turn; nothing at the end."""
    with lock:
        return next(batches, ())


# ---- inputs


def specials(dtype: npt.DTypeLike) -> Array:
    """Return what goes wrong first: zeros, ones, ends, denormals, halves, infinities and NaN, of both signs."""
    info = np.finfo(dtype)
    numbers = [
        0,
        1,
        2,
        3,
        0.5,
        1.5,
        2.5,
        0.25,
        10,
        100,
        1e-3,
        1 - info.epsneg,
        1 + info.eps,
        info.max,
        info.tiny,
        info.smallest_subnormal,
        info.tiny * (1 - info.eps),
        2**20,
        2**20 + 1,
        2**23,
        2**24,
        2**24 + 1,
        88.72,
        88.73,
        103.9,
        104,
        126,
        127,
        128,
        149,
        150,
        709.8,
        745.2,
        np.pi,
        np.pi / 2,
        np.pi / 4,
        np.inf,
        np.nan,
    ]
    half = np.array(numbers, dtype)
    return np.concatenate([half, -half])


def every_float() -> Iterator[tuple[Array, ...]]:
    for start in range(0, 1 << 32, CHUNK):
        yield (np.arange(start, start + CHUNK, dtype=np.uint32).view(np.float32),)


def samples(case: Case, dtype: npt.DTypeLike, count: int, seed: int = 1) -> Iterator[tuple[Array, ...]]:
    """Return batches: special values with each other, any bits, everyday sizes, and the neighborhood of 1."""
    special, random = specials(dtype), np.random.default_rng(seed)
    yield tuple(each.ravel().copy() for each in np.meshgrid(*(special,) * case.arguments))
    unsigned = np.uint32 if np.dtype(dtype).itemsize == 4 else np.uint64
    for batch in range(-(-count // CHUNK)):
        inputs = []
        for place in range(case.arguments):
            kind = batch // 3**place % 3
            if kind == 0:
                made = random.integers(0, np.iinfo(unsigned).max, CHUNK, unsigned, endpoint=True).view(dtype)
            elif kind == 1:
                made = random.uniform(*case.everyday, CHUNK).astype(dtype)
            else:
                made = (random.choice([-1, 1], CHUNK) * np.exp2(random.uniform(-12, 12, CHUNK))).astype(dtype)
            inputs.append(made)
        yield tuple(inputs)


# ---- time


def nanoseconds(function: Callable[..., object], inputs: tuple[Array, ...]) -> float:
    """Return the time for an element, the best of several runs, on one core."""
    best = np.inf
    for _ in range(15):
        start = time.perf_counter()
        function(*inputs)
        best = min(best, time.perf_counter() - start)
    return float(best) / inputs[0].size * 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="functions; all if none is named")
    parser.add_argument("--full", action="store_true", help="all 2^32 floats, for functions of one argument")
    parser.add_argument("--double", action="store_true", help="doubles instead of floats")
    parser.add_argument("--count", type=int, default=0, help="how many samples (30 million floats, 3 million doubles)")
    parser.add_argument("--machine", default="", help="a processor to make code for: x86-64, x86-64-v3")
    asked = parser.parse_args()
    dtype = np.float64 if asked.double else np.float32
    print("function   steps  CUDA     ulp   mean     inputs     ns  NumPy  worst at")
    for name in asked.names or [name for name in CASES if not (asked.double and name.startswith("__"))]:
        case = CASES[name]
        runner = Runner(name, case.arguments, dtype, asked.machine)
        full = asked.full and case.arguments == 1
        count = asked.count or (3_000_000 if asked.double else 30_000_000)
        errors = run(case, runner, every_float() if full else samples(case, dtype, count))
        random = np.random.default_rng(2)
        inputs = tuple(random.uniform(*case.everyday, 1 << 16).astype(dtype) for _ in range(case.arguments))
        with np.errstate(all="ignore"):
            ours, theirs = nanoseconds(runner, inputs), nanoseconds(case.reference, inputs)
        allowed = case.steps_of_double if asked.double else case.steps
        place = ", ".join(f"{each:.9g}" for each in errors.where)
        limit, mean = str(allowed) if allowed >= 0 else "", errors.total / errors.count
        print(f"{name:10} {errors.steps:5} {limit:>5} {errors.ulp:7.3f} {mean:6.3f} {errors.count:10} "
              f"{ours:6.2f} {theirs:6.2f}  {place}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
