"""The words of CUDA C++ that the CPU engine refuses, each with a description and what to write instead."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

GUARD = "put this inside #ifdef __CUDACC__"


class Refusal(NamedTuple):
    """A message for a refused word: a description and a remedy."""

    message: str
    remedy: str


def _cpp(remedy: str) -> tuple[str, str]:
    return "'{}' is C++", f"{remedy}, or {GUARD}"


_ONE_TYPE = _cpp("write the kernel for one type and use `pixel`, which imgcuda sets")
_PLAIN_STRUCT = _cpp("write a plain struct and __device__ functions that take it")
_FIXED_ARRAY = _cpp("use an array of fixed size")
_IF_AND_RETURN = _cpp("a kernel has no exceptions; use 'if' and 'return'")
_STRAIGHT = ("'{}' is not in the portable subset", f"use loops, 'break', 'continue' and 'return', or {GUARD}")
_ASSEMBLY = ("'{}': the CPU engine has no PTX assembly", f"write it in C, or {GUARD}")

_KEYWORDS = {
    "template": _ONE_TYPE,
    "typename": _ONE_TYPE,
    "decltype": _ONE_TYPE,
    "concept": _ONE_TYPE,
    "requires": _ONE_TYPE,
    "class": _PLAIN_STRUCT,
    "this": _PLAIN_STRUCT,
    "virtual": _PLAIN_STRUCT,
    "friend": _PLAIN_STRUCT,
    "public": _PLAIN_STRUCT,
    "private": _PLAIN_STRUCT,
    "protected": _PLAIN_STRUCT,
    "explicit": _PLAIN_STRUCT,
    "mutable": _PLAIN_STRUCT,
    "namespace": _cpp("use plain names"),
    "new": _FIXED_ARRAY,
    "delete": _FIXED_ARRAY,
    "throw": _IF_AND_RETURN,
    "try": _IF_AND_RETURN,
    "catch": _IF_AND_RETURN,
    "typeid": _cpp("write the type"),
    "dynamic_cast": _cpp("use static_cast"),
    "goto": _STRAIGHT,
    "asm": _ASSEMBLY,
    "__asm__": _ASSEMBLY,
    "__asm": _ASSEMBLY,
}
_OLD_WARPS = ("{}: since Volta, threads of a warp need not run together", "write {}_sync(0xffffffff, ...)")
_TEXTURES = (
    "{}: of textures, the CPU engine has tex1D, tex2D and tex1Dfetch",
    f"read the image through a pointer, or {GUARD}",
)
_REFERENCES = (
    "{}: CUDA 12 has no texture references any more",
    "take a cudaTextureObject_t as an argument, and write tex2D<float>(texture, x, y)",
)
_PRINTING = ("{} is not available on the CPU engine", f"use printf() or assert(), or {GUARD}")
_HALVES = ("{}: floats of 16 bits need their header", "#include <cuda_fp16.h>")
_SHORTER = ("{}: of short floats, the CPU engine has half and half2", f"use half or float, or {GUARD}")
_RANDOM = ("{}: cuRAND is not available on the CPU engine", f"compute random numbers in the kernel, or {GUARD}")
_GROUPS = ("{}: of cooperative groups, the CPU engine has thread_block alone", f"use a thread_block, or {GUARD}")
_NO_GROUPS = ("{}: cooperative groups need their header", "#include <cooperative_groups.h>")
_NAMES = [
    (re.compile(r"__shfl(?:_up|_down|_xor)?|__ballot|__any|__all"), _OLD_WARPS),
    (re.compile("tex1Dfetch|tex1D|tex2D"), _REFERENCES),
    (re.compile(r"tex(?:1D|2D|3D|Cubemap)\w*|surf(?:1D|2D|3D|Cubemap)\w*"), _TEXTURES),
    (re.compile(r"cooperative_groups"), _NO_GROUPS),
    (re.compile(r"tiled_partition|coalesced_threads|this_grid|this_multi_grid|thread_block_tile|grid_group"), _GROUPS),
]
_HOST = ("{}() is a function of the host", "call it before the launch, and pass what it makes to the kernel")
_OF_HOST = {
    **dict.fromkeys(("malloc", "calloc", "realloc", "free"), "use an array of fixed size, or pass memory"),
    **dict.fromkeys(("rand", "srand"), "compute random numbers in the kernel, or pass them"),
    **dict.fromkeys(("exit", "abort"), "write return"),
}
"""Remedies for functions of C that no kernel on the CPU can call."""
_CALLS = [
    (re.compile(r"cuda[A-Z]\w*"), _HOST),
    (re.compile(r"puts|fprintf|sprintf|snprintf|__assert_fail|__trap|__brkpt"), _PRINTING),
]
_TYPES = [
    (re.compile("texture"), _REFERENCES),
    (re.compile("cudaSurfaceObject_t|surface"), _TEXTURES),
    (re.compile(r"_*half2?"), _HALVES),
    (re.compile(r"_*(?:nv_)?bfloat16\w*|__nv_fp8\w*"), _SHORTER),
    (re.compile(r"curand\w+"), _RANDOM),
]
KEYWORDS = frozenset(_KEYWORDS)

LAMBDA = Refusal("a lambda is C++", f"write a __device__ function, or {GUARD}")
LAUNCH = Refusal("a launch, '<<<', is the host's business", f"imgcuda launches the kernel; remove this or {GUARD}")
METHOD = Refusal("a member function is C++", _PLAIN_STRUCT[1])
TEMPLATE_ARGUMENT = Refusal("a template argument is C++", f"write plain C, or {GUARD}")


def _first(families: list[tuple[re.Pattern[str], tuple[str, str]]], word: str) -> Refusal | None:
    for pattern, (message, remedy) in families:
        if pattern.fullmatch(word):
            return Refusal(message.format(word), remedy.format(word))
    return None


@lru_cache(maxsize=4096)
def refused_word(word: str) -> Refusal | None:
    """Return the message for a word that is refused everywhere; None if it is not."""
    if word in _KEYWORDS:
        message, remedy = _KEYWORDS[word]
        return Refusal(message.format(word), remedy)
    return LAUNCH if word == "<<<" else _first(_NAMES, word)


@lru_cache(maxsize=1024)
def refused_call(word: str) -> Refusal | None:
    """Return the message for a function, like printf, that is refused before its arguments are read, else None."""
    return _first(_CALLS, word)


@lru_cache(maxsize=1024)
def refused_type(word: str) -> Refusal | None:
    """Return the message for a word that is refused as a type, like `half`; as a variable's name it is fine."""
    return _first(_TYPES, word)


def remedy_for(function: str) -> str:
    """Return what to write in place of a function that is not declared; an empty string if nothing is known."""
    return _OF_HOST.get(function, "")


def refused_label(name: str) -> Refusal:
    """Return the message for a label for 'goto'."""
    return Refusal(f"the label {_STRAIGHT[0].format(name)}", _STRAIGHT[1])


def refused_scope(scope: str, name: str) -> Refusal:
    """Return the message for a name in a scope, like `std::min`."""
    if scope == "cooperative_groups":
        return Refusal(_NO_GROUPS[0].format(f"{scope}::{name}"), _NO_GROUPS[1])
    if scope == "cg" or name in ("thread_block", "this_thread_block"):
        remedy = f"#include <cooperative_groups.h>, and write namespace {scope} = cooperative_groups; above"
        return Refusal(f"'{scope}' is no namespace here", remedy)
    if scope == "std" and name in _STD:
        return Refusal(f"'std::{name}' is C++", f"{_STD[name]}, or {GUARD}")
    return Refusal(f"'{scope}::{name}' is C++", f"write plain '{name}' if C has it, or {GUARD}")


_PRINT = "use printf()"
_STRUCT = "write a struct"
_STD = {
    **dict.fromkeys(("cout", "cerr", "endl"), _PRINT),
    **dict.fromkeys(("pair", "tuple", "make_pair"), _STRUCT),
    **dict.fromkeys(("vector", "array", "list", "deque"), "use an array of fixed size, or a pointer to memory"),
    **dict.fromkeys(("string", "string_view", "to_string"), "use const char *"),
    "complex": "write a struct of two floats",
    "function": "call the function by its name",
    "clamp": 'use fminf() and fmaxf(), or #include "helper_math.h" and write clamp()',
}
"""Remedies for names of C++'s namespace std."""
