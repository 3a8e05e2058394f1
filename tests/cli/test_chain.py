"""The text after -f: the filters that it means, and the errors for invalid texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import pytest

from imgcuda import Filter, Registry, param
from imgcuda.cli.chain import DEFAULT, parse_chain
from imgcuda.errors import ImgcudaError
from imgcuda.recipes.chain_text import example, parse_step
from imgcuda.recipes.quoting import quoted, split, unquoted
from imgcuda.registry import Plugin


class Soften(Filter):
    """Soften an image."""

    sigma: float = param(default=2.0, ge=0.1, le=100, help="in pixels")
    passes: int = param(default=1, ge=1, help="how often")
    low_light: bool = param(default=False, help="for dark pictures")
    border: Literal["reflect", "wrap"] = param(default="reflect", help="beyond the edge")


class Cut(Filter):
    """Cut at a level."""

    level: float = param(ge=0.5, le=1, help="where")
    keep: Literal["above", "below"] = param(help="what is kept")


@dataclass(frozen=True)
class Word:
    """A parameter's type of a plugin's own: any text but a list that does not end."""

    words: ClassVar[str] = "a word"
    text: str

    @classmethod
    def of(cls, value: object) -> Self:
        if isinstance(value, str) and value.startswith("[["):
            raise ValueError("got a list")
        return value if isinstance(value, cls) else cls(str(value))

    @classmethod
    def example(cls) -> Self:
        return cls("a,b")

    def __str__(self) -> str:
        return self.text


class Spell(Filter):
    """Spell a word."""

    word: Word = param(help="which")
    times: int = param(default=1, help="how often")


class Plain(Filter):
    """Do one thing only."""


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add(Plugin("ours", "ours 1.0"), [Soften, Cut, Plain])
    return registry


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("soften", Soften()),
        ("plain", Plain()),
        ("soften:sigma=3", Soften(sigma=3)),
        ("soften:sigma=3,border=wrap", Soften(sigma=3, border="wrap")),
        ("soften: sigma = 3 , passes = 2", Soften(sigma=3, passes=2)),
        ("soften:low_light=true", Soften(low_light=True)),
        ("soften:low-light=Yes", Soften(low_light=True)),
        ("soften:low_light=1", Soften(low_light=True)),
        ("soften:low_light=off", Soften(low_light=False)),
        ("soften:sigma=1e1", Soften(sigma=10)),
        ("cut:level=.5,keep=below", Cut(level=0.5, keep="below")),
    ],
)
def test_a_step_is_a_filter(step: str, expected: Filter, registry: Registry) -> None:
    assert parse_step(registry, step) == expected


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("sotfen", "there is no filter 'sotfen'; did you mean 'soften'?"),
        ("xyz", "there is no filter 'xyz'; `imgcuda list` shows what is installed"),
        ("soften:sgima=3", "soften has no parameter 'sgima'; did you mean 'sigma'?"),
        ("soften:x=3", "soften has no parameter 'x'; it has: sigma, passes, low_light, border"),
        ("plain:x=3", "plain has no parameter 'x'; it has: none"),
        ("soften:sigma=0", "soften: sigma must be from 0.1 to 100; got 0.0"),
        ("soften:sigma=nan", "soften: sigma must be a finite number; got nan"),
        ("soften:sigma=big", "soften: sigma must be a number; got 'big'"),
        ("soften:passes=1.5", "soften: passes must be a whole number; got '1.5'"),
        ("soften:low_light=maybe", "soften: low_light must be true or false; got 'maybe'"),
        ("soften:border=warp", "soften: border must be one of reflect, wrap; got 'warp'; did you mean 'wrap'?"),
        ("soften:sigma=1,sigma=2", "-f soften:sigma=1,sigma=2: sigma is given twice"),
        ("soften:", "-f soften:: '' is not parameter=value; write it as in -f soften:sigma=2,passes=1"),
        ("soften:sigma", "-f soften:sigma: 'sigma' is not parameter=value; write it as in -f soften:sigma=2,passes=1"),
        ("soften:sigma=3,", "'' is not parameter=value"),
        ("soften:=3", "'=3' is not parameter=value"),
        ("soften:sigma=", "'sigma=' is not parameter=value"),
        ("soften,sigma=3", "'soften,sigma=3' is not a filter; write name:parameter=value,parameter=value"),
        ("", "'' is not a filter"),
        ("cut", "cut needs a value for level, keep"),
    ],
)
def test_a_mistake_is_named_with_the_way_out(step: str, said: str, registry: Registry) -> None:
    with pytest.raises(ImgcudaError) as error:
        parse_step(registry, step, option="-f ")
    assert said in str(error.value)


def test_a_chain_keeps_its_order(registry: Registry) -> None:
    assert parse_chain(registry, ["plain", "soften:sigma=3", "plain"]) == [Plain(), Soften(sigma=3), Plain()]


def test_no_step_at_all_is_the_default_filter(registry: Registry) -> None:
    class Default(Filter):
        """Stand in for the filter that is run when none is asked for."""

        name = DEFAULT

    registry.add(Plugin("default", "ours 1.0"), [Default])
    assert parse_chain(registry, []) == [Default()]


def test_the_default_filter_may_be_missing(registry: Registry) -> None:
    with pytest.raises(ImgcudaError, match=f"Without -f it is '{DEFAULT}', which is not installed; write -f NAME"):
        parse_chain(registry, [])


def test_a_broken_plugin_is_mentioned_when_a_filter_is_not_found(registry: Registry) -> None:
    registry.broken[Plugin("sepia", "old-photo 0.3")] = "ImportError: no"
    with pytest.raises(ImgcudaError, match="\nBroken and left out: sepia; `imgcuda plugins` says why"):
        parse_step(registry, "sepia")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [""]),
        ("a=1", ["a=1"]),
        ("a=1,b=2", ["a=1", "b=2"]),
        ("k=[[0,-1],[1,0]],b=2", ["k=[[0,-1],[1,0]]", "b=2"]),
        ("a=1,", ["a=1", ""]),
    ],
)
def test_commas_inside_brackets_do_not_split(text: str, parts: list[str]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("'a,b.png'", "a,b.png"),
        ('"a,b.png"', "a,b.png"),
        (r"a\,b.png", "a,b.png"),
        ("x[y.png", "x[y.png"),
        ("x]y.png", "x]y.png"),
        ("x[1,2].png", "x[1,2].png"),
        (r"\[a\,b].png", "[a,b].png"),
        ("it's.png", "it's.png"),
        ('"it\'s, \\"it\\".png"', 'it\'s, "it".png'),
        (r"'C:\a\,b\'", "C:\\a\\,b\\"),
        (r"C:\new\a=b;c.png", r"C:\new\a=b;c.png"),
        (r"\\server\a.png", r"\\server\a.png"),
        ("' a b '", " a b "),
        ('["a,]b",[1,2]]', '["a,]b",[1,2]]'),
        ("[[1,2],[3]", None),
        ("'", None),
        ("'a'b", None),
    ],
)
def test_a_value_may_be_quoted(written: str, name: str | None, registry: Registry) -> None:
    registry.add(Plugin("word", "ours 1.0"), [Spell])
    for step in (f"spell:word={written},times=2", f"spell:times=2, word = {written}"):
        if name is None:
            with pytest.raises(ImgcudaError):
                parse_step(registry, step)
        else:
            assert parse_step(registry, step) == Spell(word=Word(name), times=2)


@pytest.mark.parametrize("value", ["a", "a,b", "it's", "'\"\\", "C:\\a", "a\\", "x]y", "]", " a", r"a\,b", "x=y:z", ""])
def test_what_is_quoted_is_read_as_it_was(value: str) -> None:
    first, second = split(f"word={quoted(value)},times=2")
    assert (unquoted(first.removeprefix("word=")), second) == (value, "times=2")


@pytest.mark.parametrize("filter_class", [Soften, Cut, Plain, Spell])
def test_the_example_given_is_right(filter_class: Any, registry: Registry) -> None:
    registry.add(Plugin("word", "ours 1.0"), [Spell])
    assert isinstance(parse_step(registry, example(filter_class)), filter_class)
