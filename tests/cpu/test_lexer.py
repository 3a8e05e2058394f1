"""The lexer: kinds, places, comments, continued lines."""

from __future__ import annotations

import pytest

from imgcuda.frontend.lexer import Lexer, Token, kind_of


def tokens_of(text: str) -> list[Token]:
    return [token for line in Lexer(text, "k.cu").lines() for token in line]


def texts_of(text: str) -> list[str]:
    return [token.text for token in tokens_of(text)]


def places_of(text: str) -> list[tuple[str, int, int]]:
    return [(token.text, token.place.line, token.place.column) for token in tokens_of(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("tile_2", "identifier"),
        ("__shared__", "identifier"),
        ("0", "number"),
        ("0x8000u", "number"),
        ("0b1010", "number"),
        ("1.5e-3f", "number"),
        (".5f", "number"),
        ("1.f", "number"),
        ("0x1.8p+3", "number"),
        ("1'000'000", "number"),
        ('"a \\" b"', "string"),
        ("'\\''", "character"),
        (">>=", "punctuator"),
        ("->", "punctuator"),
        ("<<<", "punctuator"),
        ("@", "other"),
    ],
)
def test_each_kind_of_token(text: str, kind: str) -> None:
    (token,) = tokens_of(text)
    assert (token.kind, token.text) == (kind, text)


@pytest.mark.parametrize("raw", ['R"(a\n"b"\\n // c)"', 'u8R"x(")" )x"', 'LR"(/*)"', 'R"()"'])
def test_a_raw_string_is_one_token_whatever_is_in_it(raw: str) -> None:
    tokens = tokens_of(f"a {raw} b\nc")
    assert [(token.kind, token.text) for token in tokens[1:2]] == [("string", raw)]
    lines = raw.count("\n")
    assert [(token.text, token.place.line) for token in tokens[2:]] == [("b", 1 + lines), ("c", 2 + lines)]


@pytest.mark.parametrize("text", ['R"(a\nint b', 'uR"x(a)y" b', 'R"(' * 20_000])
def test_a_raw_string_that_is_never_closed_takes_the_rest(text: str) -> None:
    assert [(token.kind, token.text) for token in tokens_of(f"a {text}")] == [("identifier", "a"), ("other", '"')]


def test_operators_are_as_long_as_possible() -> None:
    assert texts_of("a+++b<<=c>>1!=d") == ["a", "++", "+", "b", "<<=", "c", ">>", "1", "!=", "d"]


def test_a_sign_after_a_hex_number_is_an_operator() -> None:
    assert texts_of("0xe+1") == ["0xe", "+", "1"]


def test_lines_and_columns_count_from_one() -> None:
    assert places_of("int a;\n\n\tb\n") == [("int", 1, 1), ("a", 1, 5), (";", 1, 6), ("b", 3, 2)]


def test_comments_are_dropped_and_their_lines_counted() -> None:
    assert places_of("a /* one\n two */ b // rest\nc") == [("a", 1, 1), ("b", 2, 9), ("c", 3, 1)]


def test_a_comment_parts_words() -> None:
    first, second = tokens_of("a/**/b")
    assert (first.text, second.text, second.spaced) == ("a", "b", True)


def test_comment_signs_in_a_string_begin_no_comment() -> None:
    assert texts_of('"/* // */" x') == ['"/* // */"', "x"]


def test_a_continued_line_is_one_line_with_true_places() -> None:
    lines = list(Lexer("#define A \\\n  one \\\n two\nb", "k.cu").lines())
    assert [[t.text for t in line] for line in lines if line] == [["#", "define", "A", "one", "two"], ["b"]]
    assert [t.place.line for t in lines[0]] == [1, 1, 1, 2, 3]
    assert (lines[1][0].place.line, lines[1][0].place.column) == (4, 1)


def test_a_word_may_be_continued_on_the_next_line() -> None:
    assert places_of("ab\\\ncd e") == [("abcd", 1, 1), ("e", 2, 4)]


def test_a_backslash_continues_a_comment() -> None:
    assert texts_of("a // rest \\\n still\nb") == ["a", "b"]


def test_windows_line_ends_and_a_byte_order_mark_make_no_difference() -> None:
    assert places_of("\ufeffa \\\r\nb\r\nc\r\n") == [("a", 1, 1), ("b", 2, 1), ("c", 3, 1)]


def test_renumber_sets_the_file_and_line_of_what_follows() -> None:
    lexer = Lexer("a\nb\nc\n", "one.cu")
    lines = lexer.lines()
    next(lines)
    lexer.renumber(10, "two.cu")
    places = [token.place for line in lines for token in line]
    assert [(p.file, p.line) for p in places] == [("two.cu", 10), ("two.cu", 11)]


@pytest.mark.parametrize(("text", "first"), [("/* open\nb", "/*"), ('"open\nb', '"'), ("'open\nb", "'")])
def test_what_is_never_closed_is_one_stray_token(text: str, first: str) -> None:
    token = tokens_of(text)[0]
    assert (token.kind, token.text) == ("other", first)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("p12", "identifier"), ("12", "number"), ("+=", "punctuator"), ("+1", None), (" a", None), ("", None)],
)
def test_kind_of_one_word(text: str, kind: str | None) -> None:
    assert kind_of(text) == kind
