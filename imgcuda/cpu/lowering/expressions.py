"""Compiles expressions: syntax tree to values."""

from __future__ import annotations

from dataclasses import replace

from imgcuda.cpu.lowering.conditionals import logical
from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.lvalues import (
    BYTES,
    convert,
    is_lvalue,
    locate,
    moved,
    named,
    pointer,
    read,
    value_at,
    value_of,
    write,
)
from imgcuda.cpu.lowering.names import resolve_type
from imgcuda.cpu.lowering.operands import compare_with_null, condition, number, position, type_of
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.lowering.variables import scalar_leaves
from imgcuda.cpu.memory import objects
from imgcuda.cpu.values.types import (
    BASIC,
    I64,
    U64,
    VOID,
    ArrayOf,
    Float,
    Int,
    PointerTo,
    Type,
    innermost,
    promote,
    size_of,
)
from imgcuda.cpu.values.value import BLOCK, NOTHING, Address, Operand, Value, constant
from imgcuda.frontend import syntax

_FOR_INTEGERS = frozenset(["%", "&", "|", "^", "<<", ">>"])


def literal(state: State, node: syntax.NumberLiteral) -> Operand:
    """Return the value of a number literal."""
    type = BASIC["int" if node.type == "nullptr" else node.type]
    assert isinstance(type, Int | Float)
    return constant(node.value, type)


def name_value(state: State, node: syntax.Name) -> Operand:
    """Return the value of a variable or enumerator."""
    return read(state, named(state, node.name))


def lvalue_read(state: State, node: syntax.Index | syntax.Member) -> Operand:
    """Return the value of `a[i]` or `a.b`."""
    return value_at(state, locate(state, node))


def unary(state: State, node: syntax.Unary) -> Operand:
    """Return the value of a prefix operator."""
    match node.operator:
        case "*":
            return objects.load(state, pointer(state, evaluate(state, node.operand)))
        case "&":
            return _address_of(state, node.operand)
        case "++" | "--":
            return _step(state, node.operand, node.operator)[1]
        case "!":
            return state.math.negation(condition(state, node.operand))
    value = number(state, node.operand)
    if node.operator == "-":
        return state.math.negative(value)
    value = state.math.convert(value, promote(value.type))
    if node.operator == "+":
        return value
    if not isinstance(value.type, Int):
        state.fail(f"'~' is for integers; this is a {value.type}", "convert it to int")
    return state.math.binary("^", value, constant(-1, value.type))


def _address_of(state: State, node: syntax.Expression) -> Operand:
    found = locate(state, node)
    if not isinstance(found, Address):
        state.refuse("the address of this", "give it to a variable first")
    return found


def postfix(state: State, node: syntax.Postfix) -> Operand:
    """Return the value of `a++` or `a--`: the old one."""
    return _step(state, node.operand, node.operator)[0]


def _step(state: State, node: syntax.Expression, operator: str) -> tuple[Operand, Operand]:
    """Compile `++` or `--`, and return the old and the new value."""
    found = locate(state, node)
    old = value_at(state, found)
    return old, write(state, found, _operate(state, operator[0], old, constant(1)))


def binary(state: State, node: syntax.Binary) -> Operand:
    """Return the value of a binary operator."""
    if node.operator == ",":
        evaluate(state, node.left)
        return evaluate(state, node.right)
    if node.operator in ("&&", "||"):
        return logical(state, node)
    left = evaluate(state, node.left)
    return _operate(state, node.operator, left, evaluate(state, node.right))


def _operate(state: State, operator: str, left: Operand, right: Operand) -> Operand:
    """Return `left operator right` for numbers or pointers."""
    if isinstance(left, Address) or isinstance(right, Address):
        return _pointers(state, operator, left, right)
    first, second = value_of(state, left), value_of(state, right)
    if operator in _FOR_INTEGERS and not (isinstance(first.type, Int) and isinstance(second.type, Int)):
        remedy = "use fmodf() for the remainder of floats" if operator == "%" else "convert the float to int"
        state.fail(f"'{operator}' is for integers; this is a {first.type} and a {second.type}", remedy)
    return state.math.binary(operator, first, second)


def _pointers(state: State, operator: str, left: Operand, right: Operand) -> Operand:
    if operator == "+" and isinstance(right, Address):
        left, right = right, left
    if isinstance(left, Address) and isinstance(right, Address):
        return _compare_pointers(state, operator, left, right)
    if operator in ("==", "!=") and (found := _compared_with_null(state, operator, left, right)) is not None:
        return found
    if isinstance(left, Address) and isinstance(right, Value) and operator in ("+", "-"):
        return moved(state, left, right if operator == "+" else state.math.negative(right))
    return state.fail(f"'{operator}' cannot be used with a {left.type} and a {right.type}")


def _compared_with_null(state: State, operator: str, left: Operand, right: Operand) -> Value | None:
    """Return the comparison of a pointer with a null pointer; None if neither is one."""
    pointer, other = (left, right) if isinstance(left, Address) else (right, left)
    null = isinstance(other, Value) and isinstance(other.type, Int) and other.const == 0
    return compare_with_null(state, operator, pointer) if null and isinstance(pointer, Address) else None


def _compare_pointers(state: State, operator: str, left: Address, right: Address) -> Operand:
    """Return the difference of two pointers in elements, or their comparison."""
    if operator not in ("-", "==", "!=", "<", ">", "<=", ">="):
        state.fail(f"'{operator}' cannot be used with two pointers")
    first, second, step = position(state, left), position(state, right), size_of(left.type.target)
    if left.private is not None or right.private is not None:
        if left.private is not right.private or left.path != right.path:
            state.refuse("comparing pointers to different variables of a thread's own")
        first, second, step = state.math.offset(left), state.math.offset(right), 1
    if operator != "-":
        return state.math.compare(operator, first, second)
    return state.math.binary("/", state.math.binary("-", first, second), constant(step, I64))


def assign(state: State, node: syntax.Assign) -> Operand:
    """Compile an assignment, and return the assigned value."""
    if not node.operator:
        value = evaluate(state, node.value)
        return write(state, locate(state, node.target), value)
    value = evaluate(state, node.value)
    found = locate(state, node.target)
    return write(state, found, _operate(state, node.operator, value_at(state, found), value))


def cast(state: State, node: syntax.Cast) -> Operand:
    """Return the value of a cast."""
    type = resolve_type(state, node.type)
    value = evaluate(state, node.value)
    if type == VOID:
        return NOTHING
    if isinstance(type, PointerTo) and isinstance(value, Address):
        if value.private is not None and not _laid_out_alike(type.target, value.type.target):
            state.facts.mark((BYTES, value.private.key))  # the next pass lays it out as the host would
            return Address(type, "poison", BLOCK, value.memory)
        return replace(value, type=type)
    return convert(state, value, type)


def _laid_out_alike(one: Type, other: Type) -> bool:
    """Return whether two types consist of the same numbers in the same order, or are arrays of one type."""
    if VOID in (one, other):
        return False
    return scalar_leaves(one) == scalar_leaves(other) or innermost(one) == innermost(other)


def size_of_operand(state: State, node: syntax.SizeOf) -> Operand:
    """Return the value of `sizeof`."""
    if isinstance(node.of, syntax.StringLiteral):
        return constant(len(node.of.value) + 1, U64)
    written = isinstance(node.of, syntax.NamedType | syntax.PointerType | syntax.ArrayType | syntax.ReferenceType)
    type = resolve_type(state, node.of) if written else _type_of_operand(state, node.of)  # type: ignore[arg-type]
    return constant(size_of(type), U64)


def array_size(state: State, node: syntax.Call) -> Operand:
    """Return the number of an array's elements."""
    type = _type_of_operand(state, node.arguments[0])
    if not isinstance(type, ArrayOf) or not type.size:
        state.fail(f"a loop over elements needs an array; this is a {type}", "count its elements")
    return constant(type.size)


def _type_of_operand(state: State, node: syntax.Expression) -> Type:
    """Return the type of the operand of `sizeof`: an array does not decay."""
    if not is_lvalue(node) or (isinstance(node, syntax.Name) and isinstance(named(state, node.name), Address)):
        return type_of(state, node)
    with state.unwritten():
        found = locate(state, node)
    return found.type.target if isinstance(found, Address) else found.type
