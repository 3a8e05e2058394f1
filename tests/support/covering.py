"""Selects few rows of a table that still contain every pair of values of two columns: pairwise testing.

What is wrong in a kernel or in a compiler is so for one value, or for two that meet, a border rule and a channel count,
and seldom for three. So a few rows find what all rows find: 20 for 3 pixel types, 4 channel counts and 5 border rules,
rather than 60.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from zlib import crc32

Row = tuple[int, ...]
"""The number of a value in each column."""
Pair = tuple[tuple[int, int], tuple[int, int]]


def covering(rows: Iterable[Row], taken: Iterable[Row] = (), salt: str = "") -> list[Row]:
    """Return rows that, together with those taken, have every pair of values that the rows have.

    Of rows that do as well, each salt prefers others: tables of one kind that are salted by their names have, all
    together, nearly every three values that meet.
    """
    pairs = {row: _pairs(row) for row in sorted(rows, key=lambda row: crc32(f"{salt}{row}".encode()))}
    missing = set[Pair]().union(*pairs.values()).difference(*map(_pairs, taken))
    chosen = []
    while missing:
        best = max(pairs, key=lambda row: len(pairs[row] & missing))
        missing -= pairs[best]
        chosen.append(best)
    return chosen


def _pairs(row: Row) -> set[Pair]:
    """Return the pairs of values in a row; of a row with one column, that value twice."""
    values = list(enumerate(row))
    return set(combinations(values, 2)) if len(row) > 1 else {(values[0], values[0])}
