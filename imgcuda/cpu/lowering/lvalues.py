"""Lvalues: finding the variable or address that an expression designates, reading it and assigning to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from imgcuda.cpu import budget
from imgcuda.cpu.budget import kilobytes
from imgcuda.cpu.checks.instrument import known
from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.lowering.variables import (
    Binding,
    PointerValue,
    PointerVariable,
    Private,
    Reference,
    StructVariable,
    Variable,
)
from imgcuda.cpu.memory import objects
from imgcuda.cpu.memory.addresses import member, move
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
    has_pointer,
    has_union,
    innermost,
    promote,
    size_of,
)
from imgcuda.cpu.values.value import AFFINE, BLOCK, BROKEN, NULL, Address, Aggregate, MemoryRegion, Operand, Value
from imgcuda.errors import KernelError, did_you_mean, meant_or_known
from imgcuda.frontend import syntax

BYTES = "bytes"
"""Marks a thread's own variable whose bytes are read or written in another type."""


def locate(state: State, node: syntax.Expression) -> Binding:
    """Return what an lvalue expression designates: a variable, or an address in memory."""
    with state.at(node.place):
        match node:
            case syntax.Name(name):
                found = named(state, name)
                return found.address if isinstance(found, Reference) else found
            case syntax.Index(array, index):
                return element(state, array, index)
            case syntax.Member(of, name):
                return field(state, _whole(state, of), name)
            case syntax.Unary("*", operand):
                return pointer(state, evaluate(state, operand))
            case syntax.Unary("++" | "--") | syntax.Assign():
                evaluate(state, node)
                return locate(state, node.operand if isinstance(node, syntax.Unary) else node.target)
        return state.fail("this cannot be assigned to, nor its address be taken")


def is_lvalue(node: syntax.Expression) -> bool:
    """Return whether an expression is an lvalue."""
    if isinstance(node, syntax.Member):
        return is_lvalue(node.object)
    return isinstance(node, syntax.Name | syntax.Index) or (isinstance(node, syntax.Unary) and node.operator == "*")


def _whole(state: State, node: syntax.Expression) -> Binding:
    """Return the structure that a member expression selects from."""
    if isinstance(node, syntax.Name) and isinstance(found := named(state, node.name), Address):
        state.fail(f"a pointer has no fields; this is a {found.type}", "write -> instead of .")
    return locate(state, node) if is_lvalue(node) else evaluate(state, node)


def named(state: State, name: str) -> Binding:
    """Return the binding of a name; an Address is the value of a pointer."""
    found = state.lookup(name)
    if found is None:
        known = [*state.unit.functions, *state.unit.constants, *(each for scope in state.scopes for each in scope)]
        state.fail(f"'{name}' is not declared{did_you_mean(name, known)}")
    if found is BROKEN:
        raise KernelError([])  # its declaration has an error, which is reported already
    return found


def pointer(state: State, operand: Operand) -> Address:
    """Return an operand as an address; report an error if it is no pointer."""
    if not isinstance(operand, Address):
        state.fail(f"a pointer or an array is needed here; this is a {operand.type}")
    return operand


def element(state: State, array: syntax.Expression, index: syntax.Expression) -> Address:
    """Return the address of `array[index]`; as in C, `index[array]` is the same."""
    first, second = evaluate(state, array), evaluate(state, index)
    if isinstance(second, Address):
        first, second = second, first
    return moved(state, pointer(state, first), second)


def moved(state: State, address: Address, index: Operand) -> Address:
    """Return a pointer moved by an index; report an error if that is no integer."""
    if not isinstance(index, Value) or not isinstance(index.type, Int):
        state.fail(f"an index must be an integer; this is a {index.type}")
    return move(state, address, state.math.convert(index, promote(index.type)))


def field(state: State, whole: Binding, name: str) -> Binding:
    """Return a field of a structure."""
    type = whole.type.target if isinstance(whole, Address) else whole.type
    fields = dict(type.fields) if isinstance(type, Struct) else {}
    if name not in fields:
        remedy = "write -> instead of ." if isinstance(type, PointerTo) else ""
        state.fail(f"a {type} has no field '{name}'{meant_or_known(name, list(fields))}", remedy)
    if isinstance(whole, Address):
        return member(state, whole, name)
    assert isinstance(whole, StructVariable | Aggregate)
    found = whole.fields[name]
    if isinstance(found, Aggregate) and isinstance(found.type, ArrayOf):
        return _spill(state, found)
    if isinstance(found, Address):
        return PointerValue(found)
    return found.address if isinstance(found, Reference) else found


def _spill(state: State, value: Aggregate) -> Address:
    """Spill an array that is an rvalue to memory, so that it can be indexed."""
    target = private(state, value.type, ("spilled", state.place))
    objects.store(state, target, value)
    return target


# ---- reading and assigning


def read(state: State, found: Binding) -> Operand:
    """Return the value of a binding; an array decays to a pointer to its first element."""
    match found:
        case Reference(address):
            return objects.load(state, address)
        case Variable() | PointerVariable():
            return found.read(state)
        case StructVariable(type, fields):
            return Aggregate(type, {name: _copied(state, each) for name, each in fields.items()})
        case PointerValue(address):
            return address
    return found


def _copied(state: State, found: Binding) -> Operand:
    """Return the value of a structure's field; an array does not decay there."""
    return objects.load_whole(state, found.address) if isinstance(found, Reference) else read(state, found)


def value_at(state: State, found: Binding) -> Operand:
    """Return the value of an lvalue: an Address is loaded from."""
    return objects.load(state, found) if isinstance(found, Address) else read(state, found)


def referred(state: State, node: syntax.Expression, type: Type, const: bool) -> Binding:
    """Return what a C++ reference to a type is bound to: the target, or for a const one also a temporary's value."""
    if const and not is_lvalue(node):
        return convert(state, evaluate(state, node), type)
    found = locate(state, node)
    given = found.type.target if isinstance(found, Address) else found.type
    if given == type:
        return Reference(found) if isinstance(found, Address) else found
    if not const:
        state.fail(f"a reference to a {type} is needed here; this is a {given}", "declare the variable in that type")
    return convert(state, value_at(state, found), type)


def write(state: State, found: Binding, value: Operand) -> Operand:
    """Assign to an lvalue for the active threads, and return the converted value."""
    type = found.type.target if isinstance(found, Address) else found.type
    if not isinstance(found, Address | Variable | PointerVariable | StructVariable):
        state.fail("this is constant and cannot be assigned to")
    if isinstance(found, Address) and found.memory.space == "constant":
        state.fail(f"'{found.memory.name}' is constant and cannot be assigned to")
    if isinstance(found, Address) and isinstance(type, ArrayOf) and not isinstance(value, Aggregate):
        state.fail("an array cannot be assigned to", "set its elements, in a loop")
    value = convert(state, value, type)
    match found:
        case Address():
            objects.store(state, found, value)
        case StructVariable(_, fields):
            assert isinstance(value, Aggregate)
            for name, part in value.fields.items():
                target = fields[name]
                write(state, target.address if isinstance(target, Reference) else target, part)
        case PointerVariable():
            found.assign(state, value)
        case _:
            found.assign(state, value)  # type: ignore[arg-type]
    return value


def convert(state: State, value: Operand, type: Type) -> Operand:
    """Return a value implicitly converted to a type, as in C."""
    if isinstance(type, Int | Float):
        return state.math.convert(value_of(state, value), type)
    if isinstance(type, PointerTo):
        if isinstance(value, Value) and isinstance(value.type, Int) and value.const == 0:
            return Address(type, NULL, BLOCK, MemoryRegion("", "global"))
        return replace(pointer(state, value), type=type)
    if value.type != type:
        state.fail(f"a {type} is needed here; this is a {value.type}")
    return value


def value_of(state: State, operand: Operand) -> Value:
    """Return an operand as a number; report an error if it is none."""
    if not isinstance(operand, Value):
        remedy = "read what it points to with * or [...]" if isinstance(operand, Address) else "use one of its fields"
        remedy = "write __half2float(...)" if str(operand.type) == "__half" else remedy
        state.fail(f"a number is needed here; this is a {operand.type}", remedy)
    return operand


# ---- new variables


def declare(state: State, key: Any, type: Type, name: str = "") -> Binding:
    """Return a new variable of each thread; `name` is for the messages of checked builds."""
    if has_union(type) or (has_array(type) and not (isinstance(type, Struct) and has_pointer(type))):
        return Reference(private(state, type, key, name))
    if isinstance(type, PointerTo):
        return PointerVariable(state, key, type)
    if isinstance(type, Struct):
        return StructVariable(type, {name: declare(state, (key, name), part) for name, part in type.fields})
    if not isinstance(type, Int | Float):
        state.fail(f"a variable cannot be of type {type}")
    return Variable(state, key, type)


def private(state: State, type: Type, key: Any, name: str = "") -> Address:
    """Return new private memory, for an array or an addressed variable; `name` is for messages."""
    if has_pointer(type):
        remedy = "use one array and offsets into it"
        state.refuse("an array of pointers, or a pointer whose own address is taken", remedy)
    state.locals[key] = size_of(type)
    if (total := sum(state.locals.values())) > budget.LOCAL:
        message = (
            f"a thread's own arrays take {kilobytes(total)} here; a GPU has {kilobytes(budget.LOCAL)} for a thread"
        )
        state.fail(message, "make them smaller, or pass a pointer to memory for them")
    if has_union(type) or (BYTES, key) in state.facts.marks:
        return _bytes_of_threads(state, type, name)
    made = Private(state, innermost(type), elements(type), key)
    return Address(PointerTo(type), "null", BLOCK, MemoryRegion(name, "private"), private=made)


def _bytes_of_threads(state: State, type: Type, name: str) -> Address:
    """Return new memory in which each thread's bytes lie in one piece: they can be read as any field of a union."""
    if state.outside_chunks:
        what = "a union" if has_union(type) else "a variable whose bytes are read in another type"
        state.refuse(f"{what} that is used behind a barrier", "copy its bits to an int by __float_as_int() or its like")
    size = size_of(type) * state.v.width
    place = state.b.slot(f"[{size} x i8]", 64)
    memory = known(state, MemoryRegion(name, "union"), type, size, base=place)
    return Address(PointerTo(type), place, BLOCK, memory, Value(I64, AFFINE, "0", 1), size_of(type))
