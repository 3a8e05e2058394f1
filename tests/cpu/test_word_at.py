"""`__builtin_word_at`: 32 bits from any byte on, by each way that addresses differ from thread to thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from imgcuda.cpu import session
from imgcuda.engine.protocol import DeviceArray
from imgcuda.programs.layout import Dim3
from support.small_kernels import launch, run_exactly

COUNT, BYTES = 100, np.random.default_rng(0).integers(0, 256, 400, dtype=np.uint8)
CASES: list[tuple[str, Callable[[int], int]]] = [
    ("bytes + x * x % 97", lambda x: x * x % 97),
    ("bytes + x", lambda x: x),
    ("bytes + 4 * x", lambda x: 4 * x),
    ("bytes + 7", lambda x: 7),
    ("bytes + x / 50 + 1", lambda x: x // 50 + 1),
    ("(const unsigned short *)bytes + x * x % 97", lambda x: 2 * (x * x % 97)),
    ("bytes + (long long)x * x % 97", lambda x: x * x % 97),
]


def kernel(pointer: str, condition: str = "true") -> str:
    return f"""__global__ void k(unsigned int *out, const unsigned char *bytes) {{
        int x = blockIdx.x * blockDim.x + threadIdx.x;
        if (x < {COUNT} && ({condition})) out[x] = __builtin_word_at({pointer});
    }}"""


def words(place: Callable[[int], int]) -> list[int]:
    return [int.from_bytes(BYTES[place(x) : place(x) + 4].tobytes(), "little") for x in range(COUNT)]


def arrays() -> tuple[npt.NDArray[Any], list[DeviceArray]]:
    out = np.zeros(COUNT, np.uint32)
    return out, [session.as_device_array(each) for each in (out, BYTES)]


@pytest.mark.parametrize("width", [8, 16, 32])
@pytest.mark.parametrize(("pointer", "place"), CASES)
def test_a_word_begins_anywhere(pointer: str, place: Callable[[int], int], width: int) -> None:
    out, given = arrays()
    run_exactly(kernel(pointer), given, "k", Dim3(2), Dim3(64), width=width)
    assert out.tolist() == words(place)


def test_some_threads_read_and_the_others_do_not() -> None:
    out = np.zeros(COUNT, np.uint32)
    launch(kernel(CASES[0][0], "x % 3 == 1"), out, BYTES, grid=2, block=50)
    assert out.tolist() == [each if x % 3 == 1 else 0 for x, each in enumerate(words(CASES[0][1]))]
