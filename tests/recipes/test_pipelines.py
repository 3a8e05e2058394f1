"""Pipelines as sequences: they compare, nest and are read from text; and what types of parameters owe them."""

from __future__ import annotations

from typing import ClassVar, Self

import pytest

from imgcuda import Filter, FilterError, ParameterError, Pipeline, PluginError, Table, param
from support.installed import installed

BLUR, EDGES, FLIP = (installed().create(name, {}) for name in ("blur", "edges", "flip"))


class Word:
    """A parameter's type without a `to_text`, and one text that it does not read again."""

    words: ClassVar[str] = "a word"

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def of(cls, value: object) -> Self:
        return value if isinstance(value, cls) else cls(str(value).lower())

    @classmethod
    def example(cls) -> Self:
        return cls("hello")

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Word) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


class Say(Filter):
    """Say a word."""

    word: Word = param(default=Word("hello"), help="which")


class Curve(Filter):
    """Have a table."""

    table: Table = param(default=Table.example(), help="which")


def test_a_pipeline_is_a_sequence_of_its_filters() -> None:
    pipeline = Pipeline([BLUR, EDGES, FLIP])
    assert len(pipeline) == 3
    assert list(pipeline) == [BLUR, EDGES, FLIP]
    assert (pipeline[0], pipeline[-1]) == (BLUR, FLIP)
    assert pipeline[1:] == Pipeline([EDGES, FLIP])
    assert EDGES in pipeline
    with pytest.raises(IndexError):
        pipeline[3]


def test_a_pipeline_among_filters_stands_for_its_own() -> None:
    inner = Pipeline([BLUR, Pipeline([EDGES])])
    assert Pipeline([FLIP, inner, inner]).filters == (FLIP, BLUR, EDGES, BLUR, EDGES)


def test_pipelines_of_equal_filters_are_equal() -> None:
    made = {Pipeline([installed().create("blur", {"sigma": sigma})]) for sigma in (1, 1.0, 2)}
    assert len(made) == 2
    assert Pipeline([BLUR]) != Pipeline([EDGES])
    assert Pipeline([BLUR]) != [BLUR]


def test_what_is_no_filter_is_refused_in_a_nested_pipeline_too() -> None:
    with pytest.raises(FilterError, match="a pipeline takes filters, as Blur\\(sigma=3\\); it was given 'blur'"):
        Pipeline([Pipeline([BLUR]), "blur"])  # type: ignore[list-item]


def test_a_type_without_a_text_method_is_written_as_str_says() -> None:
    assert str(Pipeline([Say(), Say(word="a, b")])) == "say | say:word='a, b'"  # type: ignore[arg-type]
    assert 'word = "a, b"' in Pipeline([Say(word="a, b")]).to_toml()  # type: ignore[arg-type]


def test_a_type_whose_text_means_something_else_is_refused() -> None:
    why = r"say: word cannot be written as text: Word.of\(\) makes something else of 'LOUD'; it needs a method to_text"
    with pytest.raises(ParameterError, match=why):
        str(Pipeline([Say(word=Word("LOUD"))]))


@pytest.mark.parametrize("values", [[0.5, 1.0, 0.1], [[1, 2], [3, 4]], [1e300 * 1e-299, -0.0]])
def test_a_table_is_written_in_its_own_type(values: object) -> None:
    pipeline = Pipeline([Curve(table=Table.of(values))])
    text = str(pipeline).removeprefix("curve:table=")
    assert Table.of(text) == Table.of(values)
    assert f"table = {text}" in pipeline.to_toml().replace(", ", ",")


def test_a_table_of_a_type_that_text_has_not_is_refused() -> None:
    table = Table.of(Table.example().array.astype("float32"))
    with pytest.raises(ParameterError, match="its numbers are float32, and would be read as others; make them float64"):
        str(Pipeline([Curve(table=table)]))


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("blur | blurr", PluginError, "there is no filter 'blurr'; did you mean 'blur'?"),
        ("blur:sigma=0", ParameterError, "blur: sigma must be from 0.1 to 100; got 0.0"),
        ("blur |", ParameterError, "'' is not a filter; write name:parameter=value,parameter=value"),
        ("| blur", ParameterError, "'' is not a filter; write name:parameter=value,parameter=value"),
        ("blur:sigma", ParameterError, "blur:sigma: 'sigma' is not parameter=value; write it as in blur:sigma=2"),
        ("blur:sigma=1,sigma=2 | flip", ParameterError, "blur:sigma=1,sigma=2: sigma is given twice"),
        ("composite:image='a | flip", ParameterError, "''a | flip' begins with a quote that does not end"),
        ("composite:image='a' b | flip", ParameterError, "'b' follows the end of a quote; write the whole value"),
    ],
)
def test_a_mistake_in_a_text_is_told(text: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as caught:
        Pipeline.from_text(text)
    assert said in str(caught.value)
