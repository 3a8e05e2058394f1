"""Declarations of variables, arrays and shared memory, with their initializers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from imgcuda.cpu import budget
from imgcuda.cpu.budget import kilobytes
from imgcuda.cpu.checks.instrument import known
from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.initializers import ElementInitializer, ElementPath, TooMany, sized, spread
from imgcuda.cpu.lowering.lvalues import convert, declare, field, private, read, referred, write
from imgcuda.cpu.lowering.names import addressed, has_defaults, resolve_type, set_again
from imgcuda.cpu.lowering.operands import type_of
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.lowering.variables import Binding, Reference, Variable
from imgcuda.cpu.memory.addresses import move, nth
from imgcuda.cpu.memory.lookups import start_of_table
from imgcuda.cpu.values.types import (
    I64,
    ArrayOf,
    Float,
    Int,
    PointerTo,
    Struct,
    Type,
    elements,
    has_array,
    has_union,
    innermost,
    size_of,
)
from imgcuda.cpu.values.value import BLOCK, BROKEN, Address, Aggregate, MemoryRegion, Operand, Value, constant
from imgcuda.errors import KernelError
from imgcuda.frontend import syntax

_LONG = 256
"""The number of elements from which an array is zeroed by a loop rather than one by one."""


def declaration(state: State, node: syntax.Declaration) -> None:
    """Compile a declaration of one variable."""
    type = type_declared(state, node)
    if isinstance(node.type, syntax.ReferenceType):
        _refer(state, node, type)
    elif node in state.reserved:
        initialize(state, node, type)
    elif node.space == "shared":
        shared(state, node, type)
    elif is_value(state, node, type):
        state.bind(node.name, _first_value(state, node, type))
    else:
        state.bind(node.name, reserve(state, node, type))
        initialize(state, node, type)


def _refer(state: State, node: syntax.Declaration, type: Type) -> None:
    """Bind the name of a reference to what it refers to."""
    assert node.value is not None and not isinstance(node.value, syntax.Initializer)
    if node in state.reserved:
        state.refuse("a reference that is used behind a barrier", "write out what it refers to, or use a pointer")
    state.bind(node.name, referred(state, node.value, type, node.const))


def type_declared(state: State, node: syntax.Declaration) -> Type:
    """Return a variable's type; the size of `int a[] = {...}` follows from the initializer."""
    type = sized(resolve_type(state, node.type), node.value)
    if isinstance(type, ArrayOf) and type.size == 0 and not node.external:
        state.fail(f"the array '{node.name}' has no size")
    return type


def stand_in(state: State, item: syntax.Statement) -> None:
    """Bind the names of a declaration that has an error, so that the error is reported once."""
    if isinstance(item, syntax.Declaration) and item.name not in state.scopes[-1] and state.mistakes:
        with suppress(KernelError):
            state.bind(item.name, declare(state, state.key(item), resolve_type(state, item.type)))
            return
        state.bind(item.name, BROKEN)


def is_value(state: State, node: syntax.Declaration, type: Type) -> bool:
    """Return whether a variable is neither assigned again nor addressed: then it needs no memory."""
    if node.value is None or isinstance(node.value, syntax.Initializer) or has_array(type):
        return False
    return not set_again(state, node.name) and not addressed(state, node.name)


def reserve(state: State, node: syntax.Declaration, type: Type) -> Binding:
    """Return memory for a thread's variable."""
    key = state.key(node)
    if addressed(state, node.name):
        return Reference(private(state, type, key, node.name))
    made = declare(state, key, type, node.name)
    if state.checks and node.value is None and isinstance(made, Variable):
        made.watch(state, node.name)
    return made


def _first_value(state: State, node: syntax.Declaration, type: Type) -> Operand:
    assert not isinstance(node.value, syntax.Initializer | None)
    if isinstance(type, ArrayOf):
        state.fail("an array needs its values in braces")
    value = evaluate(state, node.value)
    with state.at(node.value.place):
        return convert(state, value, type)


def initialize(state: State, node: syntax.Declaration, type: Type) -> None:
    """Compile the initializer of a variable."""
    target = state.lookup(node.name)
    assert target is not None
    if isinstance(node.value, syntax.Initializer):
        fill(state, target, type, node.value, node.name)
    elif node.value is not None:
        write(state, _place(target), _first_value(state, node, type))
    elif has_defaults(state, type):
        fill(state, target, type, syntax.Initializer((), node.place), node.name)


def fill(state: State, target: Binding, type: Type, values: syntax.Initializer, name: str) -> None:
    """Compile values in braces, for a variable."""
    if len(values.values) > budget.OWN_VALUES:
        message = f"'{name}' is given {len(values.values):,} values; a thread's own array takes up to"
        state.fail(f"{message} {budget.OWN_VALUES:,}", "make it a __constant__ table outside of the function")
    if elements(type) > budget.VALUES:
        message = f"'{name}' has {elements(type):,} elements; values in braces are for {budget.VALUES:,}"
        state.fail(message, "set it in a loop")
    cleared = _cleared(state, _place(target), type)
    for steps, part, value in parts_of(state, type, values, name):
        if value is None and cleared:
            continue
        _set_part(state, _reach(state, _place(target), steps), part, value)


def parts_of(state: State, type: Type, values: syntax.Initializer, name: str) -> Iterator[ElementInitializer]:
    """Yield the elements of a variable called `name`, with their values from braces; report values beyond the last."""
    try:
        yield from spread(type, values, lambda each: type_of(state, each), state.unit.defaults)
    except TooMany as wrong:
        state.fail(f"there are more values here than '{name}', a {type}, has room for", place=wrong.place)


def braced(state: State, node: syntax.Braced) -> Operand:
    """Return a value that is made of its parts in braces."""
    type = resolve_type(state, node.type)
    if has_array(type) or has_union(type):
        target = declare(state, state.key(node), type)
        fill(state, target, type, node.values, str(type))
        return read(state, target)
    parts = {steps: _part(state, part, value) for steps, part, value in parts_of(state, type, node.values, str(type))}
    return _whole(type, parts, ())


def _part(state: State, type: Type, value: syntax.Expression | None) -> Operand:
    return convert(state, constant(0) if value is None else evaluate(state, value), type)


def _whole(type: Type, parts: Mapping[ElementPath, Operand], steps: ElementPath) -> Operand:
    """Return the structure at a path, made of the values at its fields' paths."""
    if steps in parts or not isinstance(type, Struct):
        return parts[steps]
    return Aggregate(type, {name: _whole(part, parts, (*steps, name)) for name, part in type.fields})


def _cleared(state: State, target: Binding, type: Type) -> bool:
    """Zero a long array of numbers in a loop; return whether the variable is one."""
    element = innermost(type)
    if not isinstance(element, Int | Float) or elements(type) <= _LONG or not isinstance(target, Address):
        return False
    first = replace(target, type=PointerTo(element))
    slot, head, body, end = state.b.slot("i64"), *(state.b.label(hint) for hint in ("zeros", "zero", "end"))
    state.b.do(f"store i64 0, ptr {slot}")
    state.b.place(head)
    number = state.b.op(f"load i64, ptr {slot}")
    state.b.branch(state.b.op(f"icmp slt i64 {number}, {elements(type)}"), body, end)
    state.b.place(body)
    write(state, move(state, first, Value(I64, BLOCK, number)), constant(0, element))
    state.b.do(f"store i64 {state.b.op(f'add i64 {number}, 1')}, ptr {slot}")
    state.b.jump(head)
    state.b.place(end)
    return True


def _set_part(state: State, target: Binding, type: Type, value: syntax.Expression | None) -> None:
    if value is not None:
        with state.at(value.place):
            write(state, target, evaluate(state, value))
    elif isinstance(type, Int | Float):
        write(state, target, constant(0, type))
    elif isinstance(type, PointerTo):
        write(state, target, constant(0))


def _place(binding: Binding) -> Binding:
    return binding.address if isinstance(binding, Reference) else binding


def _reach(state: State, target: Binding, steps: ElementPath) -> Binding:
    """Return an element or field of a variable."""
    for step in steps:
        if isinstance(step, str):
            target = field(state, target, step)
        else:
            assert isinstance(target, Address)
            target = nth(state, target, step)
    return _place(target)


def shared(state: State, node: syntax.Declaration, type: Type) -> None:
    """Reserve shared memory: a block runs on one core, so it lies on that core's stack or heap."""
    if node.value is not None:
        remedy = "let the threads set it, and __syncthreads()"
        state.fail(f"shared memory cannot have first values, but '{node.name}' has", remedy)
    place = "%shared" if node.external else _shared_slot(state, node, size_of(type))
    region = MemoryRegion(node.name, "shared", table="" if node.external else start_of_table(type, place))
    memory = known(state, region, type, 0 if node.external else size_of(type), base=place)
    state.bind(node.name, Reference(Address(PointerTo(type), place, BLOCK, memory)))


def _shared_slot(state: State, node: syntax.Declaration, size: int) -> str:
    """Return the memory of a shared array: one for the block, even if its function is inlined more than once."""
    if node not in state.shared or state.shared[node][1] != size:
        allowed = kilobytes(budget.SHARED)
        total = size + sum(other for _, other in state.shared.values())
        if total > budget.SHARED:
            message = f"the __shared__ arrays take {kilobytes(total)} here; a GPU gives a block {allowed}"
            state.fail(message, "use smaller tiles", node.place)
        slot = state.b.slot(f"[{size} x i8]", 64)
        if state.b.silent:
            return slot
        state.shared[node] = slot, size
    return state.shared[node][0]
