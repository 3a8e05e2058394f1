"""The names of C++'s namespace std that kernels may use: C's functions and types, and numeric_limits.

The CPU engine reads them as plain names and numbers; NVRTC, which has no headers, is given `STD`, which declares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from imgcuda.frontend.lexer import IDENTIFIER, PUNCTUATOR, Lexer, Token
from imgcuda.frontend.type_names import BASIC_WORDS, FIXED_WIDTH, basic_type

_FUNCTIONS = frozenset(
    """
    abs acos acosf asin asinf atan atan2 atan2f atanf cbrt ceil ceilf copysign cos cosf cosh exp exp2 expf expm1 fabs
    fabsf fdim floor floorf fma fmax fmaxf fmin fminf fmod fmodf hypot isfinite isinf isnan ldexp llrint llround log
    log10 log10f log1p log2 logf lrint lround max memcpy memset min nearbyint pow powf remainder rint round roundf
    signbit sin sinf sinh sqrt sqrtf tan tanf tanh trunc truncf
    """.split()  # noqa: SIM905 - a list of so many would take a line each
)
STD_NAMES = _FUNCTIONS | {"swap", "size_t", "ptrdiff_t", *FIXED_WIDTH}
"""The names that mean the same with `std::` before them and without."""


def _integer(low: str, high: str) -> dict[str, str]:
    return {"min": low, "lowest": low, "max": high}


LIMITS = {
    "float": {"min": "1.17549435e-38f", "lowest": "-3.40282347e+38f", "max": "3.40282347e+38f",
              "epsilon": "1.19209290e-7f", "infinity": "(float)(1e+300 * 1e+300)"},
    "double": {"min": "2.2250738585072014e-308", "lowest": "-1.7976931348623157e+308", "max": "1.7976931348623157e+308",
               "epsilon": "2.2204460492503131e-16", "infinity": "1e+300 * 1e+300"},
    "int": _integer("-2147483647 - 1", "2147483647"),
    "unsigned int": _integer("0u", "4294967295u"),
    "short": _integer("(short)-32768", "(short)32767"),
    "unsigned short": _integer("(unsigned short)0", "(unsigned short)65535"),
    "char": _integer("(char)-128", "(char)127"),
    "signed char": _integer("(signed char)-128", "(signed char)127"),
    "unsigned char": _integer("(unsigned char)0", "(unsigned char)255"),
    "long long": _integer("-9223372036854775807LL - 1", "9223372036854775807LL"),
    "unsigned long long": _integer("0ull", "18446744073709551615ull"),
}  # fmt: skip
"""The members of numeric_limits for each type, as expressions of C."""

_INFINITIES = {
    "float": {"infinity": "__builtin_bit_cast(float, 0x7f800000)"},
    "double": {"infinity": "__builtin_bit_cast(double, 0x7ff0000000000000)"},
}
"""Infinity as NVRTC takes it without a warning."""


def _declarations() -> Iterator[str]:
    """Yield the C++ that declares the namespace std for NVRTC."""
    yield "#if defined(__CUDACC_RTC__) && !defined(IMGCUDA_STD)\n#define IMGCUDA_STD\nnamespace std {"
    yield from (f"using ::{name};" for name in sorted(_FUNCTIONS))
    yield "template <typename T> __device__ void swap(T &a, T &b) { T kept = a; a = b; b = kept; }"
    yield "using ::size_t; using ::ptrdiff_t; template <typename T> struct numeric_limits;"
    for type, known in LIMITS.items():
        members = known | _INFINITIES.get(type, {})
        of = " ".join(
            f"__device__ static constexpr {type} {name}() {{ return {text}; }}" for name, text in members.items()
        )
        yield f"template <> struct numeric_limits<{type}> {{ {of} }};"
    yield "}\n#endif"


STD = "\n".join(_declarations()) + "\n"
"""The namespace std as a header for NVRTC."""


def plain_names(tokens: list[Token]) -> list[Token]:
    """Return tokens without scopes: the file's own namespaces, `std::` before STD_NAMES, and `::` that begins a name.

    A name behind a scope is marked as the file's. The numbers of numeric_limits are written out.
    """
    spaces = _namespaces(tokens)
    if not spaces and not any(token.text in ("std", "numeric_limits", "::") for token in tokens):
        return tokens
    made: list[Token] = []
    position = 0
    while position < len(tokens):
        text = tokens[position].text
        scope = text in spaces or text == "std"
        scoped = scope and position + 1 < len(tokens) and tokens[position + 1].text == "::"
        at = position + 2 if scoped else position
        if at < len(tokens) and tokens[at].text == "numeric_limits" and (found := _limit(tokens, at)):
            number, position = found
            made += number
        elif scoped and (text in spaces or (at < len(tokens) and tokens[at].text in STD_NAMES)):
            position = at
            _mark(tokens, position)
        elif text == "::" and made and _begins_a_name(made[-1]):
            position += 1
            _mark(tokens, position)
        else:
            made.append(tokens[position])
            position += 1
    return made


def _mark(tokens: Sequence[Token], position: int) -> None:
    """Mark the name at a position, if there is one, as the file's: a local variable of that name does not hide it."""
    if position < len(tokens):
        tokens[position].of_file = True


def _begins_a_name(before: Token) -> bool:
    """Return whether a `::` behind a token begins a name, as in `old = ::atomicCAS(...)`."""
    return before.text == "return" or (before.kind == PUNCTUATOR and before.text not in (">", ")"))


def _namespaces(tokens: Sequence[Token]) -> set[str]:
    """Return the names of the namespaces that a file declares."""
    found = set[str]()
    for position, token in enumerate(tokens):
        if token.text == "namespace" and tokens[position - 1].text != "using":
            words = list(takewhile(lambda each: each.kind == IDENTIFIER or each.text == "::", tokens[position + 1 :]))
            after = tokens[position + 1 + len(words)].text
            if after in ("{", "="):
                found |= {each.text for each in words if each.kind == IDENTIFIER}
    return found


def _limit(tokens: Sequence[Token], at: int) -> tuple[list[Token], int] | None:
    """Return the number that `numeric_limits<type>::max()` stands for, and the position behind it."""
    texts = [token.text for token in tokens[at : at + 10]]
    if ">" not in texts or texts[1] != "<":
        return None
    end = texts.index(">")
    words = [word for word in texts[2:end] if word not in ("std", "::")]
    type = basic_type(words) if BASIC_WORDS.issuperset(words) else FIXED_WIDTH.get(" ".join(words))
    text = LIMITS.get(type or "", {}).get(texts[end + 2] if len(texts) > end + 4 else "")
    if text is None or (texts[end + 1], texts[end + 3], texts[end + 4]) != ("::", "(", ")"):
        return None
    place = tokens[at].place
    line = next(Lexer(f"({text})", "").lines())
    return [Token(each.kind, each.text, place, each.spaced) for each in line], at + end + 5
