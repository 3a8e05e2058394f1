"""Expressions: from the syntax tree to values."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from imgcuda.cpu import memory, syntax
from imgcuda.cpu.names import resolve_type
from imgcuda.cpu.state import State, value_of
from imgcuda.cpu.types import BASIC, BOOL, I8, I64, U64, VOID, Array, Float, Int, Pointer, Scalar, Struct, Type, common, promote, size_of
from imgcuda.cpu.values import BLOCK, LINEAR, UNIFORM, VARYING, Address, Aggregate, Kind, Operand, Value, constant
from imgcuda.cpu.variables import Binding, PointerVariable, Reference, StructVariable, Variable, leaves
from imgcuda.errors import did_you_mean


def evaluate(state: State, node: syntax.Expression) -> Operand:
    """Return an expression's value, for the threads that are active."""
    outer, state.place = state.place, node.place
    try:
        return _EVALUATE[type(node)](state, node)
    finally:
        state.place = outer


def number(state: State, node: syntax.Expression) -> Value:
    """Return the value of an expression that must be a number."""
    operand = evaluate(state, node)
    outer, state.place = state.place, node.place
    made = value_of(state, operand)
    state.place = outer
    return made


def condition(state: State, node: syntax.Expression) -> Value:
    """Return an expression as a bool."""
    operand = evaluate(state, node)
    if isinstance(operand, Address):
        state.refuse("a pointer as a condition", "compare what it points to, or pass a flag", node.place)
    return state.v.flat(state.math.truth(value_of(state, operand)))


# ---- where things stand


def locate(state: State, node: syntax.Expression) -> Binding:
    """Return what an expression names rather than its value: a variable, or an address in memory."""
    outer, state.place = state.place, node.place
    try:
        match node:
            case syntax.Name(name):
                return _named(state, name)
            case syntax.Index(array, index):
                return _element(state, evaluate(state, array), number(state, index))
            case syntax.Member(of, name):
                return _member(state, locate(state, of) if _is_place(of) else evaluate(state, of), name)
            case syntax.Unary("*", operand):
                return _pointer(state, evaluate(state, operand))
            case syntax.Unary("++" | "--"):
                evaluate(state, node)
                return locate(state, node.operand)
        state.fail("this cannot be assigned to, nor its address be taken")
    finally:
        state.place = outer


def _is_place(node: syntax.Expression) -> bool:
    return isinstance(node, syntax.Name | syntax.Index | syntax.Member) or (isinstance(node, syntax.Unary) and node.operator == "*")


def _named(state: State, name: str) -> Binding:
    found = state.lookup(name)
    if found is None:
        known = [*state.unit.functions, *(each for scope in state.scopes for each in scope)]
        state.fail(f"'{name}' is not declared{did_you_mean(name, known)}")
    return found.address if isinstance(found, Reference) and not isinstance(found.type, Array) else found


def _pointer(state: State, operand: Operand) -> Address:
    if not isinstance(operand, Address):
        state.fail(f"a pointer or an array is needed here; this is a {operand.type}")
    return operand


def _element(state: State, array: Operand, index: Value) -> Address:
    return move(state, _pointer(state, array), index)


def move(state: State, address: Address, index: Value) -> Address:
    """Return a pointer moved by `index` of what it points to."""
    target = address.type.target
    if not isinstance(index.type, Int):
        state.fail("an index must be an integer; this is a float")
    step = _count(target) if address.private is not None else size_of(target)
    return memory.advance(state, address, state.math.convert(index, promote(index.type)), step)


def _count(type: Type) -> int:
    return type.size * _count(type.element) if isinstance(type, Array) else 1


def _member(state: State, whole: Binding, name: str) -> Binding:
    type = whole.type.target if isinstance(whole, Address) else whole.type
    fields = dict(type.fields) if isinstance(type, Struct) else {}
    if name not in fields:
        state.fail(f"{type} has no field '{name}'{did_you_mean(name, list(fields))}")
    if isinstance(whole, Address):
        return memory.member(state, whole, name)
    assert isinstance(whole, StructVariable | Aggregate)
    return whole.fields[name]


def read(state: State, found: Binding) -> Operand:
    """Return the value of what was located; of an array, a pointer to its first element."""
    if isinstance(found, Reference):
        return memory.load(state, found.address)
    if isinstance(found, Variable | PointerVariable):
        return found.read(state)
    if isinstance(found, StructVariable):
        return Aggregate(found.type, {name: read(state, field) for name, field in found.fields.items()})
    return found


def write(state: State, found: Binding, value: Operand) -> None:
    """Set what was located, for the threads that are active."""
    match found:
        case Variable():
            found.assign(state, state.math.convert(value_of(state, value), found.type))
        case PointerVariable():
            found.assign(state, convert(state, value, found.type))
        case StructVariable():
            if not isinstance(value, Aggregate) or value.type != found.type:
                state.fail(f"a {found.type} is needed here; this is a {value.type}")
            for name, field in value.fields.items():
                write(state, found.fields[name], field)
        case Address():
            memory.store(state, found, convert(state, value, found.type.target))
        case _:
            state.fail("this is constant and cannot be assigned to")


def convert(state: State, value: Operand, type: Type) -> Operand:
    """Return a value as C converts it where a type is expected."""
    if isinstance(type, Int | Float):
        return state.math.convert(value_of(state, value), type)
    if isinstance(type, Pointer):
        if isinstance(value, Value) and value.const == 0:
            state.refuse("a null pointer", "pass a flag beside a pointer that is valid")
        return replace(_pointer(state, value), type=type)
    if value.type != type:
        state.fail(f"a {type} is needed here; this is a {value.type}")
    return value


# ---- the kinds of expression


def _number(state: State, node: syntax.Number) -> Operand:
    type = BASIC[node.type]
    assert isinstance(type, Int | Float)
    return constant(node.value, type)


def _name(state: State, node: syntax.Name) -> Operand:
    return read(state, _named(state, node.name))


def _place_value(state: State, node: syntax.Index | syntax.Member) -> Operand:
    if isinstance(node, syntax.Member) and not _is_place(node.object):
        return read(state, _member(state, evaluate(state, node.object), node.name))
    found = locate(state, node)
    return memory.load(state, found) if isinstance(found, Address) else read(state, found)


def _unary(state: State, node: syntax.Unary) -> Operand:
    match node.operator:
        case "*":
            return memory.load(state, _pointer(state, evaluate(state, node.operand)))
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
    if node.operator == "~":
        if not isinstance(value.type, Int):
            state.fail("'~' is for integers; this is a float")
        return state.math.binary("^", value, constant(-1, value.type))
    return value


def _address_of(state: State, node: syntax.Expression) -> Operand:
    found = locate(state, node)
    if isinstance(found, Address):
        return found
    state.refuse("the address of a variable", "declare it as an array of one element, or return the value")


def _postfix(state: State, node: syntax.Postfix) -> Operand:
    return _step(state, node.operand, node.operator)[0]


def _step(state: State, node: syntax.Expression, operator: str) -> tuple[Operand, Operand]:
    """Return what a variable was and what it is after `++` or `--`."""
    found = locate(state, node)
    old = memory.load(state, found) if isinstance(found, Address) else read(state, found)
    if isinstance(old, Address):
        new: Operand = move(state, old, constant(1 if operator == "++" else -1))
    else:
        new = state.math.binary(operator[0], value_of(state, old), constant(1))
    write(state, found, new)
    return old, new


def _binary(state: State, node: syntax.Binary) -> Operand:
    if node.operator == ",":
        evaluate(state, node.left)
        return evaluate(state, node.right)
    if node.operator in ("&&", "||"):
        return _logical(state, node)
    left, right = evaluate(state, node.left), evaluate(state, node.right)
    if isinstance(left, Address) or isinstance(right, Address):
        return _pointer_binary(state, node.operator, left, right)
    if node.operator in ("%", "&", "|", "^", "<<", ">>") and Float in map(type, (left.type, right.type)):
        state.fail(f"'{node.operator}' is for integers; use fmodf for the remainder of floats" if node.operator == "%"
                   else f"'{node.operator}' is for integers")  # fmt: skip
    return state.math.binary(node.operator, value_of(state, left), value_of(state, right))


def _pointer_binary(state: State, operator: str, left: Operand, right: Operand) -> Operand:
    if operator == "+" and isinstance(right, Address):
        left, right = right, left
    if isinstance(left, Address) and isinstance(right, Value) and operator in "+-":
        return move(state, left, right if operator == "+" else state.math.negative(right))
    if isinstance(left, Address) and isinstance(right, Address):
        return _compare_pointers(state, operator, left, right)
    state.fail(f"'{operator}' cannot be used with a pointer")


def _compare_pointers(state: State, operator: str, left: Address, right: Address) -> Operand:
    """Return a difference of pointers in elements, or how they compare."""
    first, second = _bytes(state, left), _bytes(state, right)
    if operator != "-":
        return state.math.compare(operator, first, second)
    return state.math.binary("/", state.math.binary("-", first, second), constant(size_of(left.type.target), I64))


def _bytes(state: State, address: Address) -> Value:
    if address.private is not None:
        state.refuse("comparing pointers to a thread's own variables")
    base = Value(I64, max(address.kind, BLOCK), state.b.op(f"ptrtoint ptr {address.base} to i64"))
    return state.math.binary("+", base, memory.as_bytes(state, address))


def _logical(state: State, node: syntax.Binary) -> Operand:
    """Return `&&` or `||`. The right side is evaluated only where the left does not decide, if that can matter."""
    left = condition(state, node.left)
    if left.const is not None:
        decided = bool(left.const) == (node.operator == "||")
        return left if decided else condition(state, node.right)
    verb = "and" if node.operator == "&&" else "or"
    if is_harmless(node.right):
        return state.math.connect(verb, left, condition(state, node.right))
    result = Variable(state, state.key(node), BOOL)
    result.assign(state, left)
    go_on = left if verb == "and" else state.math.negation(left)
    only_if(state, go_on, state.key(node, "right"), lambda: result.assign(state, condition(state, node.right)))
    return result.read(state)


def only_if(state: State, test: Value, key: Any, then: Callable[[], None]) -> None:
    """Compile something for the threads of which a condition holds, jumping over it if there are none."""
    do, end = state.b.label("then"), state.b.label("end")
    if test.scalar:
        state.b.branch(test.ir, do, end)
        mask = state.mask
    else:
        mask = state.v.both(state.mask, test.ir)
        state.b.branch(state.v.any(mask), do, end)
    state.b.place(do)
    with state.under(key, test.kind, mask):
        then()
    state.b.place(end)


def _conditional(state: State, node: syntax.Conditional) -> Operand:
    test = condition(state, node.condition)
    if test.const is not None:
        return evaluate(state, node.then if test.const else node.otherwise)
    if is_harmless(node.then) and is_harmless(node.otherwise):
        then, otherwise = evaluate(state, node.then), evaluate(state, node.otherwise)
        if isinstance(then, Value) and isinstance(otherwise, Value):
            type = then.type if then.type == otherwise.type else common(then.type, otherwise.type)
            return state.math.choose(test, state.math.convert(then, type), state.math.convert(otherwise, type))
    return _branching_conditional(state, node, test)


def _branching_conditional(state: State, node: syntax.Conditional, test: Value) -> Operand:
    """Return a conditional of which only one side may be evaluated: it reads memory, or calls."""
    type = _type_of_either(state, node)
    result = declare(state, state.key(node), type)
    sides = (test, node.then, "then"), (state.math.negation(test), node.otherwise, "otherwise")
    for when, side, what in sides:
        only_if(state, when, state.key(node, what), lambda side=side: write(state, result, evaluate(state, side)))  # type: ignore[misc]
    return read(state, result)


def _type_of_either(state: State, node: syntax.Conditional) -> Type:
    then, otherwise = type_of(state, node.then), type_of(state, node.otherwise)
    if then == otherwise or not (isinstance(then, Int | Float) and isinstance(otherwise, Int | Float)):
        return then
    return common(then, otherwise)


def type_of(state: State, node: syntax.Expression) -> Type:
    """Return an expression's type, by compiling it where it is never reached."""
    after = state.b.label("after")
    state.b.jump(after)
    try:
        return evaluate(state, node).type
    finally:
        state.b.place(after)


def _assign(state: State, node: syntax.Assign) -> Operand:
    if not node.operator:
        value = evaluate(state, node.value)
        found = locate(state, node.target)
        write(state, found, value)
        return _assigned(state, found, value)
    found = locate(state, node.target)
    old = memory.load(state, found) if isinstance(found, Address) else read(state, found)
    if isinstance(old, Address):
        by = number(state, node.value)
        value = move(state, old, by if node.operator == "+" else state.math.negative(by))
    else:
        value = state.math.binary(node.operator, value_of(state, old), number(state, node.value))
    write(state, found, value)
    return _assigned(state, found, value)


def _assigned(state: State, found: Binding, value: Operand) -> Operand:
    """Return what an assignment itself is worth: the value in the target's type."""
    type = found.type.target if isinstance(found, Address) else found.type
    return convert(state, value, type) if isinstance(type, Int | Float) else value


def _cast(state: State, node: syntax.Cast) -> Operand:
    type = resolve_type(state, node.type)
    if type == VOID:
        evaluate(state, node.value)
        return constant(0)
    value = evaluate(state, node.value)
    if isinstance(type, Pointer) and isinstance(value, Address):
        if value.private is not None and leaves(type.target) != leaves(value.type.target):
            state.refuse("a cast of a pointer to a thread's own variables", "declare them in the type that is read")
        return replace(value, type=type)
    return convert(state, value, type)


def _size(state: State, node: syntax.SizeOf) -> Operand:
    written = isinstance(node.of, syntax.NamedType | syntax.PointerType | syntax.ArrayType | syntax.ReferenceType)
    type = resolve_type(state, node.of) if written else _type_of_operand(state, node.of)  # type: ignore[arg-type]
    return constant(size_of(type), U64)


def _type_of_operand(state: State, node: syntax.Expression) -> Type:
    if isinstance(node, syntax.Name) and isinstance(found := state.lookup(node.name), Reference):
        return found.type
    return type_of(state, node)


def _call(state: State, node: syntax.Call) -> Operand:
    from imgcuda.cpu.calls import call

    return call(state, node)


_EVALUATE: dict[type, Callable[[State, Any], Operand]] = {
    syntax.Number: _number,
    syntax.Name: _name,
    syntax.Index: _place_value,
    syntax.Member: _place_value,
    syntax.Unary: _unary,
    syntax.Postfix: _postfix,
    syntax.Binary: _binary,
    syntax.Conditional: _conditional,
    syntax.Assign: _assign,
    syntax.Cast: _cast,
    syntax.SizeOf: _size,
    syntax.Call: _call,
}


# ---- declaring


def declare(state: State, key: Any, type: Type) -> Binding:
    """Return new memory for a thread's variable of any type but an array."""
    if isinstance(type, Pointer):
        return PointerVariable(state, key, type)
    if isinstance(type, Struct):
        return StructVariable(type, {name: declare(state, (key, name), field) for name, field in type.fields})
    if not isinstance(type, Int | Float):
        state.refuse(f"a variable of type {type}")
    return Variable(state, key, type)


def is_harmless(node: syntax.Expression) -> bool:
    """Return whether an expression can be evaluated although its value is not wanted: no memory, no effects."""
    match node:
        case syntax.Number() | syntax.Name() | syntax.SizeOf():
            return True
        case syntax.Unary(operator, operand):
            return operator in "-+!~" and is_harmless(operand)
        case syntax.Binary(_, left, right):
            return is_harmless(left) and is_harmless(right)
        case syntax.Conditional(test, then, otherwise):
            return all(map(is_harmless, (test, then, otherwise)))
        case syntax.Cast(_, value):
            return is_harmless(value)
        case syntax.Member(of):
            return isinstance(of, syntax.Name)
        case syntax.Call(name, arguments):
            from imgcuda.cpu.calls import PURE

            return name in PURE and all(map(is_harmless, arguments))
    return False
