"""The type names that every kernel may use, and the canonical names of C's basic types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_SCALARS = ["float", "double"] + [u + name for name in ("char", "short", "int", "long", "longlong") for u in ("", "u")]
VECTOR_TYPES = frozenset(f"{scalar}{count}" for scalar in _SCALARS for count in (1, 2, 3, 4))
FIXED_WIDTH = {
    "int8_t": "signed char",
    "uint8_t": "unsigned char",
    "int16_t": "short",
    "uint16_t": "unsigned short",
    "int32_t": "int",
    "uint32_t": "unsigned int",
    "int64_t": "long long",
    "uint64_t": "unsigned long long",
}
"""The integer types of stdint.h, with the canonical names of the types that they stand for."""
STANDARD_TYPES = frozenset(
    [
        "size_t",
        "clock_t",
        "ptrdiff_t",
        "intptr_t",
        "uintptr_t",
        "uchar",
        "ushort",
        "uint",
        "ulong",
        "dim3",
        *FIXED_WIDTH,
    ]
)


OTHER_NAMES = {
    **dict.fromkeys(("uint8", "u8", "byte", "uchar8"), "unsigned char"),
    **dict.fromkeys(("uint16", "u16", "word"), "unsigned short"),
    **dict.fromkeys(("uint32", "u32", "dword"), "unsigned int"),
    **dict.fromkeys(("uint64", "u64"), "unsigned long long"),
    **dict.fromkeys(("int8", "i8", "s8"), "signed char"),
    **dict.fromkeys(("int16", "i16", "s16"), "short"),
    **dict.fromkeys(("int32", "i32", "s32", "integer"), "int"),
    **dict.fromkeys(("int64", "i64", "s64"), "long long"),
    **dict.fromkeys(("float32", "f32", "real", "single"), "float"),
    **dict.fromkeys(("float64", "f64"), "double"),
    **dict.fromkeys(("boolean",), "bool"),
    **dict.fromkeys(("string",), "const char *"),
}
"""Names of other languages and projects for C's types, in lower case, with C's own names."""


def _spellings() -> Iterator[tuple[str, str]]:
    """Yield the sorted words of each basic type with its canonical name."""
    for name in ("void", "bool", "float", "double", "char"):
        yield name, name
    yield "_Bool", "bool"
    yield "char signed", "signed char"
    yield "char unsigned", "unsigned char"
    sizes = {"short": "short", "": "int", "long": "long long", "long long": "long long"}  # 64-bit long, as on Linux
    for size, name in sizes.items():
        for sign in ("", "signed", "unsigned"):
            for word in ("", "int"):
                words = " ".join(sorted(f"{size} {sign} {word}".split()))
                yield words, f"unsigned {name}" if sign == "unsigned" else name


_BASIC = dict(_spellings())
BASIC_WORDS = frozenset(word for words in _BASIC for word in words.split())
KNOWN_TYPES = BASIC_WORDS | VECTOR_TYPES | STANDARD_TYPES


def basic_type(words: Sequence[str]) -> str | None:
    """Return the canonical name of a basic type, whose words may be in any order; None if it is not one."""
    return _BASIC.get(" ".join(sorted(words))) if words else None
