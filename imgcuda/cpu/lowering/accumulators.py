"""Finds the arrays that a kernel does nothing with but sum into them: threads of the processor may do so in copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from imgcuda.cpu.lowering.atomics import ATOMICS, llvm_operation
from imgcuda.cpu.lowering.side_effects import calls_in
from imgcuda.cpu.values.types import Float, Int, PointerTo, Scalar, Type
from imgcuda.frontend import syntax

_MERGED_BY = {name: name for name in ("add", "fadd", "min", "max", "umin", "umax", "and", "or", "xor")} | {"sub": "add"}
"""The operations whose order does not matter, and what merges copies of an array into it."""


class Accumulator(NamedTuple):
    """An argument whose memory a kernel only changes by one operation, without looking at what was there."""

    position: int
    type: Scalar
    operation: str
    """LLVM's name of the operation that merges two copies."""


def accumulators(
    kernel: syntax.Function, types: Sequence[Type], functions: Mapping[str, syntax.Function]
) -> tuple[Accumulator, ...]:
    """Return the arguments that a kernel only accumulates into.

    There are none if it has other atomic operations, beside those in shared memory: these would not be atomic while
    each thread of the processor works on copies.
    """
    positions = {each.name: position for position, each in enumerate(kernel.parameters)}
    declared = [each for each in syntax.walk(kernel.body) if isinstance(each, syntax.Declaration)]
    shared = {each.name for each in declared if each.space == "shared"}
    ignored = [each.value for each in syntax.walk(kernel.body) if isinstance(each, syntax.Evaluate)]
    found: dict[str, list[str]] = {}
    for call in calls_in(kernel.body, functions):
        if call.name not in ATOMICS or (name := _array(call)) in shared:
            continue
        type = types[positions[name]] if name in positions else None
        element = type.target if isinstance(type, PointerTo) else None
        if not isinstance(element, Int | Float) or not any(call is each for each in ignored):
            return ()
        found.setdefault(name, []).append(_MERGED_BY.get(llvm_operation(call.name, element), ""))
    if not all(_is_only_accumulated(name, by, kernel.body, declared) for name, by in found.items()):
        return ()
    return tuple(
        Accumulator(positions[name], type.target, by[0])
        for name, by in found.items()
        if isinstance(type := types[positions[name]], PointerTo) and isinstance(type.target, Int | Float)
    )


def _array(call: syntax.Call) -> str:
    """Return the name of the array in `atomicAdd(&array[i], 1)`, `array + i` or `array`; "" for any other address."""
    match call.arguments[0]:
        case syntax.Unary("&", syntax.Index(syntax.Name(name))) | syntax.Binary("+", syntax.Name(name)):
            return name
        case syntax.Name(name):
            return name
    return ""


def _is_only_accumulated(
    name: str, operations: Sequence[str], body: object, declared: Sequence[syntax.Declaration]
) -> bool:
    """Return whether all that is done with an array is one operation, and the name has no other meaning."""
    uses = sum(isinstance(each, syntax.Name) and each.name == name for each in syntax.walk(body))
    again = any(each.name == name for each in declared)
    return bool(operations[0]) and len(set(operations)) == 1 and uses == len(operations) and not again
