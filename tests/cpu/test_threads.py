"""The CPU engine in many threads at once."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.cpu import compile, loading, session, workers
from imgcuda.cpu.code import Code
from support.small_kernels import launch

THREADS = 12


@pytest.fixture(autouse=True)
def nothing_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty cache, several cores whatever the machine has, and threads that take turns as often as can be."""
    monkeypatch.setenv("IMGCUDA_CACHE", str(tmp_path))
    monkeypatch.setenv("IMGCUDA_THREADS", "4")
    monkeypatch.setattr(workers, "pools", {})
    monkeypatch.setattr(session, "WORTH_A_THREAD", 1 << 8)
    monkeypatch.setattr(loading, "loaded", OrderedDict())
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def at_once(work: Callable[[int], None]) -> None:
    """Do something in many threads that start together; fail if it raises in one, or one does not end."""
    barrier, mistakes = threading.Barrier(THREADS), []

    def run(number: int) -> None:
        barrier.wait()
        try:
            work(number)
        except BaseException as error:
            mistakes.append(error)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads), "a thread waits for ever"
    assert mistakes == []


def add(number: int) -> None:
    """Add a number in a kernel that is made for it, on several cores."""
    source = f"__global__ void k(int *out) {{ int i = blockIdx.x * 32 + threadIdx.x; out[i] = i + {number}; }}"
    out = np.zeros(32 * 64, np.int32)
    launch(source, out, grid=64)
    assert (out == np.arange(out.size) + number).all(), number


def test_a_kernel_that_all_threads_need_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = compile.compile

    def counted(*given: object, **how: object) -> Code:
        made.append(given)
        return original(*given, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(compile, "compile", counted)
    at_once(lambda number: add(1))
    assert len(made) == 1


def add_all(numbers: list[int]) -> None:
    for number in numbers:
        add(number)


def test_threads_compile_and_launch_kernels_of_their_own() -> None:
    at_once(lambda number: add_all([100 * number + each % 2 for each in range(20)]))


def test_threads_take_kernels_from_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    # Only two may stay loaded, so most of them are dropped while another thread runs them.
    monkeypatch.setattr(loading, "MOST", 2)
    at_once(lambda number: add_all([(number + each) % 7 for each in range(40)]))
    assert len(loading.loaded) == 2


STEPS: list[tuple[str, dict[str, Any]]] = [
    ("blur", {"sigma": 1.5}),
    ("edges", {}),
    ("grayscale", {}),
    ("blur", {"sigma": 8}),
]


def test_filters_in_many_threads_give_what_they_give_in_one(picture: npt.NDArray[np.uint8]) -> None:
    made: list[tuple[int, npt.NDArray[Any]]] = []

    def work(number: int) -> None:
        for each in range(len(STEPS)):
            step = (number + each) % len(STEPS)  # each thread begins with another
            made.append((step, imgcuda.apply(picture, STEPS[step][0], device="cpu", **STEPS[step][1])))

    at_once(work)
    alone = [imgcuda.apply(picture, name, device="cpu", **how) for name, how in STEPS]
    assert len(made) == THREADS * len(STEPS)
    for step, result in made:
        np.testing.assert_array_equal(result, alone[step])
