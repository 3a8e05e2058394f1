"""For tests of filters: the whole contract in one line; images compared; checked runs.

test_sharpen = contract(Sharpen(), Sharpen(amount=0))    # all that every filter promises, on every device, by pytest

with checked():
    Sharpen(amount=2)(image)    # CheckError if its kernel does what it may not

assert_close(Sharpen(amount=0)(image), image)            # or where they differ, and by how much
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.devices import checked as checked
from imgcuda.errors import CheckError
from imgcuda.filters import Filter
from imgcuda.testing.contract_checks import CHECKS, Check, NotApplicableError


def contract(*filters: Filter, checks: Sequence[Check] | None = None) -> Callable[..., None]:
    """Return a test for pytest that holds filters to what every filter promises: each check, on each device.

    `checks` are all of them, unless a test leaves some to others. What fails says what to do. The fixture
    `device` comes with imgcuda's plugin for pytest.
    """
    import pytest

    faulty: list[Filter] = []

    @pytest.mark.parametrize("filter", filters, ids=repr)
    @pytest.mark.parametrize("check", CHECKS if checks is None else checks, ids=lambda check: check.__name__)
    def test(filter: Filter, check: Check, device: str) -> None:
        if any(filter is other for other in faulty):
            pytest.skip("it might crash or never end: mend first what the checked run has found")
        try:
            check(filter, device)
        except NotApplicableError as why:
            pytest.skip(str(why))
        except CheckError:
            faulty.append(filter)
            raise

    return test


def assert_close(actual: npt.ArrayLike, expected: npt.ArrayLike, tolerance: float = 0) -> None:
    """Raise AssertionError unless two images of one shape are nowhere further apart than `tolerance`.

    The tolerance is in levels, or for float images in their own unit. The types may differ, since a reference
    is often float64. Not-a-number is close to itself only. The message says how many pixels differ, how far the
    worst of them is off, and where the first one is.
    """
    got, wanted = np.asarray(actual), np.asarray(expected)
    if got.shape != wanted.shape:
        raise AssertionError(f"the shapes differ: {got.shape} instead of {wanted.shape}")
    apart = _distance(got, wanted)
    wrong = ~(apart <= tolerance)
    if wrong.any():
        raise AssertionError(_difference(got, wanted, apart, wrong, tolerance))


def _distance(got: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return how far each sample is off: in float64, where bytes do not wrap around."""
    got, wanted = got.astype(np.float64), wanted.astype(np.float64)
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))  # infinity minus itself is not a number
    return np.where(same, 0.0, np.abs(np.subtract(got, wanted, where=~same, out=np.zeros(got.shape))))


def _difference(
    got: npt.NDArray[Any],
    wanted: npt.NDArray[Any],
    apart: npt.NDArray[np.float64],
    wrong: npt.NDArray[np.bool_],
    tolerance: float,
) -> str:
    pixels = wrong.any(axis=2) if wrong.ndim == 3 else wrong
    more = f"differ by more than {tolerance:g}" if tolerance else "differ"
    places = [
        _place(np.unravel_index(index, got.shape), got, wanted)
        for index in (wrong.argmax(), np.where(wrong, apart, -1.0).argmax())
    ]
    count = f"{pixels.sum()} of {pixels.size} pixels {more}, by up to {apart[wrong].max():.6g}"
    return f"{count}; the first is {places[0]}, the worst {places[1]}"


def _place(index: tuple[Any, ...], got: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> str:
    names = ("row", "column", "channel")[: got.ndim] if got.ndim <= 3 else [f"axis {axis}" for axis in range(got.ndim)]
    where = ", ".join(f"{name} {at}" for name, at in zip(names, index, strict=True))
    return f"at {where}: {got[index]} instead of {wanted[index]}"
