"""Functions of CUDA that the CPU engine has as CUDA C: `sincosf`, memset and memcpy for each type of elements ..."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from imgcuda.cpu.semantics.collectives import COLLECTIVES, collective
from imgcuda.cpu.semantics.cxx_types import VOID, Array, Basic, Enum, Pointer, Record, Type, Typed, decayed, plain, same
from imgcuda.cpu.semantics.texture_fetches import fetch_text, texels_of
from imgcuda.frontend import parse, syntax
from imgcuda.frontend.textures import Fetch, fetch_of
from imgcuda.frontend.type_names import KNOWN_TYPES

SINES = {
    "sincosf": ("float", "sinf", "cosf"),
    "sincos": ("double", "sin", "cos"),
    "__sincosf": ("float", "__sinf", "__cosf"),
    "sincospif": ("float", "sinpif", "cospif"),
    "sincospi": ("double", "sinpi", "cospi"),
}
"""Functions of two results: the type of their angle, and the functions of the results."""
_SINE_AND_COSINE = """\
__device__ void {name}({type} angle, {type} *sine, {type} *cosine)
{{
    *sine = {sine}(angle);
    *cosine = {cosine}(angle);
}}
"""
_MEMSET = """\
__device__ void memset({type} *to, int value, unsigned long long bytes)
{{
    for (unsigned long long i = 0; i < bytes / sizeof({type}); i++) to[i] = {value};
}}
"""
_MEMCPY = """\
__device__ void memcpy({type} *to, const {type} *from, unsigned long long bytes)
{{
    for (unsigned long long i = 0; i < bytes / sizeof({type}); i++) to[i] = from[i];
}}
"""
_SWAP = """\
__device__ void swap({type} &one, {type} &other)
{{
    {type} kept = one;
    one = other;
    other = kept;
}}
"""
_BYTES = "(value & 255) * 0x01010101"
_REPEATED = {
    "float": f"__int_as_float({_BYTES})",
    "double": "__longlong_as_double((value & 255) * 0x0101010101010101LL)",
    "bool": "(value & 255) != 0",
}
"""The value of an element whose bytes memset has set, by the element's type."""


class Unfit(Exception):
    """Raised, with a remedy, for arguments that none of these functions of CUDA takes."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


def function_for(name: str, given: Sequence[Typed]) -> syntax.Function:
    """Return the syntax tree of a function of CUDA for arguments of these types. Raises Unfit."""
    if name in SINES:
        type, sine, cosine = SINES[name]
        return _parsed(_SINE_AND_COSINE.format(name=name, type=type, sine=sine, cosine=cosine), "")
    if fetch := fetch_of(name):
        return _fetching(fetch)
    if name in COLLECTIVES:
        return _parsed(collective(name, [each.type for each in given]), "")
    if name == "swap":
        return _swapping(given)
    if len(given) != 3:
        raise Unfit(f"{name}() takes 3 arguments; it is given {len(given)}", "")
    element = element_of(given[0].type)
    if name == "memcpy" and not same(element, element_of(given[1].type)):
        message = f"memcpy() from a {decayed(given[1].type)} to a {decayed(given[0].type)} would reinterpret numbers"
        raise Unfit(message, "use __float_as_int() and its like, or an array of the same type")
    if isinstance(element, Record) and name == "memset" and not given[1].null:
        raise Unfit("memset() sets a struct to 0 only", "set its fields")
    text = (_MEMSET if name == "memset" else _MEMCPY).format(type=element.name, value=_value(element))
    return _parsed(text, _structure(element))


def _swapping(given: Sequence[Typed]) -> syntax.Function:
    """Return the function that exchanges two variables."""
    type = plain(given[0].type) if given else VOID
    if isinstance(type, Array | Pointer) or type == VOID:
        raise Unfit(f"swap() exchanges numbers and structures; this is a {type}", "write it out with a third variable")
    return _parsed(_SWAP.format(type=type.name), _structure(type))


def _structure(type: Basic | Record | Enum) -> str:
    """Return the name of a type if the author declares it, else an empty string."""
    return "" if type.name in KNOWN_TYPES or isinstance(type, Basic) else type.name


def _fetching(fetch: Fetch) -> syntax.Function:
    """Return the function that reads a texture with texels of some type."""
    texels = texels_of(fetch.type)
    if texels is None:
        remedy = "write float, int, uchar, ushort or the like, or a vector of 2 or 4 of them"
        raise Unfit(f"no texture has texels of type {fetch.type}", remedy)
    return _parsed(fetch_text(fetch, *texels), "")


def element_of(type: Type) -> Basic | Record | Enum:
    """Return the type of the elements that a pointer to numbers or structures, or to arrays of them, leads to."""
    target = decayed(type)
    if isinstance(target, Pointer):
        target = target.target
        while isinstance(target, Array):
            target = target.element
        if not isinstance(target, Pointer) and plain(target) != VOID:
            return plain(target)  # type: ignore[return-value]
    raise Unfit(f"memory of known elements is needed here; this is a {type}", "pass a pointer to numbers or structures")


def _value(element: Basic | Record | Enum) -> str:
    if isinstance(element, Record):
        return f"{element.name}{{}}"
    if element.name in ("char", "signed char", "unsigned char"):
        return f"({element.name})value"
    return _REPEATED.get(element.name, f"({element.name})((value & 255) * 0x0101010101010101ULL)")


@lru_cache(maxsize=64)
def _parsed(text: str, structure: str) -> syntax.Function:
    """Return the function in a text, which may name one structure that the author declares."""
    before = f"struct {structure};\n" if structure else ""
    return parse.parse(before + text, "<imgcuda>").functions[0]
