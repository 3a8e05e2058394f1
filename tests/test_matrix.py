"""The tables of parameters of tests: what of them is in the plain run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations, product
from typing import Any

import pytest

from imgcuda.testing.contract_checks import KINDS, TYPES
from support.covering import covering
from support.matrix import every_third, exhaustive, matrix, pairs

SHAPES = [(5, 5), (1, 9), (5, 5, 1), (5, 5, 2), (5, 5, 3), (5, 5, 4)]
BORDERS = ["reflect", "mirror", "wrap"]


def cases(plain: bool, **values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the cases of a matrix that the plain run has, or those that only the exhaustive one has."""
    return [case.values for case in matrix(**values).args[1] if plain == (pytest.mark.exhaustive not in case.marks)]


def met(cases: Iterable[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """Return every two values that meet in any of the cases, with their columns."""
    return {pair for case in cases for pair in combinations(enumerate(case), 2)}


def test_both_runs_have_each_pair_of_values_in_few_cases() -> None:
    values = {"shape": SHAPES, "dtype": TYPES, "border": BORDERS, "way": ["up", "down"]}
    every = cases(True, **values) + cases(False, **values)
    assert met(every) == met(product(*values.values()))
    assert len(set(every)) == len(every) < len(list(product(*values.values()))) / 2


def test_a_kernel_that_is_taken_runs_with_all_shapes_of_its_channel_count() -> None:
    values = {"shape": SHAPES, "dtype": TYPES, "border": BORDERS}
    every = set(cases(True, **values) + cases(False, **values))
    for dtype, border in product(TYPES, BORDERS):
        assert len({(shape, dtype, border) in every for shape in SHAPES[:3]}) == 1


def test_another_salt_takes_other_cases_and_the_same_one_the_same() -> None:
    rows = list(product(range(3), range(4), range(5)))
    assert covering(rows, salt="blur") == covering(rows, salt="blur") != covering(rows, salt="erode")


def test_few_rows_have_every_pair_and_none_that_is_taken_already() -> None:
    rows = list(product(range(3), range(4), range(5)))
    assert met(covering(rows)) == met(rows)
    assert len(covering(rows)) < 26  # 20 at least
    assert covering(rows, taken=rows) == []
    assert met([*rows[:7], *covering(rows, taken=rows[:7])]) == met(rows)


def test_pairs_has_all_of_the_plain_values_and_each_pair_of_the_others() -> None:
    marked = pairs(a=[1, 2, exhaustive(3)], b=["x", exhaustive("y")], c=[4, 5, exhaustive(6)]).args[1]
    plain = [case.values for case in marked if not case.marks]
    assert plain == list(product([1, 2], "x", [4, 5]))
    assert met(case.values for case in marked) == met(product([1, 2, 3], "xy", [4, 5, 6]))
    assert len(marked) < 15


def test_the_plain_run_has_each_kind_with_the_first_of_all_else() -> None:
    plain = cases(True, shape=SHAPES, dtype=TYPES, border=BORDERS)
    kinds = {(dtype, shape[2] if len(shape) == 3 else 1) for shape, dtype, border in plain if border == "reflect"}
    assert kinds == set(KINDS)


def test_the_plain_run_has_each_other_value_on_every_gray_shape_of_bytes() -> None:
    plain = cases(True, shape=SHAPES, dtype=TYPES, way=["up", "down"], radius=[1, 2])
    gray = [(5, 5), (1, 9), (5, 5, 1)]
    assert [case for case in plain if case[2:] == ("down", 1)] == [(shape, "uint8", "down", 1) for shape in gray]
    assert [case for case in plain if case[2:] == ("up", 2)] == [(shape, "uint8", "up", 2) for shape in gray]
    assert not [case for case in plain if case[2:] == ("down", 2)]


def test_of_border_rules_the_plain_run_has_the_first_and_the_last() -> None:
    plain = cases(True, shape=SHAPES, dtype=TYPES, border=BORDERS)
    assert {border for *_, border in plain} == {"reflect", "wrap"}


def test_each_value_is_in_the_plain_run_whatever_the_others_are() -> None:
    assert cases(True, dtype=["uint16"], way=["up", "down"]) == [("uint16", "up"), ("uint16", "down")]
    assert cases(True, shape=[(5, 5, 2)], dtype=["float32"]) == [((5, 5, 2), "float32")]
    assert cases(True, shape=SHAPES) == [(shape,) for shape in SHAPES]


def test_of_three_cases_of_a_list_the_plain_run_has_the_first() -> None:
    made = every_third([(1, "a"), (2, "b"), (3, "c"), (4, "d"), 5])
    assert [case.values for case in made] == [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5,)]
    assert [number for number, case in enumerate(made) if pytest.mark.exhaustive not in case.marks] == [0, 3]
