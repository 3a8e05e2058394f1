"""The preprocessor: macros, conditions and the other directives."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import pytest

from imgcuda.errors import KernelError, Mistake
from imgcuda.frontend.lexer import Token
from imgcuda.frontend.mistakes import EnoughMistakes, Mistakes
from imgcuda.frontend.preprocessor import preprocess


def tokens_of(text: str, macros: Mapping[str, str] = {}) -> list[Token]:
    mistakes = Mistakes(text, "k.cu")
    tokens = preprocess(text, "k.cu", macros, mistakes)
    mistakes.raise_if_any()
    return tokens[:-1]


def expand(text: str, macros: Mapping[str, str] = {}) -> str:
    return " ".join(token.text for token in tokens_of(text, macros))


def mistakes_in(text: str) -> tuple[Mistake, ...]:
    mistakes = Mistakes(text, "k.cu")
    with suppress(EnoughMistakes):
        preprocess(text, "k.cu", {}, mistakes)
    with pytest.raises(KernelError) as caught:
        mistakes.raise_if_any()
    return caught.value.mistakes


# macros


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("#define N 3\nN N", "3 3"),
        ("#define EMPTY\na EMPTY b", "a b"),
        ("#define A B\n#define B 7\nA", "7"),
        ("#define F(x) (x + 1)\nF(2) F", "( 2 + 1 ) F"),
        ("#define F (x)\nF", "( x )"),
        ("#define F() 4\nF()", "4"),
        ("#define F(x) [x]\nF()", "[ ]"),
        ("#define F(x, y) x y\nF((1, 2), 3)", "( 1 , 2 ) 3"),
        ("#define F(x) x\nF(F(F(1)))", "1"),
        ("#define F(x) x\n#define G F\nG(5)", "5"),
        ("#define CALL(f, x) f(x)\n#define DOUBLE(x) x * 2\nCALL(DOUBLE, 3)", "3 * 2"),
        ("#define F(x, y) x + y\nF(1,\n  2)", "1 + 2"),
        ("#define A 1\n#undef A\nA", "A"),
        ("#define A 1\nA\n#define A 2\nA", "1 2"),
    ],
)
def test_macros_are_expanded(text: str, result: str) -> None:
    assert expand(text) == result


def test_a_macro_is_not_expanded_within_itself() -> None:
    assert expand("#define foo foo + bar\n#define bar foo\nfoo") == "foo + foo"


def test_the_example_of_the_c_standard() -> None:
    text = """
#define x 3
#define f(a) f(x * (a))
#undef x
#define x 2
#define g f
#define z z[0]
#define h g(~
#define m(a) a(w)
#define w 0,1
#define t(a) a
f(y+1) + f(f(z)) % t(t(g)(0) + t)(1);
"""
    assert expand(text).replace(" ", "") == "f(2*(y+1))+f(2*(f(2*(z[0]))))%f(2*(0))+t(1);"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("#define JOIN(a, b) a ## b\nJOIN(p, 12)", "p12"),
        ("#define JOIN(a, b) a ## b\n#define p 1\nJOIN(p, p)", "pp"),
        ("#define JOIN(a, b) x a##b y\nJOIN(, b) JOIN(a, ) JOIN(,)", "x b y x a y x y"),
        ("#define SHIFT <##<\na SHIFT b", "a << b"),
        ("#define A(i) v##i[i]\n#define ONE 1\nA(ONE)", "vONE [ 1 ]"),
    ],
)
def test_double_hash_joins_what_was_written(text: str, result: str) -> None:
    assert expand(text) == result


def test_hash_quotes_what_was_written() -> None:
    assert expand('#define S(x) #x\n#define N 1\nS(N  +  "a\\n")') == '"N + \\"a\\\\n\\""'


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("#define F(...) f(__VA_ARGS__)\nF(1, 2) F()", "f ( 1 , 2 ) f ( )"),
        ("#define F(a, ...) a [__VA_ARGS__]\nF(1) F(1, 2, 3)", "1 [ ] 1 [ 2 , 3 ]"),
        ("#define F(a, ...) f(a, ## __VA_ARGS__)\nF(1) F(1, 2)", "f ( 1 ) f ( 1 , 2 )"),
        ("#define F(a, rest...) f(rest, a)\nF(1, 2, 3)", "f ( 2 , 3 , 1 )"),
    ],
)
def test_variadic_macros(text: str, result: str) -> None:
    assert expand(text) == result


def test_initial_macros_are_defined_and_may_take_arguments() -> None:
    assert expand("C pixel SQUARE(C)", {"C": "3", "pixel": "unsigned char", "SQUARE(x)": "x * x"}) == (
        "3 unsigned char 3 * 3"
    )


def test_a_token_of_a_macro_stands_where_the_macro_is_used() -> None:
    tokens = tokens_of("#define ADD(a) (a + 1)\n\n  y = ADD(z);")
    places = {token.text: (token.place.line, token.place.column) for token in tokens}
    assert places["+"] == places["1"] == (3, 7)
    assert places["z"] == (3, 11)  # an argument stands where the author wrote it


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#define F(x) x\nF(1, 2)", "macro 'F' takes 1 argument; got 2"),
        ("#define F(x, y) x\nF(1)", "macro 'F' takes 2 arguments; got 1"),
        ("#define F(x) x\nF(1", "the call of macro 'F' has no closing ')'"),
        ("#define J(a) a ## +\nJ(b)", "'b' ## '+' does not make one word"),
        ("#define F(1) x", "the parameters of macro 'F' are not a list of names in brackets"),
        ("#define S(x) #y", "'#' must stand before a parameter of the macro"),
        ("#define J ## a", "'##' needs something on either side"),
        ("#define", "#define needs a name"),
    ],
)
def test_wrong_macros(text: str, message: str) -> None:
    assert mistakes_in(text)[0].message == message


# conditions


@pytest.mark.parametrize(
    "condition",
    [
        "1",
        "defined N",
        "defined(N) && !defined(M)",
        "N == 3",
        "UNKNOWN == 0",
        "true && !false",
        "(N + 1) * 2 == 8 && N << 2 == 12",
        "-7 / 2 == -3 && -7 % 2 == -1",
        "-1 > 0u",
        "0 ? 0 : 5",
        "0x10 == 16 && 010 == 8 && 0b11 == 3 && 'a' == 97",
        "(~0 ^ -1) == 0 && (6 & 3 | 8) == 10",
        "1 || 1 / 0",
        "!(0 && 1 / 0)",
        "10000000000 * 10000000000 != 0",
    ],
)
def test_conditions_that_hold(condition: str) -> None:
    assert expand(f"#define N 3\n#if {condition}\nyes\n#else\nno\n#endif") == "yes"


@pytest.mark.parametrize("condition", ["0", "defined M", "N < 3", "N - 3", "false", "IMGCUDA_GPU"])
def test_conditions_that_do_not_hold(condition: str) -> None:
    assert expand(f"#define N 3\n#if {condition}\nyes\n#else\nno\n#endif") == "no"


def test_one_branch_is_taken() -> None:
    text = "#if V == 1\na\n#elif V == 2\nb\n#elif V < 4\nc\n#else\nd\n#endif\n"
    assert [expand(text, {"V": str(v)}) for v in (1, 2, 3, 4)] == ["a", "b", "c", "d"]


def test_a_taken_branch_is_the_last_looked_at() -> None:
    assert expand("#if 1\na\n#elif 1 / 0\nb\n#endif") == "a"


def test_what_is_skipped_is_not_looked_at() -> None:
    text = "#if 0\ndon't @ #nonsense\n#if 1\n#error no\n#else\n#endif\n#define A\n#include <thrust.h>\n#endif\nA"
    assert expand(text) == "A"


def test_the_cpu_engine_is_not_nvcc() -> None:
    assert expand("#ifdef IMGCUDA_CPU\ncpu\n#endif\n#ifndef __CUDACC__\nplain\n#endif\n__CUDA_ARCH__") == (
        "cpu plain __CUDA_ARCH__"
    )


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("\n#if 1\na", "this #if has no #endif", 2),
        ("#endif", "#endif without #if", 1),
        ("#else", "#else without #if", 1),
        ("#if 0\n#else\n#else\n#endif", "#else after #else", 3),
        ("#if 1 / 0\n#endif", "division by zero", 1),
        ("#if 1 +\n#endif", "expected an expression, found the end of the line", 1),
        ("#if 1 2\n#endif", "expected the end of the line, found '2'", 1),
        ("#if 1.5\n#endif", "this is not an integer constant", 1),
        ("#ifdef\n#endif", "#ifdef needs a name", 1),
        ("#error only 3 channels", "#error: only 3 channels", 1),
        ("#inculde <math.h>", "unknown directive '#inculde'; did you mean 'include'?", 1),
        ("#line x", "#line needs a number", 1),
    ],
)
def test_wrong_directives(text: str, message: str, line: int) -> None:
    mistake = mistakes_in(text)[0]
    assert (mistake.message, mistake.line) == (message, line)


def test_error_ends_it() -> None:
    assert len(mistakes_in("#error one\n#error two")) == 1


# the other directives


def test_line_sets_the_file_and_the_number_of_the_next_line() -> None:
    tokens = tokens_of('a\n#line 10 "blur.cu"\nb\n\nc\n#line 3\nd\n# 7 "x.cu"\ne')
    assert [(t.text, t.place.file, t.place.line) for t in tokens] == [
        ("a", "k.cu", 1),
        ("b", "blur.cu", 10),
        ("c", "blur.cu", 12),
        ("d", "blur.cu", 3),
        ("e", "x.cu", 7),
    ]


def test_a_mistake_behind_line_shows_the_authors_line() -> None:
    (mistake,) = mistakes_in('first\nsecond\n#line 1 "blur.cu"\nint a;\n  #oops\n')
    assert (mistake.file, mistake.line, mistake.column, mistake.text) == ("blur.cu", 2, 4, "  #oops")


@pytest.mark.parametrize("header", ["<cuda_runtime.h>", "<math.h>", "<cmath>", "<stdint.h>", "<stdio.h>", '"cuda.h"'])
def test_known_headers_are_ignored(header: str) -> None:
    assert expand(f"#include {header}\na") == "a"


def test_other_headers_are_passed_over_and_named_if_a_name_is_missing() -> None:
    mistakes = Mistakes("", "k.cu")
    preprocess('\n#include "helper.cuh"\n#include <no/such.hpp>\n', "k.cu", {}, mistakes)
    mistakes.raise_if_any()
    assert mistakes.missing("CHECK") == (
        "copy it into this file, or name its folder by include_dirs= or -I: "
        'it may be declared in "helper.cuh" or "no/such.hpp", which imgcuda passes over'
    )
    assert mistakes.missing("FLT_MAX") == "#include <float.h>"


@pytest.mark.parametrize(
    ("pragma", "token"),
    [
        ("unroll", "unroll"),
        ("unroll 4", "unroll 4"),
        ("unroll (2 * N)", "unroll 6"),
        ("unroll TAPS", "unroll"),  # a constant that only the compiler knows
        ("nounroll", "unroll 1"),
    ],
)
def test_pragma_unroll_goes_to_the_parser(pragma: str, token: str) -> None:
    (first,) = tokens_of(f"#define N 3\n#pragma {pragma}\n")
    assert (first.kind, first.text, first.place.line) == ("pragma", token, 2)


@pytest.mark.parametrize("line", ["#pragma once", "#pragma GCC ivdep", "#warning hot", "#"])
def test_what_has_no_meaning_here_is_ignored(line: str) -> None:
    assert expand(f"{line}\na") == "a"
