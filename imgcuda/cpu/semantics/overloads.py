"""Overload resolution: finds the function that a call means among several of one name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imgcuda.cpu.semantics.cxx_types import SAME, Cost, Type, Typed, conversion, decayed, plain, same
from imgcuda.frontend import syntax


@dataclass(frozen=True)
class Signature:
    """A function's types; `references` says which parameters are references."""

    name: str
    parameters: tuple[Type, ...]
    references: tuple[bool, ...]
    result: Type
    function: syntax.Function | None = None
    """None for a function of CUDA."""

    @property
    def defaults(self) -> tuple[syntax.Expression | None, ...]:
        """The values of the parameters that a call may leave out; None where it may not."""
        return tuple(each.default for each in self.function.parameters) if self.function else ()

    def takes(self, count: int) -> bool:
        """Return whether it can be called with so many arguments."""
        left_out = self.defaults[count:]
        return count == len(self.parameters) or (bool(left_out) and None not in left_out)

    @property
    def key(self) -> str:
        """A text that tells it from other functions of the same name."""
        types = (f"{type}{' &' * reference}" for type, reference in zip(self.parameters, self.references, strict=True))
        return f"{self.name}({', '.join(types)})"

    def like(self, other: Signature) -> bool:
        """Whether both have the same parameters."""
        return self.key == other.key


def cost(given: Typed, wanted: Type, reference: bool) -> Cost | None:
    """Return the rank of converting an argument to a parameter; None if C++ refuses it."""
    if not reference:
        return conversion(given, wanted)
    if same(given.type, wanted) and (given.lvalue or wanted.const):
        if given.type.const and not wanted.const:
            return None
        return (0, int(given.lvalue and wanted.const and not given.type.const))
    return conversion(given, plain(wanted)) if wanted.const else None


def costs(signature: Signature, given: Sequence[Typed]) -> list[Cost] | None:
    """Return the rank of each argument's conversion; None if the function cannot take these arguments."""
    if not signature.takes(len(given)):
        return None
    each = zip(given, signature.parameters, signature.references, strict=False)
    found = [cost(value, type, reference) for value, type, reference in each]
    return None if None in found else found  # type: ignore[return-value]


def best(candidates: Sequence[Signature], given: Sequence[Typed]) -> list[Signature]:
    """Return the best overload: none if none can be called, several if they fit equally well."""
    viable = [(found, each) for each in candidates if (found := costs(each, given)) is not None]
    winners = [
        each for found, each in viable if all(_better(found, other) for other, _ in viable if other is not found)
    ]
    return winners or [each for _, each in viable]


def _better(one: list[Cost], other: list[Cost]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and one != other


def exact(signature: Signature, given: Sequence[Typed]) -> bool:
    """Return whether a function takes the arguments without conversions."""
    return costs(signature, given) == [SAME] * len(given) and all(
        decayed(value.type) == plain(type) for value, type in zip(given, signature.parameters, strict=False)
    )
