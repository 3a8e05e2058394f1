"""Tables of parameters for tests of kernels: all pairs of values under the marker `exhaustive`, a few in the plain run.

Each combination of a pixel type, a channel count, a border rule and a parameter that the source depends on is a kernel
of its own, which takes a fifth of a second to compile; images of other sizes run with the same kernel. So the plain run
takes the kernels that all tests of a filter share: each of the contract's KINDS with the first value of all else, and
each other value alone, on gray bytes. Of border rules, which all filters take from the prelude, whose tests try each,
the plain run has the first and the last.

Both runs together have every pair of values, and not every combination (support.covering).

@matrix(shape=[(1, 1), (17, 31), (37, 53, 3)], dtype=TYPES, border=BORDERS)
def test_any_shape_matches_scipy(shape, dtype, border): ...
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import pytest

from imgcuda.testing.contract_checks import KINDS
from support.covering import Row, covering

Case = tuple[Any, ...]
BASE = KINDS[0]
"""The pixel type and channel count on which values are tried one by one."""


def exhaustive(*values: Any) -> Any:
    """Return values of parameters that only the exhaustive run has: parametrize(names, [(1, 2), exhaustive(3, 4)])."""
    return pytest.param(*values, marks=pytest.mark.exhaustive)


def every_third(cases: Iterable[Any]) -> list[Any]:
    """Return cases of one mechanism: the first of every three for both runs, the others for the exhaustive run only.

    A tuple holds the values of several parameters; another value is that of the only parameter.
    """
    rows = [case if isinstance(case, tuple) else (case,) for case in cases]
    return [exhaustive(*row) if number % 3 else pytest.param(*row) for number, row in enumerate(rows)]


def matrix(salt: str = "", /, **values: Sequence[Any]) -> pytest.MarkDecorator:
    """Parametrize a test by cases that have each pair of values; those left out of the plain run are marked.

    `shape` and `dtype` have their meaning, and may be missing: then a kind counts by the other. A value that no case of
    the plain run would have gets one: the first. A kernel that is taken for its pairs runs with all shapes. `salt` is
    as for `covering`.
    """
    rows = _rows(values.values())
    cases = list(product(*values.values()))
    plain = {rows[number] for number in _plain(cases, values)}
    of_kernel: defaultdict[Row, list[Row]] = defaultdict(list)
    for row in rows:
        of_kernel[_kernel(row, values)].append(row)
    complete = [kernel for kernel, runs in of_kernel.items() if plain.issuperset(runs)]
    others = [row for kernel in covering(of_kernel, complete, salt) for row in of_kernel[kernel]]
    return _parametrize(values, plain, others)


def pairs(**values: Sequence[Any]) -> pytest.MarkDecorator:
    """Parametrize a test by all combinations of what the plain run has of the values, and a few more for each pair.

    Values that only the exhaustive run has are written exhaustive(value).
    """
    in_both = [[at for at, value in enumerate(of) if not hasattr(value, "marks")] for of in values.values()]
    unmarked = {
        name: [value.values[0] if hasattr(value, "marks") else value for value in of] for name, of in values.items()
    }
    plain = set(product(*in_both))
    return _parametrize(unmarked, plain, covering(_rows(unmarked.values()), plain))


def _rows(columns: Iterable[Sequence[Any]]) -> list[Row]:
    return list(product(*(range(len(column)) for column in columns)))


def _parametrize(values: Mapping[str, Sequence[Any]], plain: set[Row], others: Iterable[Row]) -> pytest.MarkDecorator:
    """Return the mark that tries rows of values, those of the plain run and others."""
    marked = []
    for row in sorted(plain.union(others)):
        case = [of[number] for of, number in zip(values.values(), row, strict=True)]
        marks = () if row in plain else pytest.mark.exhaustive
        marked.append(pytest.param(*case, id="-".join(map(_label, case)), marks=marks))
    return pytest.mark.parametrize(tuple(values), marked)


def _kernel(row: Row, values: Mapping[str, Sequence[Any]]) -> Row:
    """Return what a row's kernel depends on: of a shape only the channel count."""
    return tuple(
        _channels(of[number]) if name == "shape" else number
        for number, (name, of) in zip(row, values.items(), strict=True)
    )


def _plain(cases: Sequence[Case], values: Mapping[str, Sequence[Any]]) -> Iterator[int]:
    """Return the places of the cases that the plain run has."""
    missing = {(name, repr(value)) for name, of in values.items() for value in _tried(name, of)}
    chosen = [_is_plain(dict(zip(values, case, strict=True)), values) for case in cases]
    for number in sorted(range(len(cases)), key=lambda number: not chosen[number]):
        has = {(name, repr(value)) for name, value in zip(values, cases[number], strict=True)}
        if chosen[number] or has & missing:
            missing -= has
            yield number


def _is_plain(case: Mapping[str, Any], values: Mapping[str, Sequence[Any]]) -> bool:
    others = [name for name in values if name not in ("shape", "dtype") and case[name] is not values[name][0]]
    kinds = [BASE] if others else KINDS
    tried = all(case[name] in _tried(name, values[name]) for name in others)
    return tried and len(others) < 2 and any(_is_of(case, *kind) for kind in kinds)


def _tried(name: str, values: Sequence[Any]) -> Sequence[Any]:
    """Return the values of a parameter that the plain run tries."""
    return (values[0], values[-1]) if name == "border" else values


def _is_of(case: Mapping[str, Any], dtype: str, channels: int) -> bool:
    """Return whether a case has this pixel type and channel count, where it has any."""
    return _channels(case.get("shape", (1, 1, channels))) == channels and case.get("dtype", dtype) == dtype


def _channels(shape: Sequence[int]) -> int:
    return shape[2] if len(shape) == 3 else 1


def _label(value: Any) -> str:
    return getattr(value, "__name__", None) or str(value)
