"""Sweeps: texts of chains whose parameters take several values."""

from __future__ import annotations

from typing import Any

import pytest

from imgcuda import ParameterError
from imgcuda.recipes.chain_text import write_chain
from imgcuda.recipes.quoting import split_values
from imgcuda.recipes.sweeps import MOST_VALUES, parse_sweep
from support.installed import installed


def values(*steps: str) -> list[tuple[str, ...]]:
    return [each.values for each in parse_sweep(installed(), steps, 10_000).swept]


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("blur:sigma=1..8/8", ("1", "2", "3", "4", "5", "6", "7", "8")),
        ("blur:sigma=1..2/3,border=wrap", ("1", "1.5", "2")),
        ("blur:sigma=1..2", ("1", "1.25", "1.5", "1.75", "2")),
        ("blur:sigma=2..1/2", ("2", "1")),
        ("rotate:angle=-1e1..+10./3", ("-10", "0", "10")),
        ("unsharp-mask:amount=0.5|1|2", ("0.5", "1", "2")),
        ("unsharp-mask:amount= 0.5 | 1 ", ("0.5", "1")),
        ("edges:operator=sobel|scharr", ("sobel", "scharr")),
        ("median:radius=1..3/3", ("1", "2", "3")),
        ("median:radius=1..3", ("1", "2", "3")),  # fewer than the usual number
        ("convolve:kernel=[[1,2,1]]|[[0,1,0]]", ("[[1,2,1]]", "[[0,1,0]]")),
    ],
)
def test_values_are_a_list_or_even_steps_of_a_range(step: str, expected: tuple[str, ...]) -> None:
    assert values(step) == [expected]


def test_two_parameters_make_a_chain_for_each_pair() -> None:
    found = parse_sweep(installed(), ["blur:sigma=1|3", "invert", "unsharp-mask:amount=0.5|1|2"], 6)
    assert [each.heading(0) for each in found.swept] == ["blur: sigma=1", "unsharp-mask: amount=0.5"]
    assert list(found.chains) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    chain = found.chains[1, 0]
    assert write_chain(chain.filters) == "blur:sigma=3 | invert | unsharp-mask:amount=0.5"
    assert chain.steps == ("blur:sigma=3", "invert", "unsharp-mask:amount=0.5")
    assert found.chains[0, 1].steps[2] == "unsharp-mask:amount=1"  # its default is written, too


def test_two_parameters_of_one_filter_are_swept() -> None:
    found = parse_sweep(installed(), ["crop:width=10|20,height=30|40"], 4)
    assert [write_chain(each.filters) for each in found.chains.values()] == [
        *("crop:width=10,height=30", "crop:width=10,height=40"),
        *("crop:width=20,height=30", "crop:width=20,height=40"),
    ]


HOW = "; write -f blur:sigma=1..8/8 for 8 values from 1 to 8, or -f 'blur:sigma=1|2|5'"


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (["blur:sigma=3"], f"no parameter takes several values{HOW}"),
        (["blur:sigma=1.."], "blur: sigma must be a number; got '1..'"),
        (["blur:sigma=1|"], f"-f blur:sigma=1|: a value is missing beside a |{HOW}"),
        (["blur:sigma=1|2|1"], "-f blur:sigma=1|2|1: the value 1 is given twice"),
        (["blur:sigma=1|2|edges"], "-f blur:sigma=1|2|edges: in a sweep a | stands between values; write -f edges "),
        (["blur:sigma=1..1/3"], f"1..1 begins where it ends{HOW}".replace("1..1 ", "1..1/3 ")),
        (["blur:sigma=1..2/1"], f"1..2/1: a range has from 2 to {MOST_VALUES} values, not 1"),
        (["blur:sigma=1..2/101"], f"1..2/101: a range has from 2 to {MOST_VALUES} values, not 101"),
        (["blur:sigma=0..4/5"], "blur: sigma must be from 0.1 to 100; got 0.0"),
        (["blur:sigm=1..4/5"], "blur has no parameter 'sigm'; did you mean 'sigma'?"),
        (["median:radius=1..4/9"], "1..4/9: radius is a whole number, and there are not 9 of them"),
        (["crop:x=1|2,y=1|2,width=5|6"], "3 parameters take several values (x, y, width); at most 2 can"),
        (["blur:sigma=1..8/8", "gamma:gamma=1..2/9"], "these are 8 x 9 = 72 pictures, and a sheet has at most 64"),
    ],
)
def test_a_sweep_of_nothing_or_of_too_much_is_refused(steps: list[str], message: str) -> None:
    with pytest.raises(ParameterError) as error:
        parse_sweep(installed(), steps, 64)
    assert str(error.value).startswith(message)


def test_a_recipe_among_the_steps_is_kept_as_it_is(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "look.toml").write_text('version = 1\n[[filter]]\nname = "invert"\n')
    found = parse_sweep(installed(), ["@look.toml", "blur:sigma=1|3"], 4)
    assert [write_chain(each.filters) for each in found.chains.values()] == [
        "invert | blur:sigma=1",
        "invert | blur:sigma=3",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1|2", ["1", "2"]),
        ("", [""]),
        (r"a\|b|c", [r"a\|b", "c"]),
        ("'a|b'", ["'a|b'"]),
        ("[1,2]|[3]", ["[1,2]", "[3]"]),
    ],
)
def test_values_are_split_where_a_bar_is_none_of_theirs(text: str, expected: list[str]) -> None:
    assert split_values(text) == expected
