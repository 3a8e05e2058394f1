"""The limit on a device's memory: how it is written, and that it is not exceeded."""

from __future__ import annotations

import pytest

from imgcuda import DeviceError, DeviceMemoryError
from imgcuda.engine.memory_limit import Budget, in_words, limit


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("1", 1),
        ("4096", 4096),
        ("64k", 64 << 10),
        ("512M", 512 << 20),
        ("2G", 2 << 30),
        ("1.5G", 3 << 29),
        ("1T", 1 << 40),
        ("2 GiB", 2 << 30),
        (" 100MB ", 100 << 20),
        ("10B", 10),
    ],
)
def test_a_limit_is_bytes_or_has_a_suffix(written: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", written)
    assert limit() == size


def test_without_a_setting_there_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMGCUDA_MEMORY_LIMIT", raising=False)
    assert limit() is None
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "")
    assert limit() is None
    budget = Budget("cpu")
    budget.take(1 << 60)


@pytest.mark.parametrize("written", ["much", "-1", "0", "0.1", "5X", "M", "1e9", "1,5G"])
def test_what_is_no_size_is_refused_with_an_example(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", written)
    with pytest.raises(DeviceError) as caught:
        limit()
    assert str(caught.value) == f"IMGCUDA_MEMORY_LIMIT must be a number of bytes, as 512M or 2G; got '{written}'"


def test_sizes_are_told_in_a_unit_that_suits_them() -> None:
    assert [in_words(size) for size in (0, 1536, 1 << 20, 5 << 29)] == ["0.0 KiB", "1.5 KiB", "1.0 MiB", "2560.0 MiB"]


def test_a_budget_is_kept_and_what_is_given_back_may_be_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "10M")
    budget = Budget("cuda:0")
    budget.take(6 << 20)
    with pytest.raises(DeviceMemoryError) as caught:
        budget.take((4 << 20) + 1)
    assert str(caught.value) == (
        "cuda:0: allocating 4.0 MiB: IMGCUDA_MEMORY_LIMIT allows 10.0 MiB, and 6.0 MiB are taken"
    )
    budget.take(4 << 20)
    budget.give(10 << 20)
    budget.take(10 << 20)
    assert budget.taken == budget.limit
