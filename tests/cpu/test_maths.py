"""The mathematical functions: their errors on samples, and on the values that are most often wrong.

The bounds are CUDA's documented greatest errors, in steps from the correctly rounded result. Whole ranges are
measured by benchmarks/math_accuracy.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cpu import workers
from imgcuda.cpu.compile import compile, to_llvm
from imgcuda.cpu.loading import load
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.maths import polynomials as tables
from imgcuda.cpu.maths.functions import ARGUMENTS, FUNCTIONS
from imgcuda.cpu.semantics import builtins
from imgcuda.cpu.semantics.cxx_types import Basic, Typed
from imgcuda.cpu.session import CpuSession, pack
from imgcuda.cpu.values.types import F32, F64, Scalar
from imgcuda.engine.protocol import Launch
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program
from support.matrix import every_third, exhaustive

Array = npt.NDArray[Any]
C_TYPES = {"float32": "float", "float64": "double", "int32": "int", "uint32": "unsigned int", "int64": "long long",
           "uint64": "unsigned long long"}  # fmt: skip
LONG = np.longdouble


def kernel(name: str, inputs: tuple[Array, ...], result: npt.DTypeLike, uniform: bool = False) -> str:
    """Return a kernel that calls a function for each element; uniform: for the first one of each block."""
    declared = "".join(f"const {C_TYPES[each.dtype.name]} *a{k}, " for k, each in enumerate(inputs))
    place = "blockIdx.x" if uniform else "i"
    passed = ", ".join(f"a{k}[{place}]" for k in range(len(inputs)))
    return (
        f"__global__ void k({declared}{C_TYPES[np.dtype(result).name]} *out, int n) {{\n"
        "    int i = blockIdx.x * blockDim.x + threadIdx.x;\n"
        f"    if (i < n) out[{place}] = {name}({passed});\n}}\n"
    )


def call(name: str, *inputs: Array, result: npt.DTypeLike | None = None, uniform: bool = False) -> Array:
    """Return a function's results on the CPU engine; by default of the first argument's type."""
    session, dtype = CpuSession(), np.dtype(result or inputs[0].dtype)
    program = Program("t.cu", kernel(name, inputs, dtype, uniform), np.dtype(np.float32))
    out = session.empty(inputs[0].shape, dtype)
    block = Dim3(8 if uniform else 64)
    blocks = inputs[0].size if uniform else -(-inputs[0].size // 64)
    count = np.int32(8 * blocks if uniform else inputs[0].size)
    session.launch(Launch(program, "k", Dim3(blocks), block, [*map(session.upload, inputs), out, count]))
    return session.download(out)


def call_on(cpu: str, name: str, *inputs: Array) -> Array:
    """Return a function's results in the code for another processor, which this one must be able to run."""
    import struct

    program = Program("t.cu", kernel(name, inputs, inputs[0].dtype), np.dtype(np.float32))
    code = compile(program, "k", Dim3(64), Machine(cpu, ""))
    session = CpuSession()
    out = session.empty(inputs[0].shape, inputs[0].dtype)
    loaded = load(code)
    arguments = [*map(session.upload, inputs), out, np.int32(inputs[0].size)]
    blocks = -(-inputs[0].size // 64)
    grid = struct.pack("5q", blocks, 1, 1, 0, 0)
    workers.run(workers.PackedLaunch(loaded, pack(loaded.letters, arguments), grid, keep=arguments), blocks)
    return session.download(out)


def ordered(x: Array) -> Array:
    bits = x.view({4: np.int32, 8: np.int64}[x.itemsize]).astype(np.int64)
    made: Array = np.where(bits < 0, (np.int64(-(2**31)) if x.itemsize == 4 else np.iinfo(np.int64).min) - bits, bits)
    return made


def steps(got: Array, exact: Array) -> Array:
    """Return how many floats lie between each result and the correctly rounded one; NaN matches NaN only."""
    with np.errstate(all="ignore"):
        nearest = exact.astype(got.dtype)
    apart: Array = np.abs(ordered(got) - ordered(nearest))
    apart[np.isnan(got) & np.isnan(nearest)] = 0
    return apart


def specials(dtype: npt.DTypeLike) -> Array:
    info = np.finfo(dtype)
    numbers = [0, 1, 2, 3, 0.5, 1.5, 2.5, 0.25, 0.35, 10, 100, 1e-3, 1 - info.epsneg, 1 + info.eps, info.max, info.tiny,
               info.smallest_subnormal, info.tiny * (1 - info.eps), 2**20, 2**20 + 1, 2**23, 2**24, 2**24 + 1, 88.72,
               88.73, 103.9, 104, 126, 127, 128, 149, 150, 709.7, 709.8, 745.1, 745.2, np.pi, np.pi / 2, np.inf,
               np.nan]  # fmt: skip
    half = np.array(numbers, dtype)
    return np.concatenate([half, -half])


def samples(dtype: npt.DTypeLike, count: int, seed: int) -> Array:
    """Return special values, any bits, everyday sizes and the neighborhood of 1 and 0."""
    random = np.random.default_rng(seed)
    unsigned = np.uint32 if np.dtype(dtype).itemsize == 4 else np.uint64
    wild = random.integers(0, np.iinfo(unsigned).max, count, unsigned, endpoint=True).view(dtype)
    near = (random.choice([-1, 1], count) * np.exp2(random.uniform(-12, 8, count))).astype(dtype)
    return np.concatenate([specials(dtype), wild, near, random.uniform(-4, 4, count).astype(dtype)])


def half_turns(quarters: int) -> Callable[[Array], Array]:
    """Return sin(pi x + quarters pi / 2) of an array, reduced exactly."""

    def function(x: Array) -> Array:
        rest = x - 2 * np.rint(x / 2)
        near = (rest - np.rint(2 * rest) / 2) * LONG("3.14159265358979323846264338327950288")
        turns = quarters + np.where(np.isfinite(rest), np.rint(2 * rest), 0).astype(np.int64)
        made = np.where(turns & 1, np.cos(near), np.sin(near))
        turned: Array = np.where(turns & 2, -made, made)
        return turned

    return function


def remainder(x: Array, y: Array) -> Array:
    return np.array(
        [
            math.remainder(a, b) if math.isfinite(a) and b and not math.isnan(b) else math.nan
            for a, b in zip(x.tolist(), y.tolist(), strict=True)
        ]
    )


Reference = Callable[..., Array]

ONE: dict[str, tuple[Reference, int, int]] = {
    "sqrt": (np.sqrt, 0, 1),  # of doubles 0; but the reference itself is rounded twice
    "rsqrt": (lambda x: 1 / np.sqrt(x), 2, 1),
    "cbrt": (np.cbrt, 1, 1),
    "rcbrt": (lambda x: 1 / np.cbrt(x), 2, 2),
    "exp": (np.exp, 2, 1),
    "exp2": (np.exp2, 2, 1),
    "exp10": (lambda x: np.power(LONG(10), x), 2, 1),
    "expm1": (np.expm1, 1, 1),
    "log": (np.log, 1, 1),
    "log2": (np.log2, 1, 1),
    "log10": (np.log10, 2, 1),
    "log1p": (np.log1p, 1, 1),
    "sin": (np.sin, 2, 2),
    "cos": (np.cos, 2, 2),
    "tan": (np.tan, 4, 2),
    "sinpi": (half_turns(0), 1, 2),
    "cospi": (half_turns(1), 1, 2),
    "asin": (np.arcsin, 2, 2),
    "acos": (np.arccos, 2, 2),
    "atan": (np.arctan, 2, 2),
    "sinh": (np.sinh, 3, 2),
    "cosh": (np.cosh, 2, 1),
    "tanh": (np.tanh, 2, 1),
    "fabs": (np.abs, 0, 0),
    "floor": (np.floor, 0, 0),
    "ceil": (np.ceil, 0, 0),
    "trunc": (np.trunc, 0, 0),
    "rint": (np.rint, 0, 0),
    "round": (lambda x: np.copysign(np.floor(np.abs(x) + 0.5), x), 0, 0),
}
"""Functions of one argument: what they should give, and CUDA's greatest errors for floats and doubles."""

TWO: dict[str, tuple[Reference, int, int]] = {
    "pow": (np.power, 4, 2),
    "atan2": (np.arctan2, 3, 2),
    "hypot": (np.hypot, 3, 2),
    "rhypot": (lambda x, y: 1 / np.hypot(x, y), 2, 2),
    "fmod": (np.fmod, 0, 0),
    "copysign": (np.copysign, 0, 0),
    "fdim": (lambda x, y: np.where(x <= y, 0, x - y), 0, 1),
    "fmin": (np.fmin, 0, 0),
    "fmax": (np.fmax, 0, 0),
}

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


# ---- accuracy


@pytest.mark.parametrize("name", every_third(ONE))
def test_a_float_function_is_as_exact_as_cudas(name: str) -> None:
    reference, limit, _ = ONE[name]
    x = samples(np.float32, 100_000, 1)
    exact = reference(x.astype(np.float64 if name != "exp10" else LONG))
    for called in (name, name + "f"):
        apart = steps(call(called, x), exact)
        assert apart.max() <= limit, x[apart.argmax()]


@pytest.mark.parametrize("name", every_third(ONE))
def test_a_double_function_is_as_exact_as_cudas(name: str) -> None:
    reference, _, limit = ONE[name]
    x = samples(np.float64, 20_000, 2)
    apart = steps(call(name, x), reference(x.astype(LONG)))
    assert apart.max() <= limit, x[apart.argmax()]


@pytest.mark.parametrize(("name", "dtype"), every_third(product(TWO, [np.float32, np.float64])))
def test_a_function_of_two_is_as_exact_as_cudas(name: str, dtype: npt.DTypeLike) -> None:
    reference, *limits = TWO[name]
    special = specials(dtype)
    x, y = (np.concatenate([each.ravel(), samples(dtype, 20_000, 3 + k)]) for k, each in
            enumerate(np.meshgrid(special, special)))  # fmt: skip
    wide = np.float64 if dtype == np.float32 else LONG
    apart = steps(call(name, x, y), reference(x.astype(wide), y.astype(wide)))
    assert apart.max() <= limits[dtype == np.float64], (x[apart.argmax()], y[apart.argmax()])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_remainder_is_exact(dtype: npt.DTypeLike) -> None:
    x, y = (each.ravel().copy() for each in np.meshgrid(specials(dtype), specials(dtype)))
    assert steps(call("remainder", x, y), remainder(x, y)).max() == 0


UNFUSED = ["exp", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "atan", "asin", "tanh"]


@pytest.mark.parametrize("name", every_third(UNFUSED))
@pytest.mark.parametrize("dtype", [np.float32, exhaustive(np.float64)])
def test_code_without_fused_instructions_is_as_exact(name: str, dtype: npt.DTypeLike) -> None:
    import platform

    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("the code is for x86-64")
    reference, *limits = ONE[name]
    x = samples(dtype, 20_000, 5)
    exact = reference(x.astype(np.float64 if dtype == np.float32 else LONG))
    assert steps(call_on("x86-64", name, x), exact).max() <= limits[dtype == np.float64]


@pytest.mark.parametrize("name", every_third([*ONE, *TWO]))
@pytest.mark.parametrize("dtype", [np.float32, exhaustive(np.float64)])
def test_one_number_for_all_threads_gives_the_same(name: str, dtype: npt.DTypeLike) -> None:
    x = specials(dtype)
    inputs = (x, x[::-1].copy()) if name in TWO else (x,)
    np.testing.assert_array_equal(call(name, *inputs, uniform=True), call(name, *inputs))


# ---- what goes wrong first


ODD_ONES = ["sqrt", "cbrt", "expm1", "log1p", "sin", "tan", "asin", "atan", "sinh", "tanh", "sinpi", "trunc", "round"]


@pytest.mark.parametrize(("name", "dtype"), every_third(product(ODD_ONES, [np.float32, np.float64])))
def test_a_zero_keeps_its_sign(name: str, dtype: npt.DTypeLike) -> None:
    got = call(name, np.array([0.0, -0.0], dtype))
    assert not np.signbit(got[0]) and np.signbit(got[1]) and not got.any()


@pytest.mark.parametrize(
    ("name", "dtype"),
    every_third(product(["fmod", "remainder", "atan2", "pow", "copysign", "hypot"], [np.float32, np.float64])),
)
def test_signs_of_zeros_follow_c(name: str, dtype: npt.DTypeLike) -> None:
    numbers = np.array([0.0, -0.0, 1.0, -1.0, 2.0, 3.0, -3.0, np.inf, -np.inf], dtype)
    x, y = (each.ravel().copy() for each in np.meshgrid(numbers, numbers))
    wanted = remainder(x, y) if name == "remainder" else TWO[name][0](x, y)
    got = call(name, x, y)
    known = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(got[known]), np.signbit(wanted[known]))


def test_sines_of_great_numbers_are_right() -> None:
    # The last is the double nearest to a multiple of pi/2.
    x = np.array([1e22, 1e300, 2.0**1023, 6381956970095103.0 * 2.0**797], np.float64)
    wanted = np.array([-0.8522008497671888, -0.8178819121159085, 0.5631277798508840, 1.0])
    assert steps(call("sin", x), wanted).max() <= 2
    assert abs(call("cos", x)[3]) == pytest.approx(4.68716592425462761112e-19, rel=1e-15)


def test_classification() -> None:
    x = np.array([0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 1e-45], np.float32)
    for name in ("isnan", "isinf", "isfinite", "signbit"):
        wanted = getattr(np, name)(x).astype(np.int32)
        np.testing.assert_array_equal(call(name, x, result=np.int32), wanted, name)


# ---- the types that C++ chooses


def test_a_float_stays_one_beside_an_integer_too() -> None:
    n = np.arange(1, 65, dtype=np.int32)
    x = np.full(64, 0.1, np.float32)
    np.testing.assert_array_equal(call("fmin", n, x, result=np.float64), x.astype(np.float64))
    np.testing.assert_array_equal(call("sqrt", x, result=np.float64), np.sqrt(x).astype(np.float64))
    np.testing.assert_array_equal(call("fmax", x, x, result=np.float64), x.astype(np.float64))


def test_known_small_powers_are_products() -> None:
    x = samples(np.float32, 1000, 6)
    text = "__global__ void k(const float *a, float *out, int n) {\n"
    text += "    int i = blockIdx.x * blockDim.x + threadIdx.x;\n    if (i < n) out[i] = pow(a[i], 2.0f);\n}\n"
    session, out = CpuSession(), CpuSession().empty(x.shape, np.float32)
    program = Program("t.cu", text, np.dtype(np.float32))
    session.launch(Launch(program, "k", Dim3(-(-x.size // 64)), Dim3(64), [session.upload(x), out, np.int32(x.size)]))
    np.testing.assert_array_equal(session.download(out), x * x)


# ---- exact and fast intrinsics


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
def test_rounded_operations(name: str) -> None:
    function = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}[name]
    for letter, dtype in (("f", np.float32), ("d", np.float64)):
        x, y = samples(dtype, 5000, 7), samples(dtype, 5000, 8)
        np.testing.assert_array_equal(call(f"__{letter}{name}_rn", x, y), function(x, y))


def test_rounded_products_are_not_contracted() -> None:
    x, y = samples(np.float32, 5000, 7), samples(np.float32, 5000, 8)
    difference = "__fmul_rn(a0[i], a1[i]) - __fmul_rn(a1[i], a0[i])"
    program, session = kernel("K", (x, y), np.float32).replace("K(a0[i], a1[i])", difference), CpuSession()
    out = session.empty(x.shape, np.float32)
    session.launch(Launch(Program("t.cu", program, np.dtype(np.float32)), "k", Dim3(-(-x.size // 64)), Dim3(64),
                   [session.upload(x), session.upload(y), out, np.int32(x.size)]))  # fmt: skip
    np.testing.assert_array_equal(session.download(out), x * y - y * x)


def test_fused_multiply_add_rounds_once() -> None:
    x, y, z = (samples(np.float32, 5000, seed) for seed in (9, 10, 11))
    exact = (x.astype(LONG) * y + z).astype(np.float32)  # 64 bits of the sum: rounding twice is rare
    for name in ("fmaf", "__fmaf_rn", "fma"):
        assert np.mean(steps(call(name, x, y, z), exact) > 0) < 1e-3
    one = np.full(64, 1 + 2.0**-12, np.float32)
    np.testing.assert_array_equal(call("fmaf", one, one, np.full(64, -1 - 2.0**-11, np.float32)), 2.0**-24)


FAST: dict[str, Reference] = {
    "__expf": np.exp, "__exp10f": lambda x: np.power(10.0, x), "__logf": np.log, "__log2f": np.log2,
    "__log10f": np.log10, "__sinf": np.sin, "__cosf": np.cos, "__tanf": np.tan, "__frcp_rn": lambda x: 1 / x,
    "__fsqrt_rn": np.sqrt, "__frsqrt_rn": lambda x: 1 / np.sqrt(x),
    "__saturatef": lambda x: np.clip(np.nan_to_num(x, nan=0.0), 0, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", every_third(FAST))
def test_fast_intrinsics(name: str) -> None:
    x, reference = samples(np.float32, 20_000, 12), FAST[name]
    slope = {"__expf": 1.173, "__exp10f": 2.97}.get(name)  # as CUDA documents these two
    limit = 2 + np.floor(np.abs(slope * x)) if slope else 4
    assert np.all(~(steps(call(name, x), reference(x.astype(np.float64))) > limit))


def test_powers_and_quotients_of_the_fast_kind() -> None:
    x, y = np.abs(samples(np.float32, 5000, 13)), samples(np.float32, 5000, 14)
    assert steps(call("__powf", x, y), np.power(x.astype(np.float64), y)).max() <= 4
    assert steps(call("__fdividef", x, y), x.astype(np.float64) / y).max() <= 2


# ---- scaling, and norms


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["ldexp", "scalbn", "scalbln"])
def test_scaling_by_a_power_of_two_rounds_once(name: str, dtype: npt.DTypeLike) -> None:
    x = samples(dtype, 5000, 15)
    n = np.random.default_rng(16).integers(-1200, 1200, x.size, np.int32)
    n[:8] = [0, 2**31 - 1, -(2**31), 2147483647, -2147483648, 1, -1, 2000]
    np.testing.assert_array_equal(call(name, x, n), np.ldexp(x, n))


def test_norms() -> None:
    a, b, c, d = (samples(np.float64, 2000, seed).astype(np.float32) for seed in (17, 18, 19, 20))
    wide = [each.astype(np.float64) for each in (a, b, c, d)]
    three = np.hypot(np.hypot(wide[0], wide[1]), wide[2])
    assert steps(call("norm3df", a, b, c), three).max() <= 3
    assert steps(call("norm4df", a, b, c, d), np.hypot(three, wide[3])).max() <= 3


# ---- integers


def integers(dtype: npt.DTypeLike, seed: int) -> Array:
    info = np.iinfo(dtype)
    ends = np.array([0, 1, 2, info.max, info.max - 1, info.min, info.max // 2, 255, 256], dtype)
    return np.concatenate([ends, np.random.default_rng(seed).integers(info.min, info.max, 1000, dtype, endpoint=True)])


def bits(x: Array) -> list[str]:
    return [format(int(each), f"0{8 * x.itemsize}b") for each in x]


@pytest.mark.parametrize(("end", "dtype"), [("", np.uint32), ("ll", np.uint64)])
def test_counting_bits(end: str, dtype: npt.DTypeLike) -> None:
    x = integers(dtype, 1)
    leading = [len(b) - len(b.lstrip("0")) for b in bits(x)]
    np.testing.assert_array_equal(call("__clz" + end, x, result=np.int32), leading)
    np.testing.assert_array_equal(call("__popc" + end, x, result=np.int32), [b.count("1") for b in bits(x)])
    np.testing.assert_array_equal(call("__ffs" + end, x, result=np.int32), [b[::-1].find("1") + 1 for b in bits(x)])
    np.testing.assert_array_equal(call("__brev" + end, x), np.array([int(b[::-1], 2) for b in bits(x)], dtype))


def every(name: str, *inputs: Array, rule: Callable[..., int]) -> None:
    """Check an integer function against Python's own integers."""
    got = call(name, *inputs)
    for result, *numbers in zip(got, *inputs, strict=True):
        wanted = rule(*map(int, numbers)) & (256**got.itemsize - 1)
        assert int(result) & (256**got.itemsize - 1) == wanted, (name, numbers)


def low_24(x: int) -> int:
    return ((x & 0xFFFFFF) ^ 0x800000) - 0x800000


def test_products_and_averages() -> None:
    i, j = integers(np.int32, 2), integers(np.int32, 3)[::-1].copy()
    u, w = integers(np.uint32, 4), integers(np.uint32, 5)
    every("__mulhi", i, j, rule=lambda x, y: x * y >> 32)
    every("__umulhi", u, w, rule=lambda x, y: x * y >> 32)
    every("__mul24", i, j, rule=lambda x, y: low_24(x) * low_24(y))
    every("__umul24", u, w, rule=lambda x, y: (x & 0xFFFFFF) * (y & 0xFFFFFF))
    every("__hadd", i, j, rule=lambda x, y: (x + y) >> 1)
    every("__rhadd", i, j, rule=lambda x, y: (x + y + 1) >> 1)
    every("__uhadd", u, w, rule=lambda x, y: (x + y) >> 1)
    every("__urhadd", u, w, rule=lambda x, y: (x + y + 1) >> 1)
    every("__mul64hi", integers(np.int64, 6), integers(np.int64, 7)[::-1].copy(), rule=lambda x, y: x * y >> 64)
    every("__umul64hi", integers(np.uint64, 8), integers(np.uint64, 9), rule=lambda x, y: x * y >> 64)
    every("__usad", u, w, u, rule=lambda x, y, z: abs(x - y) + z)
    every("__sad", i, j, u, rule=lambda x, y, z: abs(x - y) + z)


def test_bytes_and_funnels() -> None:
    u, w, s = integers(np.uint32, 10), integers(np.uint32, 11), integers(np.uint32, 12)

    def pick(x: int, y: int, selector: int) -> int:
        stored = (y << 32 | x).to_bytes(8, "little")
        return int.from_bytes(bytes(stored[selector >> 4 * k & 7] for k in range(4)), "little")

    every("__byte_perm", u, w, s, rule=pick)
    every("__funnelshift_l", u, w, s, rule=lambda low, high, n: (high << 32 | low) << (n & 31) >> 32)
    every("__funnelshift_r", u, w, s, rule=lambda low, high, n: (high << 32 | low) >> (n & 31))
    every("__funnelshift_lc", u, w, s, rule=lambda low, high, n: (high << 32 | low) << min(n, 32) >> 32)
    every("__funnelshift_rc", u, w, s, rule=lambda low, high, n: (high << 32 | low) >> min(n, 32))


def test_extremes_and_absolute_values() -> None:
    i, j = integers(np.int32, 13), integers(np.int32, 14)[::-1].copy()
    u, w = integers(np.uint32, 15), integers(np.uint32, 16)
    every("min", i, j, rule=min)
    every("max", i, j, rule=max)
    every("umin", u, w, rule=min)
    every("umax", u, w, rule=max)
    every("llmin", integers(np.int64, 17), integers(np.int64, 18)[::-1].copy(), rule=min)
    every("ullmax", integers(np.uint64, 17), integers(np.uint64, 18)[::-1].copy(), rule=max)
    every("abs", i[i > -(2**31)], rule=abs)
    wide = integers(np.int64, 19)
    every("llabs", wide[wide > -(2**63)], rule=abs)


# ---- conversions


@pytest.mark.parametrize(
    ("word", "real", "dtype"),
    every_third(
        (word, *real)
        for word, real in product(["int", "uint", "ll", "ull"], [("float", np.float32), ("double", np.float64)])
    ),
)
def test_conversions_to_integers_saturate(word: str, real: str, dtype: npt.DTypeLike) -> None:
    type = np.dtype({"int": "int32", "uint": "uint32", "ll": "int64", "ull": "uint64"}[word])
    info, x = np.iinfo(type), samples(dtype, 1000, 21)
    lowest, highest = int(info.min), int(info.max)
    for letters, rounding in (("rn", np.rint), ("rz", np.trunc), ("rd", np.floor), ("ru", np.ceil)):
        far = [0.0 if math.isnan(v) else min(max(v, -1e30), 1e30) for v in rounding(x).tolist()]
        got = call(f"__{real}2{word}_{letters}", x, result=type)
        assert got.tolist() == [min(max(int(v), lowest), highest) for v in far], letters


def test_conversions_from_integers_round_to_nearest() -> None:
    for word, type in (("int", np.int32), ("uint", np.uint32), ("ll", np.int64), ("ull", np.uint64)):
        x = integers(type, 22)
        for real, dtype in (("float", np.float32), ("double", np.float64)):
            np.testing.assert_array_equal(call(f"__{word}2{real}_rn", x, result=dtype), x.astype(dtype))


def test_bits_taken_as_another_type() -> None:
    x, wide = samples(np.float32, 100, 23), samples(np.float64, 100, 24)
    np.testing.assert_array_equal(call("__float_as_int", x, result=np.int32), x.view(np.int32))
    np.testing.assert_array_equal(call("__float_as_uint", x, result=np.uint32), x.view(np.uint32))
    np.testing.assert_array_equal(call("__uint_as_float", x.view(np.uint32), result=np.float32), x)
    np.testing.assert_array_equal(call("__double_as_longlong", wide, result=np.int64), wide.view(np.int64))
    high, low = call("__double2hiint", wide, result=np.int32), call("__double2loint", wide, result=np.int32)
    np.testing.assert_array_equal(call("__hiloint2double", high, low, result=np.float64), wide)


def test_rounding_to_long() -> None:
    x = np.array([0.5, 1.5, -0.5, -2.5, 1e10, np.nan], np.float32)
    assert call("lrintf", x, result=np.int64).tolist() == [0, 2, 0, -2, 10_000_000_000, 0]
    assert call("llround", x, result=np.int64).tolist() == [1, 2, -1, -3, 10_000_000_000, 0]


# ---- the table of functions, and the tables of coefficients


_C_NAMES = {np.float32: "float", np.float64: "double", np.int32: "int"}


@pytest.mark.parametrize("dtype", every_third(_C_NAMES))
def test_every_function_compiles_for_every_type_it_has(dtype: type[Any]) -> None:
    import llvmlite.binding as llvm

    x = np.ones(64, dtype)
    for name in FUNCTIONS:
        if builtins.ambiguous(name, [Typed(Basic(_C_NAMES[dtype]))] * ARGUMENTS.get(name, 1)):
            continue
        inputs = (x,) * ARGUMENTS.get(name, 1)
        for uniform in (False, True):
            program = Program("t.cu", kernel(name, inputs, np.float64, uniform), np.dtype(np.float32))
            llvm.parse_assembly(to_llvm(program, "k", Dim3(64)).ir.replace(" #0", "")).verify()


LN_2, LN_10 = np.log(LONG(2)), np.log(LONG(10))
Z = np.linspace(1e-4, 1, 20_001).astype(LONG)
POLYNOMIALS: dict[str, tuple[LONG, LONG, Callable[[Array, Array], Array], Reference]] = {
    "EXP": (-LONG(0.3466), LONG(0.3466), lambda r, p: 1 + r + r * r * p, np.exp),
    "EXPM1": (-LONG(0.55), LONG(0.55), lambda r, p: r + r * r * p, np.expm1),
    "EXP2": (-LONG(0.5), LONG(0.5), lambda r, p: 1 + r * p, np.exp2),
    "EXP10": (-LONG(0.1505), LONG(0.1505), lambda r, p: 1 + r * p, lambda r: np.power(LONG(10), r)),
    "LOG": (-LONG(0.2928), LONG(0.4142), lambda f, p: f - f * f / 2 + f**3 * p, np.log1p),
    "LOG2": (-LONG(0.2928), LONG(0.4142), lambda f, p: f / LN_2 + f * f * p, lambda f: np.log1p(f) / LN_2),
    "LOG10": (-LONG(0.2928), LONG(0.4142), lambda f, p: f / LN_10 + f * f * p, lambda f: np.log1p(f) / LN_10),
}
ODD: dict[str, tuple[float, Reference]] = {
    "SIN": (np.pi / 4, np.sin), "ATAN": (1, np.arctan), "ASIN": (0.5, np.arcsin), "SINH": (1, np.sinh),
    "TANH": (0.6, np.tanh),
}  # fmt: skip


def polynomial(coefficients: Any, x: Array) -> Array:
    return np.polyval(np.array(coefficients, LONG)[::-1], x)


@pytest.mark.parametrize(("type", "error"), [(F32, 2.0**-25), (F64, 2.0**-54)])
def test_the_polynomials_are_as_exact_as_they_say(type: Scalar, error: float) -> None:
    for name, (low, high, whole, function) in POLYNOMIALS.items():
        x = low + (high - low) * Z
        got = whole(x, polynomial(getattr(tables, name)[type], x))
        assert np.max(np.abs(got / function(x) - 1)) < error, name
    for name, (end, function) in ODD.items():
        x = Z * LONG(end)
        got = x + x**3 * polynomial(getattr(tables, name)[type], x * x)
        assert np.max(np.abs(got / function(x) - 1)) < error, name
