"""The mathematical functions of CUDA, by their names. How each is computed stands in the modules beside this one.

    formula               what formulas are written with
    exact                 sums and products with their rounding errors
    polynomials           the tables of coefficients
    exponential           exp and its kin, sinh, cosh, tanh
    logarithm             log and its kin, pow
    trigonometry          sin, cos, tan, sinpi, cospi
    inverse               asin, acos, atan, atan2
    roots                 rsqrt, cbrt, hypot, fmod
    basic                 rounding, extremes, classification, conversions
    integer               functions of integers

None calls a library for a float. Errors and speed: docs/cpu-math.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.maths import basic, exponential, integer, inverse, logarithm, roots, trigonometry
from imgcuda.cpu.maths.formula import Formula, Number
from imgcuda.cpu.values.types import F32, F64, I32, I64, U32, U64, Float, Scalar
from imgcuda.cpu.values.value import Value

BuiltinFunction = Callable[..., Value]
"""From the compiler's state and the arguments' values to the result's."""

Rule = Callable[..., Number]
"""From the numbers of a formula to its result."""


def _of(function: BuiltinFunction, *fixed: Any) -> BuiltinFunction:
    """Return a function of numbers with its first arguments fixed."""
    return lambda state, *values: function(state, *fixed, *values)


def _formula(state: State, rule: Rule, types: tuple[Scalar, ...], *values: Value) -> Value:
    """Return a rule's result for arguments of known types."""
    f = Formula(state, *values)
    return f.result(f.computed(rule, [f.given(value, type) for value, type in zip(values, types, strict=True)]))


def _floating(state: State, rule: Rule, type: Float | None, *values: Value) -> Value:
    """Return a rule's result for floats, or for doubles: as the name says, else as C++ chooses by the arguments."""
    return _formula(state, rule, (basic.chosen(type, *values),) * len(values), *values)


def _power(state: State, type: Float | None, x: Value, y: Value) -> Value:
    """Return x^y. A square or cube that is known to be one is a product."""
    if y.const not in (1, 2, 3):
        return _floating(state, logarithm.pow, type, x, y)
    x = state.math.convert(x, basic.chosen(type, x, y))
    made = x
    for _ in range(int(y.const) - 1):
        made = state.math.binary("*", made, x)
    return made


def _remainder(state: State, single: Rule, double: Rule, type: Float | None, *values: Value) -> Value:
    return _floating(state, single if basic.chosen(type, *values) == F32 else double, type, *values)


def _scaled(state: State, type: Float | None, x: Value, exponent: Value) -> Value:
    return _formula(state, basic.times_power_of_two, (basic.chosen(type, x), I32), x, exponent)


# ---- the names

Named = dict[str, BuiltinFunction]


def _both(name: str, function: Callable[..., Value], *fixed: Any) -> Named:
    """Return a function under its C++ name, for floats and doubles, and under its C name, for floats."""
    return {name: _of(function, *fixed, None), name + "f": _of(function, *fixed, F32)}


_RULES: dict[str, Rule] = {
    "rsqrt": roots.rsqrt, "cbrt": roots.cbrt, "rcbrt": roots.rcbrt, "hypot": roots.hypot, "rhypot": roots.rhypot,
    "norm3d": roots.norm, "norm4d": roots.norm,
    "exp": exponential.exp, "exp2": exponential.exp2, "exp10": exponential.exp10, "expm1": exponential.expm1,
    "sinh": exponential.sinh, "cosh": exponential.cosh, "tanh": exponential.tanh,
    "log": logarithm.log, "log2": logarithm.log2, "log10": logarithm.log10, "log1p": logarithm.log1p,
    "sin": trigonometry.sin, "cos": trigonometry.cos, "tan": trigonometry.tan,
    "sinpi": trigonometry.sinpi, "cospi": trigonometry.cospi,
    "asin": inverse.asin, "acos": inverse.acos, "atan": inverse.atan, "atan2": inverse.atan2,
    "fdim": basic.positive_difference,
}  # fmt: skip
"""Functions for both types: `exp` of a float is a float, of a double or an integer a double; `expf` is a float."""

_FAST: dict[str, Rule] = {
    "expf": exponential.fast_exp, "exp10f": exponential.fast_exp10, "logf": logarithm.log, "log2f": logarithm.log2,
    "log10f": logarithm.log10, "sinf": trigonometry.sin, "cosf": trigonometry.cos, "tanf": trigonometry.tan,
    "powf": logarithm.pow, "frcp_rn": roots.reciprocal, "frsqrt_rn": roots.exact_rsqrt,
}  # fmt: skip
"""Intrinsics of floats, without the two underscores they begin with."""

_TESTS: dict[str, Rule] = {
    "isnan": basic.is_nan, "isinf": basic.is_infinite, "isfinite": basic.is_finite, "signbit": basic.sign_bit,
}  # fmt: skip

_INTEGER: dict[str, tuple[Rule, Scalar, int]] = {
    "__clz": (integer.leading_zeros, U32, 1), "__clzll": (integer.leading_zeros, U64, 1),
    "__ffs": (integer.first_set, U32, 1), "__ffsll": (integer.first_set, U64, 1),
    "__popc": (integer.set_bits, U32, 1), "__popcll": (integer.set_bits, U64, 1),
    "__brev": (integer.reversed_bits, U32, 1), "__brevll": (integer.reversed_bits, U64, 1),
    "__mulhi": (integer.upper_product, I32, 2), "__umulhi": (integer.upper_product, U32, 2),
    "__mul64hi": (integer.upper_product, I64, 2), "__umul64hi": (integer.upper_product, U64, 2),
    "__mul24": (integer.product_24, I32, 2), "__umul24": (integer.product_24, U32, 2),
    "__hadd": (integer.average, I32, 2), "__uhadd": (integer.average, U32, 2),
    "__rhadd": (integer.rounded_average, I32, 2), "__urhadd": (integer.rounded_average, U32, 2),
    "__usad": (integer.sum_of_difference, U32, 3), "__byte_perm": (integer.picked_bytes, U32, 3),
    "__funnelshift_l": (integer.funnel_left, U32, 3), "__funnelshift_r": (integer.funnel_right, U32, 3),
    "__funnelshift_lc": (integer.funnel_left_clamped, U32, 3),
    "__funnelshift_rc": (integer.funnel_right_clamped, U32, 3),
}  # fmt: skip
"""Functions of integers: how they are computed, their arguments' type and count."""

_INTEGERS = {"int": I32, "uint": U32, "ll": I64, "ull": U64}
_FLOATS = {"float": F32, "double": F64}
_ROUNDINGS = {"rn": "rint", "rz": "trunc", "rd": "floor", "ru": "ceil"}
_WORDS = {"int": I32, "uint": U32, "float": F32, "longlong": I64, "double": F64}


def _conversions() -> Named:
    """Return conversions like `__float2int_rn`, and the functions that reinterpret a number's bits as another type."""
    table: Named = {"__double2float_rn": _of(basic.to_float, F64, F32)}
    for real, source in _FLOATS.items():
        for word, type in _INTEGERS.items():
            table[f"__{word}2{real}_rn"] = _of(basic.to_float, type, source)
            for letters, rounding in _ROUNDINGS.items():
                table[f"__{real}2{word}_{letters}"] = _of(basic.to_integer, rounding, source, type)
    for one, other in (("float", "int"), ("float", "uint"), ("double", "longlong")):
        table[f"__{one}_as_{other}"] = _of(basic.same_bits, _WORDS[one], _WORDS[other])
        table[f"__{other}_as_{one}"] = _of(basic.same_bits, _WORDS[other], _WORDS[one])
    table["__hiloint2double"] = _of(_formula, integer.double_of_words, (I32, I32))
    table["__double2hiint"] = _of(_formula, integer.upper_word, (F64,))
    table["__double2loint"] = _of(_formula, integer.lower_word, (F64,))
    return table


def _simple() -> Named:
    """Return the functions that are an instruction or two."""
    table: Named = {}
    for name in ("sqrt", "fabs", "copysign", "fma"):
        table |= _both(name, basic.own, name)
    for name in ("floor", "ceil", "trunc", "round", "rint"):
        table |= _both(name, basic.rounded, name)
    table |= {"nearbyint": table["rint"], "nearbyintf": table["rintf"]}
    for name in ("rint", "round"):
        for start in ("l", "ll"):
            table |= _both(start + name, basic.to_long, name)
    for which in ("min", "max"):
        table |= {which: _of(basic.extreme, which, None), f"f{which}": _of(basic.float_extreme, which),
                  f"f{which}f": _of(basic.extreme, which, F32)}  # fmt: skip
        for start, type in (("u", U32), ("ll", I64), ("ull", U64)):
            table[start + which] = _of(basic.extreme, which, type)
    for name, scalar in (("abs", None), ("labs", I64), ("llabs", I64)):
        table[name] = _of(basic.absolute, scalar)
    return table


def _exact() -> Named:
    """Return the operations that are never contracted with others."""
    table: Named = {"__fmaf_rn": _of(basic.own, "fma", F32), "__fma_rn": _of(basic.own, "fma", F64),
                    "__fsqrt_rn": _of(basic.own, "sqrt", F32), "__dsqrt_rn": _of(basic.own, "sqrt", F64)}  # fmt: skip
    for name, operator in (("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/")):
        table |= {f"__f{name}_rn": _of(basic.exact, operator, F32), f"__d{name}_rn": _of(basic.exact, operator, F64)}
    return table


def _table() -> Named:
    table = _simple() | _exact() | _conversions()
    for name, rule in _RULES.items():
        table |= _both(name, _floating, rule)
    for name, rule in _FAST.items():
        table["__" + name] = _of(_floating, rule, F32)
    for name, rule in _TESTS.items():
        table[name] = _of(_floating, rule, None)
    for name, (rule, type, count) in _INTEGER.items():
        table[name] = _of(_formula, rule, (type,) * count)
    for name in ("ldexp", "scalbn", "scalbln"):
        table |= _both(name, _scaled)
    table |= _both("pow", _power)
    table |= _both("fmod", _remainder, roots.fmod, roots.double_fmod)
    table |= _both("remainder", _remainder, roots.remainder, roots.double_remainder)
    return table | {
        "__sad": _of(_formula, integer.sum_of_difference, (I32, I32, U32)),
        "__saturatef": basic.saturate,
        "__fdividef": basic.quotient,
        "__drcp_rn": _of(_floating, roots.reciprocal, F64),
    }


FUNCTIONS = _table()
"""The functions of numbers, by their names in CUDA. None touches memory or has an effect."""


def _counts() -> dict[str, int]:
    """Return the number of arguments of functions, by name or by the beginning of the name."""
    two = ["copysign", "fmod", "remainder", "pow", "atan2", "hypot", "rhypot", "fdim", "ldexp", "scalbn", "scalbln"]
    counts = {name: 2 for base in two for name in (base, base + "f")}
    counts |= {name: 2 for name in FUNCTIONS if name.endswith(("min", "max", "fminf", "fmaxf"))}
    counts |= {f"__{letter}{name}_rn": 2 for letter in "fd" for name in ("add", "sub", "mul", "div")}
    counts |= {"__fdividef": 2, "__powf": 2, "fma": 3, "fmaf": 3, "__fmaf_rn": 3, "__fma_rn": 3, "__sad": 3}
    counts |= {"__hiloint2double": 2, "norm3d": 3, "norm3df": 3, "norm4d": 4, "norm4df": 4}
    return counts | {name: count for name, (_, _, count) in _INTEGER.items() if count != 1}


ARGUMENTS = _counts()
"""How many arguments a function takes, where that is not one."""

_REDUCTIONS = [f"__reduce_{operation}_sync" for operation in ("add", "min", "max", "and", "or", "xor")]
_VOTES = [f"__syncthreads_{vote}" for vote in ("count", "and", "or")]
_SINES = ["sincosf", "sincos", "__sincosf", "sincospif", "sincospi"]
IN_CUDA_C = frozenset(
    [*_SINES, *_REDUCTIONS, *_VOTES, "__match_any_sync", "__match_all_sync", "memset", "memcpy", "swap"]
)
"""CUDA's functions that semantics/library.py has in CUDA C; they are called as an author's functions are."""
