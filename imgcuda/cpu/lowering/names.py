"""Resolves type names, constants and array sizes; finds the variables that a function assigns or addresses."""

from __future__ import annotations

from imgcuda.cpu import budget
from imgcuda.cpu.lowering.operands import number
from imgcuda.cpu.lowering.state import State, VariableWrites
from imgcuda.cpu.values.types import (
    BASIC,
    DIM3,
    I32,
    VECTORS,
    ArrayOf,
    Int,
    PointerTo,
    Struct,
    Type,
    has_array,
    innermost,
    size_of,
)
from imgcuda.cpu.values.value import Value, constant
from imgcuda.errors import KernelError, did_you_mean
from imgcuda.frontend import syntax


def resolve_type(state: State, written: syntax.TypeName) -> Type:
    """Return the type that a type name denotes."""
    match written:
        case syntax.NamedType(name, place):
            return _named(state, name, place)
        case syntax.PointerType(target):
            return PointerTo(resolve_type(state, target))
        case syntax.ReferenceType(target):
            return resolve_type(state, target)
        case syntax.ArrayType(element, size):
            return _bounded(state, ArrayOf(resolve_type(state, element), 0 if size is None else _size(state, size)))


def _named(state: State, name: str, place: syntax.Place) -> Type:
    for known in (BASIC, state.unit.types, VECTORS):
        if name in known:
            return known[name]
    if name == "dim3":
        return DIM3
    if name == "auto":
        raise KernelError([])  # its type does not follow from its value, which is reported already
    return state.fail(f"'{name}' is not a type{did_you_mean(name, [*BASIC, *state.unit.types, *VECTORS])}", place=place)


def _bounded(state: State, type: ArrayOf) -> ArrayOf:
    if size_of(type) >= budget.ARRAY:
        state.fail(f"an array of {size_of(type):,} bytes is beyond the 2 GB that an index reaches", "make it smaller")
    return type


def _size(state: State, node: syntax.Expression) -> int:
    size = constant_size(state, node)
    if size <= 0:
        state.fail(f"an array must have a size of 1 at least; this is {size}", place=node.place)
    return size


def constant_size(state: State, node: syntax.Expression) -> int:
    """Return the value of a constant expression that must be an integer."""
    value = number(state, node).const
    if not isinstance(value, int):
        remedy = "use a #define, an enum, or a constant field of the filter"
        state.fail("a whole number that is known when the kernel is compiled is needed here", remedy, node.place)
    return value


def declare_type(state: State, item: syntax.Structure | syntax.Typedef | syntax.Enumeration) -> None:
    """Declare a type at file scope."""
    unit = state.unit
    if isinstance(item, syntax.Typedef):
        unit.types[item.name] = resolve_type(state, item.type)
    elif isinstance(item, syntax.Structure):
        fields = tuple((name, resolve_type(state, type)) for name, type in item.fields)
        if (count := sum(_numbers(part) for _, part in fields)) > budget.FIELDS:
            message = f"a structure of {count:,} numbers is beyond the {budget.FIELDS:,} that the CPU engine takes"
            state.fail(message, "use arrays instead", item.place)
        unit.types[item.name] = Struct(item.name, fields, item.align, item.union)
        if item.defaults:
            unit.defaults[item.name] = dict(item.defaults)
    else:
        type = I32 if item.base is None else resolve_type(state, item.base)
        unit.types[item.name] = type
        _enumerate(state, item, unit.constants, type if isinstance(type, Int) and type.bits > I32.bits else I32)


def has_defaults(state: State, type: Type) -> bool:
    """Return whether a variable of a type has fields with a first value of their own."""
    element = innermost(type)
    if not isinstance(element, Struct) or not state.unit.defaults:
        return False
    return element.name in state.unit.defaults or any(has_defaults(state, part) for _, part in element.fields)


def _numbers(type: Type) -> int:
    """Return how many numbers and arrays of numbers a type contains."""
    if isinstance(type, Struct):
        return sum(_numbers(part) for _, part in type.fields)
    return _numbers(innermost(type)) if isinstance(type, ArrayOf) else 1


def _enumerate(state: State, node: syntax.Enumeration, numbers: dict[str, Value], type: Int) -> None:
    following = 0
    for name, value in node.members:
        following = following if value is None else constant_size(state, value)
        numbers[name] = constant(following, type)
        following += 1


# ---- the variables that a function assigns or addresses


def set_again(state: State, name: str) -> bool:
    """Return whether the current function assigns a variable after its declaration."""
    return name in _written(state).set


def addressed(state: State, name: str) -> bool:
    """Return whether the current function takes the address of a variable."""
    return name in _written(state).addressed


def _written(state: State) -> VariableWrites:
    function = state.calls[-1].function
    if function not in state.unit.written:
        nodes = list(syntax.walk(function.body))
        taken = (root(node.operand) for node in nodes if isinstance(node, syntax.Unary) and node.operator == "&")
        state.unit.written[function] = VariableWrites(names_set(state, function.body), frozenset(taken))
    return state.unit.written[function]


def names_set(state: State, body: object) -> frozenset[str]:
    """Return the variables that some code assigns, other than by an initializer."""
    return frozenset(name for node in syntax.walk(body) for name in _sets(state, node))


def _sets(state: State, node: object) -> list[str]:
    match node:
        case syntax.Assign(_, target):
            return [root(target)]
        case syntax.Unary("++" | "--", operand) | syntax.Postfix(_, operand):
            return [root(operand)]
        case syntax.Call(name, arguments) if (function := state.unit.functions.get(name)) is not None:
            pairs = zip(function.parameters, arguments, strict=False)  # a wrong number is reported at the call
            return [root(argument) for parameter, argument in pairs if _may_set(parameter)]
        case syntax.Declaration(name, _, None):
            return [name]
        case syntax.Declaration(_, syntax.ReferenceType(), value, const=False):
            return [] if value is None or isinstance(value, syntax.Initializer) else [root(value)]
    return []


def _may_set(parameter: syntax.FunctionParameter) -> bool:
    """Return whether a function may assign to the variable that is passed for a parameter."""
    return isinstance(parameter.type, syntax.ReferenceType) and not parameter.const


def root(node: syntax.Expression) -> str:
    """Return the variable that an lvalue is part of: `p` in p.x and p.x.y; "" for p[i], which is memory."""
    while isinstance(node, syntax.Member):
        node = node.object
    return node.name if isinstance(node, syntax.Name) else ""


def may_be_changed(state: State, parameter: syntax.FunctionParameter) -> bool:
    """Return whether a function may change a parameter: it assigns to it, or takes its address, or that of an array."""
    changed = set_again(state, parameter.name) or addressed(state, parameter.name)
    return changed or has_array(resolve_type(state, parameter.type))
