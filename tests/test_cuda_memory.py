"""The parts of the GPU engine's memory that can be tested without a GPU: sizes, and the copying threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cuda.memory import rounded
from imgcuda.cuda.transfers import PIECE, ParallelCopy
from imgcuda.testing import assert_close


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (0, 512),
        (1, 512),
        (512, 512),
        (513, 1024),
        (1 << 20, 1 << 20),
        ((1 << 20) + 1, (1 << 20) + (1 << 17)),
        ((100 << 20) - 1, 100 << 20),
        ((80 << 30) + 1, (80 << 30) + (4 << 20)),
    ],
)
def test_sizes_are_rounded_so_that_blocks_can_be_used_again(asked: int, given: int) -> None:
    assert rounded(asked) == given


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE + 3])
def test_threads_copy_every_byte(size: int, random_image: Callable[..., npt.NDArray[Any]]) -> None:
    source = random_image((size,))
    target = np.zeros(size + 1, np.uint8)
    ParallelCopy(target[:size], source).wait()
    assert_close(target[:size], source)
    assert target[size] == 0


def test_copies_may_be_waited_for_again(random_image: Callable[..., npt.NDArray[Any]]) -> None:
    source = random_image((3 * PIECE,))
    target = np.empty_like(source)
    copies = ParallelCopy(target, source)
    copies.wait()
    copies.wait()
    assert_close(target, source)
