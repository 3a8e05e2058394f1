"""Parameters that are more than a number: accepted and refused values, and how they reach a filter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import PIL.Image
import PIL.ImageColor
import pytest

from imgcuda import Color, Filter, FilterError, Matrix, ParameterError, Picture, Size, Table, param
from imgcuda.recipes.chain_text import example, parse_step
from imgcuda.recipes.parameter_values import type_in_words
from imgcuda.registry import Plugin, Registry


class Weigh(Filter):
    """Have a matrix."""

    kernel: Matrix = param(help="what each neighbor counts")
    second: Matrix = param(default=Matrix.of([[1, 2]]), help="a matrix with a default")


class Frame(Filter):
    """Have a picture."""

    image: Picture = param(help="what is laid over")


class Word:
    """A parameter's type as a plugin may define it."""

    words: ClassVar[str] = "a word without blanks"

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def of(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str) or " " in value:
            raise ValueError(f"got {value!r}")
        return cls(value)

    @classmethod
    def example(cls) -> Self:
        return cls("hello")

    def __str__(self) -> str:
        return self.text


class Say(Filter):
    """Have a word."""

    word: Word = param(help="what is said")


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    made.add(Plugin("mine", "mine 1.0"), [Weigh, Frame, Say])
    return made


# A matrix


@pytest.mark.parametrize("value", [[[0, -1], [2.5, 1e3]], ((0, -1), (2.5, 1000)), np.array([[0, -1], [2.5, 1000]])])
def test_a_matrix_is_taken_from_whatever_has_rows(value: object) -> None:
    made = Weigh(kernel=value)  # type: ignore[arg-type]
    assert made.kernel == Matrix(((0.0, -1.0), (2.5, 1000.0)))
    assert made.kernel.shape == (2, 2)
    assert made.kernel.array.tolist() == [[0, -1], [2.5, 1000]]
    assert hash(made) == hash(Weigh(kernel=Matrix.of(value)))


def test_a_matrix_is_typed_at_a_shell_or_read_from_a_file(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "sharpen.txt"
    path.write_text("# sharpen\n 0, -1, 0\n-1  5 -1 # the middle\n\n0 -1 0\n", "utf-8")
    text = "[[0,-1,0],[-1,5,-1],[0,-1,0]]"
    typed, read = (parse_step(registry, f"weigh:kernel={given}") for given in (text, path))
    assert typed == read == Weigh(kernel=Matrix.example())
    assert str(typed.kernel) == text
    assert json.loads(text) == typed.kernel.array.tolist()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([1, 2, 3], "got [1, 2, 3], of shape (3,)"),
        ([[1, 2], [3]], "got [[1, 2], [3]], whose rows are not numbers, as many in each"),
        ([["a"]], "got [['a']], whose rows are not numbers, as many in each"),
        ([[float("nan")]], "got [[nan]], which has a number that is not finite"),
        ([], "got [], of shape (0,)"),
        (None, "got None, of shape ()"),
        ("[[1,2],", "got '[[1,2],', which ends or goes on wrongly: Expecting value"),
        ("no.txt", "the file 'no.txt' cannot be read: No such file or directory"),
    ],
    ids=str,
)
def test_what_is_no_matrix_is_refused(value: Any, why: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Weigh(kernel=value)
    assert str(caught.value) == f"kernel must be {Matrix.words}; {why}"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(ParameterError, match=r"a\.png' cannot be read: it is not text"):
        Weigh(kernel=str(path))  # type: ignore[arg-type]


# A table


class Lookup(Filter):
    """Have a table."""

    table: Table = param(help="what is looked up")


def test_a_table_keeps_the_type_and_the_shape_of_an_array() -> None:
    levels = np.arange(6, dtype=np.uint16).reshape(2, 3)
    made = Lookup(table=levels)  # type: ignore[arg-type]
    levels[0] = 9
    assert made.table.array.tolist() == [[0, 1, 2], [3, 4, 5]]  # a copy
    assert made.table.array.dtype == np.uint16
    with pytest.raises(ValueError, match="read-only"):
        made.table.array[0] = 9


def test_tables_that_hold_the_same_are_equal() -> None:
    tables = [Table.of(np.array([0, 0.5, 1], np.float32)) for _ in range(2)]
    assert tables[0] == tables[1]
    assert hash(Lookup(table=tables[0])) == hash(Lookup(table=tables[1]))
    for other in (np.array([0, 0.5, 1]), np.array([[0, 0.5, 1]], np.float32), np.array([0, 0.5, 2], np.float32)):
        assert tables[0] != Table.of(other)


def test_a_table_is_shown_as_it_is_typed_if_it_is_short() -> None:
    assert str(Table.of("[[0,0.25],[1,2]]")) == "[[0.0,0.25],[1.0,2.0]]"
    assert repr(Lookup(table=np.zeros((3, 256), np.uint8))) == "Lookup(table=Table(3x256 numbers of uint8))"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([[1, 2], [3]], "got [[1, 2], [3]], whose rows are not as long as each other"),
        (["a"], "got ['a']"),
        ([], "got []"),
        (3, "got 3"),
        (None, "got None"),
        ("[1,", "got '[1,', which ends or goes on wrongly: Expecting value"),
    ],
    ids=str,
)
def test_what_is_no_table_is_refused(value: Any, why: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Lookup(table=value)
    assert str(caught.value) == f"table must be {Table.words}; {why}"


# A picture


def test_a_picture_is_an_array_or_a_file(registry: Registry, tmp_path: Path) -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    path = tmp_path / "frame.png"
    PIL.Image.fromarray(pixels).save(path)
    for made in (Frame(image=pixels), Frame(image=path), parse_step(registry, f"frame:image={path}")):  # type: ignore[arg-type]
        assert isinstance(made, Frame)
        assert made.image.pixels.tolist() == pixels.tolist()
    assert str(Frame(image=pixels).image) == "4x2"  # type: ignore[arg-type]
    assert repr(Frame(image=pixels)) == "Frame(image=Picture(name='4x2'))"  # type: ignore[arg-type]
    assert Frame(image=pixels[..., 0]).image.pixels.shape == (2, 4, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no.png", "the file 'no.png' cannot be read: No such file or directory"),
        (
            np.zeros((2, 2), complex),
            "an image's samples must be uint8, uint16, float32, float16 or float64; got complex128; "
            "filter array.real and array.imag, each by itself",
        ),
        (None, "an image's samples must be uint8, uint16, float32, float16 or float64; got object"),
    ],
    ids=["file", "array", "nothing"],
)
def test_what_is_no_picture_is_refused(value: Any, why: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Frame(image=value)
    assert str(caught.value) == f"image must be an image: a file, or an array; {why}"


# A type of a plugin's own


def test_a_plugin_may_have_types_of_its_own(registry: Registry) -> None:
    assert str(registry.create("say", {"word": "hi"}).word) == "hi"  # type: ignore[attr-defined]
    assert str(parse_step(registry, "say:word=ho").word) == "ho"  # type: ignore[attr-defined]
    with pytest.raises(ParameterError, match="say: word must be a word without blanks; got 'h o'"):
        parse_step(registry, "say:word=h o")


def test_help_says_what_such_a_parameter_is(registry: Registry) -> None:
    (word,) = Say.parameters()
    assert type_in_words(word) == "a word without blanks"
    assert example(Say) == "say:word=hello"
    assert example(Weigh) == "weigh:kernel=[[0,-1,0],[-1,5,-1],[0,-1,0]],second=[[1,2]]"


def test_such_a_parameter_cannot_be_a_macro() -> None:
    class Odd(Filter):
        """Want a matrix as a macro."""

        kernel: Matrix = param(constant=True, help="not possible")

    with pytest.raises(FilterError, match=r"Odd\.kernel must be typed .*, or, unless it is a constant, Matrix"):
        Odd.parameters()


def test_a_field_cannot_hide_what_every_filter_has() -> None:
    for name in ("name", "halo", "result_size", "alpha_mode"):
        with pytest.raises(FilterError, match=f"Odd.{name} must have another name"):
            exec(
                f"class Odd(Filter):\n    'Hide something.'\n    {name}: int = param(default=1, help='x')",
                {"Filter": Filter, "param": param},
            )


@pytest.mark.parametrize("error", [SystemExit(0), GeneratorExit(), BaseException("no")], ids=repr)
def test_a_type_that_ends_the_program_does_not(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def of(value: object) -> Word:
        raise error

    monkeypatch.setattr(Word, "of", of)
    with pytest.raises(FilterError, match=r"the parameter word cannot be read: Word\.of\('x'\) failed: "):
        Say(word="x")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["1600x1200", "1600X1200", (1600, 1200), [1600, 1200], np.array([1600, 1200])])
def test_a_size_is_read_from_a_text_or_two_numbers(value: Any) -> None:
    assert Size.of(value) == Size(1600, 1200)
    assert Size.of(str(Size.of(value))) == Size(1600, 1200)


def test_no_size_is_a_size_too() -> None:
    assert Size.of("none") == Size() == Size.of(str(Size()))


@pytest.mark.parametrize(
    "value", ["", "1600", "1600x", "ax3", "1x2x3", "-1x2", "1.5x2", "100001x1", 7, None, (1, 2, 3)]
)
def test_what_is_no_size(value: Any) -> None:
    with pytest.raises(ValueError, match="got "):
        Size.of(value)


@pytest.mark.parametrize(
    "value",
    ["orange", "Orange", "#ffa500", "ffa500", "#FFA500", "#ffa500ff", (1, 165 / 255, 0), "[1,0.6470588235294118,0,1]"],
)
def test_a_color_is_read_from_a_name_digits_or_numbers(value: Any) -> None:
    assert Color.of(value) == Color(1, 165 / 255, 0)
    assert Color.of(str(Color.of(value))) == Color(1, 165 / 255, 0)


def test_a_color_that_pillow_has_read_before_is_read_again() -> None:
    assert PIL.ImageColor.getrgb("teal") == (0, 128, 128)
    assert Color.of("teal") == Color.of("teal") == Color(0, 128 / 255, 128 / 255)


def test_a_color_may_have_alpha() -> None:
    assert Color.of("transparent") == Color.of("#0000") == Color(0, 0, 0, 0)
    assert Color.of(np.array([0.5, 0.25, 0, 0.125], np.float32)) == Color(0.5, 0.25, 0, 0.125)
    assert str(Color.of("#12345678")) == "#12345678"
    assert str(Color(0.5, 0.25, 0)) == "[0.5,0.25,0]"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "orang",
        "#12345",
        "#\u0661\u0661\u0661",
        "[1,0]",
        "[1,0,",
        "[1,0,2]",
        "[1,0,NaN]",
        "[1,0,null]",
        7,
        None,
        (0, 0, 255),
        "[10000000000,0,0]",
        ("1", "0", "0"),
        ("1", 0, 0, 0),
    ],
)
def test_what_is_no_color(value: Any) -> None:
    with pytest.raises(ValueError, match="got "):
        Color.of(value)
