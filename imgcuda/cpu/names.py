"""Types and constants by name: what a file declares outside its functions, and what CUDA declares before it."""

from __future__ import annotations

from functools import cache

from imgcuda.cpu import syntax
from imgcuda.cpu.state import State
from imgcuda.cpu.types import BASIC, DIM3, VECTORS, Array, Pointer, Struct, Type
from imgcuda.errors import did_you_mean


def resolve_type(state: State, written: syntax.TypeName) -> Type:
    """Return the type that was written."""
    match written:
        case syntax.NamedType(name, place):
            return _named(state, name, place)
        case syntax.PointerType(target):
            return Pointer(resolve_type(state, target))
        case syntax.ReferenceType(target):
            return resolve_type(state, target)
        case syntax.ArrayType(element, size):
            return Array(resolve_type(state, element), 0 if size is None else constant_size(state, size))


def _named(state: State, name: str, place: syntax.Place) -> Type:
    for known in (BASIC, state.unit.types, VECTORS):
        if name in known:
            return known[name]
    if name == "dim3":
        return DIM3
    state.fail(f"'{name}' is not a type{did_you_mean(name, [*BASIC, *state.unit.types, *VECTORS])}", place=place)


def constant_size(state: State, node: syntax.Expression) -> int:
    """Return the value of an expression that must be a whole number known before the kernel runs."""
    from imgcuda.cpu.expressions import number

    value = number(state, node).const
    if not isinstance(value, int):
        remedy = "use a #define, an enum, or a constant field of the filter"
        state.fail("the size of an array must be known when the kernel is compiled", remedy, node.place)
    return value


def declare_types(state: State, file: syntax.File, types: dict[str, Type]) -> None:
    """Resolve the structures and typedefs of a file into `types`, in whichever order they refer to each other."""
    waiting: list[syntax.Structure | syntax.Typedef] = [*file.structures, *file.typedefs]
    waiting.sort(key=lambda item: (item.place.file != "prelude.cuh", item.place.line))
    for item in waiting:
        if isinstance(item, syntax.Typedef):
            types[item.name] = resolve_type(state, item.type)
        else:
            fields = tuple((name, resolve_type(state, type)) for name, type in item.fields)
            types[item.name] = Struct(item.name, fields, item.align)


# ---- what a function does to its variables


@cache
def set_again(function: syntax.Function) -> frozenset[str]:
    """Return the names that a function sets other than by declaring them."""
    names = set()
    for node in syntax.walk(function.body):
        match node:
            case syntax.Assign(_, target):
                names.add(_root(target))
            case syntax.Unary("++" | "--", operand) | syntax.Postfix(_, operand):
                names.add(_root(operand))
            case syntax.Call(_, arguments):
                # The function may take a reference; a copy of what it does not set costs nothing in the end.
                names |= {argument.name for argument in arguments if isinstance(argument, syntax.Name)}
            case syntax.Declaration(name, _, None):
                names.add(name)
    return frozenset(names)


@cache
def addressed(function: syntax.Function) -> frozenset[str]:
    """Return the names of the variables whose address a function takes."""
    taken = [node.operand for node in syntax.walk(function.body) if isinstance(node, syntax.Unary) and node.operator == "&"]
    return frozenset(node.name for node in taken if isinstance(node, syntax.Name))


def _root(node: syntax.Expression) -> str:
    """Return the variable that an assignment reaches into: `p` in p.x and p.x.y; none in p[i], which is memory."""
    while isinstance(node, syntax.Member):
        node = node.object
    return node.name if isinstance(node, syntax.Name) else ""
