"""Checks the arguments of `printf` against its format. C++ does not, and prints other numbers than those given."""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.cpu.lowering.printf_format import ADDRESS, REAL, TEXT, BadFormat, Conversion, read_format
from imgcuda.cpu.semantics.cxx_types import UNKNOWN, Enum, Pointer, Typed, decayed, plain, scalar
from imgcuda.cpu.semantics.scopes import Wrong
from imgcuda.cpu.values.types import Float, Int
from imgcuda.frontend import syntax


def check_printf(node: syntax.Call, given: Sequence[Typed]) -> None:
    """Raise Wrong if a printf's format does not take the arguments that are given."""
    if not node.arguments or not isinstance(node.arguments[0], syntax.StringLiteral):
        raise Wrong("the format of a printf() must be a string here", node.place, 'write printf("...", ...)')
    try:
        _, taken = read_format(node.arguments[0].value)
    except BadFormat as error:
        raise Wrong(error.message, node.arguments[0].place, error.remedy) from None
    if len(taken) != len(given) - 1:
        plural = "s" * (len(taken) != 1)
        message = f"this printf() prints {len(taken)} value{plural}; it is given {len(given) - 1}"
        raise Wrong(message, node.place, "write a conversion like %d or %f for each")
    for conversion, argument, typed in zip(taken, node.arguments[1:], given[1:], strict=True):
        _check(conversion, argument, typed)


def _check(conversion: Conversion, node: syntax.Expression, given: Typed) -> None:
    type = decayed(given.type)
    if type == UNKNOWN or _fits(conversion.kind, given):
        return
    message = f"{conversion.written} in a printf() prints {conversion.kind}; this is a {type}"
    raise Wrong(message, node.place, _remedy(given))


def _fits(kind: str, given: Typed) -> bool:
    type = decayed(given.type)
    if kind == TEXT:
        return isinstance(type, Pointer) and plain(type.target).name == "char"  # type: ignore[union-attr]
    if kind == ADDRESS:
        return isinstance(type, Pointer)
    return isinstance(scalar(type), Float if kind == REAL else Int)


def _remedy(given: Typed) -> str:
    type = decayed(given.type)
    number = scalar(type)
    if isinstance(number, Float):
        return "write %f, or cast it to int"
    if isinstance(number, Int):
        return f"write {'%lld' if number.bits == 64 else '%d'}, or cast it to float"
    if isinstance(type, Enum):
        return "write (int) in front of it"
    return "write %p, or read what it points to" if isinstance(type, Pointer) else "print its fields"
