"""Where a chain's text is split into steps, and which values need quotes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgcuda.recipes.quoting import quoted, split, split_chain, unquoted

NASTY = st.text(st.sampled_from(" a1,|'\"\\[]=:@.-\n"), max_size=12) | st.text(max_size=12)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ["a"]),
        ("a|b", ["a", "b"]),
        (" a | b:x=1,y=2 |c ", ["a", "b:x=1,y=2", "c"]),
        ("a:x='|',y=\"|\" | b", ["a:x='|',y=\"|\"", "b"]),
        (r"a:x=\| | b", [r"a:x=\|", "b"]),
        ("a:x=[1 | b:y=2]", ["a:x=[1", "b:y=2]"]),
        ("a:x=y[1 | b:y=2]", ["a:x=y[1", "b:y=2]"]),
        ('a:x=["|"] | b', ['a:x=["|"]', "b"]),
        ("@a,b.toml | @'c|d.toml' | a", ["@a,b.toml", "@'c|d.toml'", "a"]),
        (r"@C:\a:b.toml | a", [r"@C:\a:b.toml", "a"]),
        ("a: | b", ["a:", "b"]),
        ("", [""]),
    ],
)
def test_a_chain_is_split_where_its_steps_end(text: str, steps: list[str]) -> None:
    assert split_chain(text) == steps


@settings(deadline=None)  # other work on the machine makes it slow
@given(st.lists(st.lists(NASTY, max_size=3), min_size=1, max_size=3))
def test_any_values_are_found_again_in_a_chain(chain: list[list[str]]) -> None:
    texts = [":".join(["a", *[",".join(f"x={quoted(value)}" for value in values)] * bool(values)]) for values in chain]
    found = split_chain(" | ".join(texts))
    parts = [split(step.partition(":")[2]) if ":" in step else [] for step in found]
    assert [[unquoted(part.removeprefix("x=")) for part in each] for each in parts] == chain


@pytest.mark.parametrize("text", ["[1,2]", "[[0,-1.5],[1e-05,2]]", "a.png", "a b", r"3"])
def test_numbers_and_plain_names_need_no_quotes(text: str) -> None:
    assert quoted(text) == text
