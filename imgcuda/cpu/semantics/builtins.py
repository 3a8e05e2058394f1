"""The result types of CUDA's own functions."""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.cpu.lowering.atomics import ATOMICS
from imgcuda.cpu.lowering.printf_format import PRINTF
from imgcuda.cpu.lowering.warps import WARPS
from imgcuda.cpu.maths.functions import ARGUMENTS, FUNCTIONS
from imgcuda.cpu.memory.objects import LOADS
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
from imgcuda.cpu.values.types import BASIC, VECTORS, Float, Int, Scalar
from imgcuda.frontend.syntax import ARRAY_SIZE

VOIDS = frozenset(
    ["__nanosleep", "__builtin_assume", "__syncthreads", "__threadfence", "__threadfence_block", "__threadfence_system"]
)
CLOCKS = frozenset(["clock", "clock64"])
_OWN = ["__builtin_texels", "__builtin_expect", "__builtin_for_all", "__builtin_word_at", ARRAY_SIZE]
_OTHER = frozenset([*CLOCKS, *LOADS, *_OWN, PRINTF, "assert"])
TESTS = frozenset(["isnan", "isinf", "isfinite", "signbit"])
"""The functions that test a float; they return an int."""
_DOUBLE = frozenset(["rhypot", "norm3d", "norm4d"])
"""Functions without overloads: they have another name for floats."""
OVERLOADED = TESTS | frozenset(name for name in FUNCTIONS if f"{name}f" in FUNCTIONS and name not in _DOUBLE)
"""Functions with one name for float and double."""
_WORDS = {"int": "int", "uint": "unsigned int", "ll": "long long", "ull": "unsigned long long", "float": "float",
          "double": "double", "longlong": "long long"}  # fmt: skip


def is_builtin(name: str) -> bool:
    """Return whether the CPU engine has a CUDA function of this name."""
    vector = name.startswith("make_") and name[5:] in VECTORS
    return vector or name in WARPS or name in FUNCTIONS or name in ATOMICS or name in VOIDS or name in _OTHER


def takes(name: str, given: Sequence[Typed]) -> bool:
    """Return whether a function of numbers can be called with arguments of these types."""
    numbers = all(scalar(decayed(each.type)) is not None for each in given)
    return name in FUNCTIONS and numbers and ARGUMENTS.get(name, 1) == len(given)


def ambiguous(name: str, given: Sequence[Typed]) -> str:
    """Return a remedy if several of CUDA's overloads fit the arguments equally well, else an empty string."""
    types = [scalar(decayed(each.type)) for each in given]
    if None in types or not types:
        return ""
    real = {type for type in types if isinstance(type, Float)}
    if name in ("min", "max"):
        sizes = {"float" if isinstance(type, Float) else max(type.bits, 32) for type in types if type is not None}
        return "" if len(sizes) == 1 else "cast one to the type of the other"
    if name == "abs":
        wide = isinstance(types[0], Int) and not types[0].signed and types[0].bits >= 32
        return "it is never negative, so leave abs() out" if wide else ""
    if name not in OVERLOADED:
        return ""
    if name in ("ldexp", "scalbn", "scalbln"):
        return "" if isinstance(types[0], Float) else "cast the first to float"
    if not real:
        return f"cast to float, or write {name}f()" if f"{name}f" in FUNCTIONS else "cast to float"
    mixed = len(real) > 1 or (name == "copysign" and len(set(types)) > 1) or (name == "pow" and not _power(types))
    return "cast one to the type of the other" if mixed else ""


def _power(types: Sequence[Scalar | None]) -> bool:
    """Return whether pow() takes these numbers: the second must be a float, or fit an int."""
    exponent = types[-1]
    whole = isinstance(exponent, Int) and (exponent.bits < 32 or exponent == BASIC["int"])
    return whole or isinstance(exponent, Float)


def result(name: str, given: Sequence[Typed]) -> Type:
    """Return the type of a call of one of CUDA's functions; UNKNOWN if it does not matter."""
    if name in VOIDS or name in ("__syncwarp", "assert"):
        return VOID
    if name in WARPS:
        return _of_warp(name, given)
    if name == "__builtin_expect":
        return Basic("long long")
    if name in (ARRAY_SIZE, PRINTF):
        return INT
    if name == "__builtin_texels":
        return Pointer(Basic("void", const=True))
    if name in CLOCKS:
        return Basic("long long")
    if name == "__builtin_for_all":
        return Basic("bool")
    if name == "__builtin_word_at":
        return Basic("unsigned int")
    if name.startswith("make_"):
        return Record(name[5:])
    if name in ATOMICS or name in LOADS:
        first = decayed(given[0].type) if given else UNKNOWN
        return first.target if isinstance(first, Pointer) else UNKNOWN
    types = [scalar(decayed(each.type)) for each in given]
    if None in types or not types:
        return UNKNOWN
    if name in ("min", "max") and len(types) == 2:
        return arithmetic(types[0], types[1])  # type: ignore[arg-type]
    if name in TESTS:
        return INT
    if name == "abs":
        return arithmetic(types[0], types[0])  # type: ignore[arg-type]
    return _by_name(name, BASIC["float"] in types and BASIC["double"] not in types)


def _of_warp(name: str, given: Sequence[Typed]) -> Type:
    if name in ("__ballot_sync", "__activemask"):
        return Basic("unsigned int")
    shuffled = scalar(decayed(given[1].type)) if name.startswith("__shfl") and len(given) > 1 else None
    return INT if shuffled is None else arithmetic(shuffled, shuffled)


_INTEGERS = {
    "int": "__clz __clzll __ffs __ffsll __popc __popcll __mulhi __mul24 __hadd __rhadd __double2hiint __double2loint",
    "unsigned int": "__brev __umulhi __umul24 __uhadd __urhadd __sad __usad __byte_perm umin umax __funnelshift_l "
    "__funnelshift_r __funnelshift_lc __funnelshift_rc",
    "long long": "__mul64hi labs llabs llmin llmax lrint lrintf lround lroundf llrint llrintf llround llroundf",
    "unsigned long long": "__brevll __umul64hi ullmin ullmax",
}
"""The functions of integers, by the type of their results."""
_RESULTS = {name: Basic(type) for type, names in _INTEGERS.items() for name in names.split()}


def _by_name(name: str, single: bool) -> Type:
    if name in _RESULTS:
        return _RESULTS[name]
    if name.startswith("__"):
        target = name.replace("_as_", "2").partition("2")[2].partition("_")[0]
        if target in _WORDS:
            return Basic(_WORDS[target])
        return Basic("float") if name.startswith("__f") or name.endswith("f") else UNKNOWN
    if name.endswith("f") and name[:-1] in FUNCTIONS and not name.startswith(("l", "ll")):
        return Basic("float")
    if name + "f" in FUNCTIONS and not name.startswith("l"):
        return Basic("float") if single and name in OVERLOADED else Basic("double")
    return UNKNOWN
