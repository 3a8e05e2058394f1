"""Helpers for tests of filters and kernels: `contract`, `checked`, `assert_close`, and the fixture `kernels`.

test_sharpen = contract(Sharpen(), Sharpen(amount=0))    # a pytest test of what every filter promises, on each device

with checked():
    Sharpen(amount=2)(image)    # CheckError if its kernel is at fault, as by an access out of bounds

assert_close(Sharpen(amount=0)(image), image)            # AssertionError says where they differ, and by how much

def test_saxpy(kernels: DeviceKernels) -> None:          # on the CPU, and on each GPU
    kernels.load("saxpy.cu").saxpy(4, 2.0, x, y, grid=1, block=4)
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
from imgcuda.testing.device_kernels import DeviceKernels as DeviceKernels


def contract(*filters: Filter, checks: Sequence[Check] | None = None) -> Callable[..., None]:
    """Return a pytest test that checks what every filter promises: it runs each check on each device.

    `checks` are all of CHECKS by default. The message of a failed check says what to do. The fixture `device` is
    from imgcuda's plugin for pytest.
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
    """Raise AssertionError unless two images have one shape and differ nowhere by more than `tolerance`.

    The tolerance is in levels, or for float images in their own unit. The types may differ, since a reference
    is often float64. NaN is close to NaN only. The message says how many pixels differ, by how much at most, and
    where the first and the worst of them are.
    """
    got, wanted = np.asarray(actual), np.asarray(expected)
    if got.shape != wanted.shape:
        raise AssertionError(f"the shapes differ: {got.shape} instead of {wanted.shape}")
    apart = _distance(got, wanted)
    wrong = ~(apart <= tolerance)
    if wrong.any():
        raise AssertionError(_difference(got, wanted, apart, wrong, tolerance))


def _distance(got: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return by how much each sample differs: in float64, since differences of bytes would wrap around."""
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
