"""The bounds of floats that the compiler knows: no value lies outside, and clamps that change nothing are left out."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cpu.compile import to_llvm
from imgcuda.cpu.rounding_functions import WITHIN_INTEGERS
from imgcuda.cpu.values import bounds
from imgcuda.cpu.values.types import F32
from imgcuda.cpu.values.value import UNBOUNDED, VARYING, Bounds, Value
from imgcuda.programs.layout import Dim3
from support.small_kernels import launch, program

ENDS = (-3.0, -0.1, -0.0, 0.0, 1 / 255, 2.0)
"""In their order, in which -0.0 comes before 0.0."""
INTERVALS = [(low, high) for at, low in enumerate(ENDS) for high in ENDS[at:]]
BYTES = np.arange(256, dtype=np.uint8)


def _order(number: float | np.floating[Any]) -> tuple[float, float]:
    return float(number), math.copysign(1.0, number)


def _within(number: float, found: Bounds) -> bool:
    low, high = found
    return low is not None and high is not None and _order(low) <= _order(number) <= _order(high)


def _value(low: float, high: float) -> Value:
    return Value(F32, VARYING, "%v", bounds=(float(np.float32(low)), float(np.float32(high))))


def _members(low: float, high: float) -> list[np.float32]:
    return [np.float32(each) for each in ENDS if _order(low) <= _order(each) <= _order(high)]


@pytest.mark.parametrize("operator", ["+", "-", "*"])
def test_results_lie_within_their_bounds(operator: str) -> None:
    for one, other in product(INTERVALS, INTERVALS):
        found = bounds.combined(operator, _value(*one), _value(*other))
        for x, y in product(_members(*one), _members(*other)):
            made = {"+": x + y, "-": x - y, "*": x * y}[operator]
            assert _within(float(made), found), (one, other, x, y)


def test_only_a_clamp_that_changes_nothing_is_left_out() -> None:
    for (low, high), limit in product(INTERVALS, ENDS):
        end = float(np.float32(limit))
        constant = Value(F32, VARYING, "0", const=end)
        above = all(_order(end) <= _order(each) for each in _members(low, high))
        below = all(_order(each) <= _order(end) for each in _members(low, high))
        assert bounds.within("max", _value(low, high), constant) == above
        assert bounds.within("min", _value(low, high), constant) == below


def test_whole_numbers_lie_within_their_bounds() -> None:
    for low, high in INTERVALS:
        found = bounds.whole(_value(low, high))
        for each in _members(low, high):
            assert all(_within(float(way(each)), found) for way in (np.floor, np.ceil, np.rint))


def test_a_sum_beyond_all_floats_has_no_bounds() -> None:
    huge = _value(0.0, 3e38)
    assert bounds.combined("+", huge, huge) == UNBOUNDED


KERNELS: dict[str, Callable[[npt.NDArray[Any]], npt.NDArray[Any]]] = {
    "float v = a[x] * (1.0f / 255.0f); out[x] = fminf(fmaxf(v, 0.0f), 1.0f);": lambda a: a * np.float32(1 / 255),
    "float v = a[x]; v = v - 300.0f; out[x] = fmaxf(v, 0.0f);": lambda a: a * 0,
    "float v = a[x]; if (a[x] & 1) v = 1000.0f; out[x] = fminf(v, 255.0f);": lambda a: np.where(a % 2, 255, a),
    "float v = a[x]; for (int i = 0; i < 4; i++) v = v * 2.0f; out[x] = fminf(v, 255.0f);":
        lambda a: np.minimum(a * 16, 255),
    "float v = 1.0f; for (float f = 0.0f; f < a[x]; f += 4.0f) v = fminf(f, 99.0f); out[x] = v;":
        lambda a: np.where(a == 0, 1, np.minimum((a - 1) // 4 * 4, 99)),
    "int v = (int)(a[x] * 0.5f - 0.9f); out[x] = (float)v;": lambda a: np.trunc(a * np.float32(0.5) - np.float32(0.9)),
    "out[x] = (unsigned char)(a[x] * 2.0f);": lambda a: a * 2 % 256,
    "out[x] = (unsigned char)rintf(a[x] - 0.4f);": lambda a: np.rint(a - np.float32(0.4)),
    "out[x] = (unsigned char)(int)(a[x] - 9.0f);": lambda a: (a - 9) % 256,
    "out[x] = (float)(unsigned int)(a[x] - 9.0f);": lambda a: np.maximum(a - 9, 0),
    "float v = a[x] ? __int_as_float(0x7fffffff) : 7.0f; out[x] = fminf(fmaxf(v, 3.0f), 9.0f);":
        lambda a: np.where(a, 3, 7),
}  # fmt: skip


@pytest.mark.parametrize("body", KERNELS)
def test_bounded_floats_are_as_in_c(body: str) -> None:
    out = np.zeros(256, np.float32)
    launch(f"__global__ void k(float *out, const unsigned char *a) {{ int x = threadIdx.x; {body} }}", out, BYTES,
           block=256)  # fmt: skip
    assert out.tolist() == KERNELS[body](BYTES.astype(np.float32)).tolist()


def test_a_clamp_still_turns_a_negative_zero_into_zero() -> None:
    out = np.ones(256, np.float32)
    body = "out[threadIdx.x] = fmaxf(a[threadIdx.x] * -0.0f, 0.0f);"
    launch(f"__global__ void k(float *out, const unsigned char *a) {{ {body} }}", out, BYTES, block=256)
    assert not np.signbit(out).any()


def test_a_byte_scaled_and_back_is_not_clamped() -> None:
    back = "(unsigned char)__float2int_rn(fminf(fmaxf(v * 255.0f, 0.0f), 255.0f))"
    body = f"float v = 0.0f; v = a[threadIdx.x] * (1.0f / 255.0f); out[threadIdx.x] = {back};"
    source = f"__global__ void k(unsigned char *out, const unsigned char *a) {{ {body} }}"
    made = to_llvm(program(source), "k", Dim3(256), 32).ir
    assert "fcmp" not in made
    assert "trunc nuw" in made or f"@{WITHIN_INTEGERS}32" in made
