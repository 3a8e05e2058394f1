"""Checks calls: of the author's functions, which it resolves, of CUDA's, and of those written in CUDA C."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import fields, is_dataclass, replace
from typing import Any

from imgcuda.cpu.lowering.atomics import ATOMICS
from imgcuda.cpu.lowering.printf_format import PRINTF
from imgcuda.cpu.lowering.warps import WARPS
from imgcuda.cpu.maths.functions import ARGUMENTS, FUNCTIONS, IN_CUDA_C
from imgcuda.cpu.semantics import builtins, library
from imgcuda.cpu.semantics.check_printf import check_printf
from imgcuda.cpu.semantics.cxx_types import (
    INT,
    TRUTH,
    VOID,
    Array,
    Pointer,
    Record,
    Type,
    Typed,
    conversion,
    decayed,
    plain,
    same,
    scalar,
    why_not,
    with_const,
)
from imgcuda.cpu.semantics.overloads import Signature, best, exact
from imgcuda.cpu.semantics.scopes import Names, Wrong
from imgcuda.errors import did_you_mean
from imgcuda.frontend import syntax
from imgcuda.frontend.refusals import remedy_for
from imgcuda.frontend.textures import fetch_of


class CallChecker(Names):
    """Checks calls, and fills `calls` with the function that each call of the author's functions resolves to."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.calls: dict[int, Signature] = {}
        self.called: dict[str, syntax.Call] = {}
        """The first call of each function."""
        self.host: set[str] = set()
        """The functions of the host, which are not read."""
        self.library: dict[str, Signature] = {}
        """The functions of CUDA that are written in CUDA C and called, by their keys."""
        self.braced: dict[int, syntax.TypeName] = {}
        """The types of the values in braces that are assigned, by their ids."""
        self.replaced: dict[int, Callable[[Any, Mapping[int, str]], Any]] = {}
        """By id, the nodes that are compiled as others: each function takes the node and the names of calls by id, and
        returns the other node."""

    def type(self, node: syntax.Expression) -> Typed:
        """Return the type and the kind of value of an expression, or raise Wrong."""
        raise NotImplementedError

    def fits(self, given: Typed, wanted: Type, place: syntax.Place) -> None:
        """Check that a value converts to the type that is wanted."""
        if conversion(given, wanted) is None:
            raise misfit(given, wanted, place)

    def call(self, node: syntax.Call) -> Typed:
        """Return the type of a call's result, or raise Wrong."""
        given = [self.type(argument) for argument in node.arguments]
        if self.lookup(node.name) is not None:
            raise Wrong(f"'{node.name}' is a variable here and cannot be called", node.place, "give one another name")
        if (node.name in IN_CUDA_C or fetch_of(node.name)) and node.name not in self.functions:
            return self._library(node, given)
        own = self.functions.get(node.name, [])
        hidden = any(exact(each, given) for each in own) or not builtins.is_builtin(node.name)
        if not hidden and (not best(own, given) or builtins.takes(node.name, given)):
            return self._builtin(node, given)
        if not own and node.name in self.host:
            raise Wrong(*_of_the_host(node))
        if not own:
            known = [*self.functions, *FUNCTIONS, *ATOMICS, *builtins.VOIDS, *WARPS, *IN_CUDA_C, PRINTF]
            raise self._unknown(node, known)
        signature = self.overload(node, own, given)
        constexpr = signature.function is not None and signature.function.constexpr
        return Typed(signature.result, constant=constexpr and all(each.constant for each in given))

    def _unknown(self, node: syntax.Call, known: list[str]) -> Wrong:
        """Return the mistake of a call of a function that is not declared."""
        name, remedy = node.name, remedy_for(node.name)
        if name.isupper() and name.lower() in known:
            remedy = f"write {name.lower()}()"
        similar = "" if remedy else did_you_mean(name, known)
        remedy = remedy or self.mistakes.missing(name, similar)
        if name.isupper() and not similar and not remedy:
            remedy = f"if it is a macro, #define {name}(...) in this file"
        return Wrong(f"there is no function '{name}'{similar}", node.place, remedy)

    def _library(self, node: syntax.Call, given: list[Typed]) -> Typed:
        """Check the call of a function that is written in CUDA C, made for the types of its arguments."""
        try:
            function = library.function_for(node.name, given)
        except library.Unfit as error:
            raise Wrong(error.message, node.place, error.remedy) from None
        types = tuple(self.resolve(parameter.type) for parameter in function.parameters)
        references = tuple(isinstance(parameter.type, syntax.ReferenceType) for parameter in function.parameters)
        signature = Signature(node.name, types, references, self.resolve(function.result), function)
        flat = [self._flat(each, type) for each, type in zip(given, types, strict=False)]
        self.overload(node, [signature], flat)
        self.library[signature.key] = signature
        if flat != given:
            self.replaced[id(node)] = lambda made, names: replace(made, arguments=_cast_all(made.arguments, function))
        return Typed(signature.result)

    def _flat(self, given: Typed, wanted: Type) -> Typed:
        """Return an argument that points to arrays as a pointer to their elements, as memset sees it."""
        type = decayed(given.type)
        if isinstance(wanted, Pointer) and isinstance(type, Pointer) and isinstance(type.target, Array):
            return Typed(Pointer(with_const(wanted.target, type.target.const)))
        return given

    def _builtin(self, node: syntax.Call, given: list[Typed]) -> Typed:
        if node.name in ATOMICS and given:
            self._atomic(node, decayed(given[0].type))
        if node.name == syntax.ARRAY_SIZE and not (isinstance(given[0].type, Array) and given[0].type.size != 0):
            remedy = "count its elements"
            raise Wrong(
                f"a loop over elements needs an array; this is a {given[0].type}", node.arguments[0].place, remedy
            )
        if node.name == "assert" and len(given) == 1:
            self.fits(given[0], TRUTH, node.arguments[0].place)
        if node.name == PRINTF:
            check_printf(node, given)
        if node.name in WARPS:
            self._warp(node, len(given))
        wanted = ARGUMENTS.get(node.name, 1)
        if node.name in FUNCTIONS and len(given) != wanted:
            raise Wrong(
                f"{node.name}() takes {wanted} argument{'s' * (wanted != 1)}; it is given {len(given)}", node.place
            )
        if node.name in FUNCTIONS or node.name in WARPS or node.name.startswith("make_"):
            for argument, each in zip(node.arguments, given, strict=True):
                if isinstance(decayed(each.type), Pointer | Record) or decayed(each.type) == VOID:
                    raise misfit(each, INT, argument.place)
        if remedy := builtins.ambiguous(node.name, given):
            types = " and ".join(f"a {decayed(each.type)}" for each in given)
            raise Wrong(f"{node.name}() of {types} is ambiguous", node.place, remedy)
        return Typed(builtins.result(node.name, given))

    def _warp(self, node: syntax.Call, given: int) -> None:
        least, most = WARPS[node.name]
        if not least <= given <= most:
            wanted = f"{least} to {most}" if least < most else str(least)
            raise Wrong(f"{node.name}() takes {wanted} arguments; it is given {given}", node.place)

    def _atomic(self, node: syntax.Call, type: Type) -> None:
        if isinstance(type, Pointer) and type.target.const:
            remedy = "declare the pointer without const"
            raise Wrong(f"{node.name}() changes memory, but a {type} points to what is const", node.place, remedy)
        target = scalar(type.target) if isinstance(type, Pointer) else None
        known = ATOMICS[node.name][1]
        if target is not None and target not in known:
            remedy = f"it is for {', '.join(map(str, known))}"
            raise Wrong(f"{node.name}() cannot be used on a {target}", node.place, remedy)

    def overload(self, node: syntax.Call, own: list[Signature], given: list[Typed]) -> Signature:
        """Return the function that a call means among those of its name, or raise Wrong."""
        found = best(own, given)
        if len(found) > 1:
            several = " and ".join(each.key for each in found)
            raise Wrong(f"{node.name}() is ambiguous: {several} fit equally well", node.place, "cast the arguments")
        if not found:
            self._no_match(node, own, given)
        signature = found[0]
        self._callable(node, signature)
        if missing := signature.defaults[len(given) :]:
            self.replaced[id(node)] = lambda made, names: replace(
                made, arguments=(*made.arguments, *deepcopy(self.renamed(missing, names)))
            )
        self.calls[id(node)] = signature
        self.called.setdefault(signature.key, node)
        return signature

    def _no_match(self, node: syntax.Call, own: list[Signature], given: list[Typed]) -> None:
        if len(own) > 1:
            types = ", ".join(str(decayed(each.type)) for each in given)
            known = "; ".join(each.key for each in own)
            raise Wrong(f"no {node.name}() takes ({types}); there is {known}", node.place, "cast the arguments")
        function, wanted = own[0].function, own[0].parameters
        if len(wanted) != len(given):
            names = ", ".join(parameter.name for parameter in function.parameters) if function else ""
            plural = "s" * (len(wanted) != 1)
            message = f"{node.name}({names}) takes {len(wanted)} argument{plural}; it is given {len(given)}"
            raise Wrong(message, node.place)
        for argument, value, type, reference in zip(node.arguments, given, wanted, own[0].references, strict=True):
            self.check_reference(value, type, argument.place) if reference else self.fits(value, type, argument.place)

    def check_reference(self, given: Typed, type: Type, place: syntax.Place) -> None:
        """Raise the reason why a reference cannot be bound to a value."""
        if not given.lvalue and not type.const:
            raise Wrong("this cannot be assigned to, nor its address be taken", place)
        if same(given.type, type) and given.type.const and not type.const:
            raise Wrong(f"a {type} & would lose the const of a {given.type}", place, "make the reference const")
        if not type.const and not same(given.type, type):
            message = f"a reference to a {type} is needed here; this is a {given.type}"
            raise Wrong(message, place, "declare the variable in that type")
        if not (isinstance(type, Array) and same(given.type, type)):  # an array does not decay for a reference
            self.fits(given, plain(type), place)

    def renamed(self, node: Any, names: Mapping[int, str]) -> Any:
        """Return a tree with the names in its calls replaced, and with the nodes that are compiled as others."""
        if isinstance(node, tuple):
            return tuple(self.renamed(each, names) for each in node)
        if not is_dataclass(node) or isinstance(node, syntax.Place):
            return node
        parts = {field.name: self.renamed(getattr(node, field.name), names) for field in fields(node)}
        if id(node) in names:
            parts["name"] = names[id(node)]
        same = all(part is getattr(node, name) for name, part in parts.items())
        made: Any = node if same else replace(node, **parts)  # type: ignore[type-var]
        return self.replaced[id(node)](made, names) if id(node) in self.replaced else made

    def _callable(self, node: syntax.Call, signature: Signature) -> None:
        function = signature.function
        if function is not None and not function.device and not function.kernel:
            raise Wrong(*_of_the_host(node))


def misfit(given: Typed, wanted: Type, place: syntax.Place) -> Wrong:
    """Return the mistake of a value that does not convert to the type that is wanted."""
    message, remedy = why_not(given, wanted)
    return Wrong(message, place, remedy)


def _cast_all(arguments: tuple[syntax.Expression, ...], function: syntax.Function) -> tuple[syntax.Expression, ...]:
    """Return arguments cast to a function's parameters."""
    pairs = zip(arguments, function.parameters, strict=True)
    return tuple(syntax.Cast(parameter.type, each, each.place) for each, parameter in pairs)


def _of_the_host(node: syntax.Call) -> tuple[str, syntax.Place, str]:
    message = f"{node.name}() is a function of the host and cannot be called on the device"
    return message, node.place, "write __device__ in front of its definition"
