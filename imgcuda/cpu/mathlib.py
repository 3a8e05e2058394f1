"""The mathematical functions of CUDA, for vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from imgcuda.cpu.arithmetic import suffix
from imgcuda.cpu.state import State
from imgcuda.cpu.types import F32, F64, I32, U32, Float, Int, Scalar, promote
from imgcuda.cpu.values import VARYING, Value, constant

Function = Callable[..., Value]


def intrinsic(state: State, name: str, *values: Value) -> Value:
    """Call LLVM's own function for values of one type, lane by lane."""
    values = tuple(map(state.v.flat, values))
    wide = any(value.kind == VARYING for value in values)
    shape = state.v.type(values[0].type) if wide else values[0].type.ir
    arguments = [(shape, state.v.of(value) if wide else value.ir) for value in values]
    made = state.b.call(f"llvm.{name}.{suffix(shape)}", shape, arguments)
    return Value(values[0].type, VARYING if wide else max(value.kind for value in values), made)


def _floating(state: State, name: str, type: Float | None, *values: Value) -> Value:
    """Call a function of floats: of doubles if any argument is one, unless the name says which."""
    chosen = type or (F64 if any(value.type == F64 for value in values) else F32)
    return intrinsic(state, name, *(state.math.convert(value, chosen) for value in values))


def _rounding(state: State, name: str, type: Float | None, value: Value) -> Value:
    """Round to a whole number, which stays within the same bounds if those are whole."""
    value = state.math.convert(value, type or (F64 if value.type == F64 else F32))
    return replace(intrinsic(state, name, value), low=value.low, high=value.high)


def _extreme(state: State, which: str, type: Scalar | None, left: Value, right: Value) -> Value:
    if type is not None:
        left, right = state.math.convert(left, type), state.math.convert(right, type)
    return state.math.extreme(which, left, right)


def _absolute(state: State, value: Value) -> Value:
    value = state.math.convert(value, promote(value.type))
    if isinstance(value.type, Float):
        return intrinsic(state, "fabs", value)
    return state.math.extreme("max", value, state.math.negative(value))


def _reciprocal_root(state: State, type: Float, value: Value) -> Value:
    root = _floating(state, "sqrt", type, value)
    return state.math.binary("/", constant(1.0, type), root)


def _to_int(state: State, rounding: str, type: Int, value: Value) -> Value:
    return state.math.convert(_rounding(state, rounding, F32, value), type)


def _saturate(state: State, value: Value) -> Value:
    value = state.math.convert(value, F32)
    return state.math.extreme("min", state.math.extreme("max", value, constant(0.0, F32)), constant(1.0, F32))


def _quotient(state: State, left: Value, right: Value) -> Value:
    return state.math.binary("/", state.math.convert(left, F32), state.math.convert(right, F32))


def _bits(state: State, source: Scalar, type: Scalar, value: Value) -> Value:
    """Return the same bits taken as another type of the same size."""
    value = state.v.flat(state.math.convert(value, source))
    to = state.v.type(type) if value.kind == VARYING else type.ir
    return Value(type, value.kind, state.b.op(f"bitcast {state.v.shape(value)} {value.ir} to {to}"))


def _of(function: Function, *fixed: Any) -> Function:
    """Return a function of numbers with its first arguments fixed."""
    return lambda state, *values: function(state, *fixed, *values)


def _table() -> dict[str, Function]:
    table: dict[str, Function] = {}
    for name in ("sqrt", "fabs", "copysign", "fma"):
        table |= {name: _of(_floating, name, None), name + "f": _of(_floating, name, F32)}
    for name in ("floor", "ceil", "trunc", "round", "rint"):
        table |= {name: _of(_rounding, name, None), name + "f": _of(_rounding, name, F32)}
    table |= {"nearbyint": table["rint"], "nearbyintf": table["rintf"]}
    for name in ("min", "max"):
        table |= {name: _of(_extreme, name, None), f"f{name}f": _of(_extreme, name, F32), f"f{name}": _of(_extreme, name, F64)}
    for letters, rounding in (("rn", "rint"), ("rz", "trunc"), ("rd", "floor"), ("ru", "ceil")):
        table[f"__float2int_{letters}"] = _of(_to_int, rounding, I32)
        table[f"__float2uint_{letters}"] = _of(_to_int, rounding, U32)
    return table | {
        "abs": _absolute,
        "rsqrtf": _of(_reciprocal_root, F32),
        "rsqrt": _of(_reciprocal_root, F64),
        "__saturatef": _saturate,
        "__fdividef": _quotient,
        "__float_as_int": _of(_bits, F32, I32),
        "__int_as_float": _of(_bits, I32, F32),
        "__float_as_uint": _of(_bits, F32, U32),
        "__uint_as_float": _of(_bits, U32, F32),
    }


FUNCTIONS = _table()
"""The functions of numbers, by their names in CUDA."""

ARGUMENTS = {"copysign": 2, "copysignf": 2, "fma": 3, "fmaf": 3, "min": 2, "max": 2, "fminf": 2, "fmaxf": 2, "fmin": 2,
             "fmax": 2, "__fdividef": 2}  # fmt: skip
"""How many arguments a function takes, where that is not one."""
