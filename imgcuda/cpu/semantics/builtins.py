"""The types of what CUDA's own functions return."""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.cpu.lowering.atomics import ATOMICS
from imgcuda.cpu.maths.functions import ARGUMENTS, FUNCTIONS
from imgcuda.cpu.semantics.cxx_types import (
    INT,
    UNKNOWN,
    VOID,
    Basic,
    Pointer,
    Record,
    Type,
    Typed,
    arithmetic,
    decayed,
    scalar,
)
from imgcuda.cpu.values.types import BASIC, VECTORS, Float

VOIDS = frozenset(["__syncthreads", "__threadfence", "__threadfence_block"])
_TESTS = frozenset(["isnan", "isinf", "isfinite", "signbit"])
_WORDS = {"int": "int", "uint": "unsigned int", "ll": "long long", "ull": "unsigned long long", "float": "float",
          "double": "double", "longlong": "long long"}  # fmt: skip


def is_builtin(name: str) -> bool:
    """Return whether CUDA has a function of this name that the CPU engine knows."""
    vector = name.startswith("make_") and name[5:] in VECTORS
    return vector or name in FUNCTIONS or name in ATOMICS or name in VOIDS or name == "__ldg"


def takes(name: str, given: Sequence[Typed]) -> bool:
    """Return whether a function of numbers can be called with such arguments."""
    numbers = all(scalar(decayed(each.type)) is not None for each in given)
    return name in FUNCTIONS and numbers and ARGUMENTS.get(name, 1) == len(given)


def comparable(given: Sequence[Typed]) -> bool:
    """Return whether CUDA has one best min() or max() for two numbers: of floats, or of integers of one size."""
    sizes = set[object]()
    for each in given:
        type = scalar(decayed(each.type))
        if type is None:
            return True
        sizes.add("float" if isinstance(type, Float) else max(type.bits, 32))
    return len(sizes) == 1


def result(name: str, given: Sequence[Typed]) -> Type:
    """Return the type of a call of one of CUDA's functions; UNKNOWN where it does not matter."""
    if name in VOIDS:
        return VOID
    if name.startswith("make_"):
        return Record(name[5:])
    if name in ATOMICS or name == "__ldg":
        first = decayed(given[0].type) if given else UNKNOWN
        return first.target if isinstance(first, Pointer) else UNKNOWN
    types = [scalar(decayed(each.type)) for each in given]
    if None in types or not types:
        return UNKNOWN
    if name in ("min", "max") and len(types) == 2:
        return arithmetic(types[0], types[1])  # type: ignore[arg-type]
    if name in _TESTS:
        return INT
    if name == "abs":
        return arithmetic(types[0], types[0])  # type: ignore[arg-type]
    return _by_name(name, all(type == BASIC["float"] for type in types), any(isinstance(t, Float) for t in types))


def _by_name(name: str, single: bool, real: bool) -> Type:
    if name.startswith("__"):
        target = name.replace("_as_", "2").partition("2")[2].partition("_")[0]
        if target in _WORDS:
            return Basic(_WORDS[target])
        return Basic("float") if name.startswith("__f") and not name.startswith(("__ffs", "__funnel")) else UNKNOWN
    if name.endswith("f") and name[:-1] in FUNCTIONS and not name.startswith(("l", "ll")):
        return Basic("float")
    if name + "f" in FUNCTIONS and not name.startswith("l"):
        return Basic("float") if single else Basic("double")
    return UNKNOWN
