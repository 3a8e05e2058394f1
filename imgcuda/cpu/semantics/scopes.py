"""The names declared in a file and its scopes, and the mistakes found so far."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from imgcuda.cpu.semantics.cxx_types import UNKNOWN, VOID, Array, Basic, Enum, Pointer, Record, Type, Typed, with_const
from imgcuda.cpu.semantics.overloads import Signature
from imgcuda.cpu.values.types import BASIC, DIM3, VECTORS
from imgcuda.errors import did_you_mean
from imgcuda.frontend import syntax
from imgcuda.frontend.mistakes import Mistakes

FILE_SCOPES = 2
"""The scopes around a function: CUDA's own names, and the file's."""


class Wrong(Exception):
    """A mistake that leaves an expression without a type."""

    def __init__(self, message: str, place: syntax.Place, remedy: str = "") -> None:
        super().__init__(message)
        self.message, self.place, self.remedy = message, place, remedy


@dataclass(frozen=True)
class Symbol:
    """A declared variable or enumerator."""

    type: Type
    place: syntax.Place | None = None
    constant: bool = False
    """Whether its value is a constant expression."""
    lvalue: bool = True


class Names:
    """The declarations that are visible at the place being checked."""

    def __init__(self, mistakes: Mistakes) -> None:
        self.mistakes = mistakes
        self.types: dict[str, Type] = {name: Basic(_canonical(name)) for name in BASIC}
        self.fields: dict[str, dict[str, Type]] = {}
        for struct in (*VECTORS.values(), DIM3):
            self.types[struct.name] = Record(struct.name)
            self.fields[struct.name] = {name: Basic(str(type)) for name, type in struct.fields}
        self.functions: dict[str, list[Signature]] = {}
        index = {"threadIdx": "uint3", "blockIdx": "uint3", "blockDim": "dim3", "gridDim": "dim3"}
        self.scopes: list[dict[str, Symbol]] = [{n: Symbol(Record(t, const=True)) for n, t in index.items()}, {}]

    # ---- mistakes

    @contextmanager
    def recording_mistakes(self) -> Iterator[None]:
        """Record a mistake that the block raises, and go on behind the block."""
        try:
            yield
        except Wrong as wrong:
            self.mistakes.add(wrong.message, wrong.place, wrong.remedy)

    # ---- scopes

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Open a scope for the declarations in the block."""
        self.scopes.append({})
        try:
            yield
        finally:
            self.scopes.pop()

    def declare(self, name: str, variable: Symbol, place: syntax.Place) -> None:
        """Add a name to the innermost scope."""
        innermost = self.scopes[-1]
        twice = name in innermost or (len(self.scopes) == FILE_SCOPES and name in self.functions)
        innermost[name] = variable
        if twice and name:
            raise Wrong(f"'{name}' is declared twice", place, "give the second a name of its own")

    def lookup(self, name: str) -> Symbol | None:
        """Return the variable that a name means here, or the file's for `::name`; None if it is not one."""
        scopes = self.scopes[:FILE_SCOPES] if name.startswith("::") else self.scopes
        name = name.removeprefix("::")
        return next((scope[name] for scope in reversed(scopes) if name in scope), None)

    def named(self, node: syntax.Name) -> Typed:
        """Return the type and the kind of value of a variable or enumerator, or raise Wrong."""
        found = self.lookup(node.name)
        if found is None:
            known = [*self.functions, *(name for scope in self.scopes for name in scope)]
            similar = did_you_mean(node.name, known)
            raise Wrong(
                f"'{node.name}' is not declared{similar}", node.place, self.mistakes.missing(node.name, similar)
            )
        return Typed(found.type, found.lvalue, constant=found.constant)

    # ---- types

    def resolve(self, written: syntax.TypeName) -> Type:
        """Return the type that was written."""
        match written:
            case syntax.NamedType(name, _, const):
                return with_const(self.types.get(name, UNKNOWN), const)
            case syntax.PointerType(target, _, const):
                return Pointer(self.resolve(target), const)
            case syntax.ReferenceType(target):
                type = self.resolve(target)
                if type == VOID and isinstance(target, syntax.NamedType):
                    raise Wrong("there is no reference to void", target.place, "give it a type")
                return type
            case syntax.ArrayType(element, size):
                return Array(self.resolve(element), size.value if _is_whole(size) else None)  # type: ignore[arg-type, union-attr]

    def declare_type(self, item: syntax.Structure | syntax.Typedef | syntax.Enumeration) -> None:
        """Add a type that a file declares."""
        own = item.name in VECTORS or item.name == DIM3.name
        if own and not (isinstance(item, syntax.Typedef) and self.resolve(item.type) == Record(item.name)):
            self.mistakes.add(f"'{item.name}' is a type of CUDA's own", item.place, "give yours another name")
            return
        if isinstance(item, syntax.Typedef):
            self.types[item.name] = self.resolve(item.type)
        elif isinstance(item, syntax.Structure):
            self.types[item.name] = Record(item.name)
            self.fields[item.name] = {name: self.resolve(type) for name, type in item.fields}
        else:
            type = self.types[item.name] = Enum(item.name, scoped=item.scoped) if item.name else Basic("int")
            for name, _ in item.members:
                with self.recording_mistakes():
                    self.declare(name, Symbol(type, item.place, True, lvalue=False), item.place)


def _canonical(name: str) -> str:
    """Return the canonical name of a basic type: `unsigned char` for `uint8_t`."""
    if name in ("char", "signed char", "void", "bool"):
        return name
    return "signed char" if name == "int8_t" else str(BASIC[name])


def _is_whole(size: syntax.Expression | None) -> bool:
    return isinstance(size, syntax.NumberLiteral) and isinstance(size.value, int)
