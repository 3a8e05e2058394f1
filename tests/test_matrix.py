"""The tables of parameters of tests: what of them is in the plain run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from imgcuda.testing.contract_checks import KINDS, TYPES
from support.matrix import every_third, matrix

SHAPES = [(5, 5), (1, 9), (5, 5, 1), (5, 5, 2), (5, 5, 3), (5, 5, 4)]
BORDERS = ["reflect", "mirror", "wrap"]


def cases(plain: bool, **values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the cases of a matrix that the plain run has, or those that only the exhaustive one has."""
    return [case.values for case in matrix(**values).args[1] if plain == (pytest.mark.exhaustive not in case.marks)]


def test_both_runs_together_have_every_combination() -> None:
    values = {"shape": SHAPES, "dtype": TYPES, "border": BORDERS}
    every = cases(True, **values) + cases(False, **values)
    assert len(every) == len(set(every)) == len(SHAPES) * len(TYPES) * len(BORDERS)


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
