"""The threads of the CPU engine: every block runs once, from any calling thread, and in spite of interrupts."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import numpy as np
import pytest

from imgcuda.cpu import session, workers
from imgcuda.cpu.session import CpuSession
from imgcuda.engine.protocol import Launch
from support.matrix import exhaustive
from support.small_kernels import dim3, launch, program

COUNT = "__global__ void k(int *out) { atomicAdd(&out[blockIdx.x], 1 + blockIdx.x); }"
WAIT = """
__global__ void k(unsigned char *out, int *go) {
    while (atomicAdd(go, 0) == 0) {}
    out[blockIdx.x] = 7;
}
"""


@pytest.fixture(params=["5", exhaustive("2"), exhaustive("16")])
def count(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Some threads, and launches that are shared out however small they are."""
    monkeypatch.setenv("IMGCUDA_THREADS", request.param)
    monkeypatch.setattr(session, "WORTH_A_THREAD", 1)
    return int(request.param)


def test_threads_of_python_do_the_same(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "POSIX", False)
    monkeypatch.setattr(workers, "pools", {})
    out = np.zeros(100, np.int32)
    launch(COUNT, out, grid=100, block=1)
    assert [type(pool) for pool in workers.pools.values()] == [workers.PlainWorkers]
    assert (out == 1 + np.arange(100)).all()


@pytest.mark.parametrize("blocks", [1, 2, 3, 16, 63, 64, 65, 1000])
def test_each_block_runs_once(count: int, blocks: int) -> None:
    out = np.zeros(blocks, np.int32)
    for _ in range(20):
        launch(COUNT, out, grid=blocks, block=1)
    assert (out == 20 * (1 + np.arange(blocks))).all()


def test_each_block_runs_once_when_many_threads_call(count: int) -> None:
    made = [np.zeros(100, np.int32) for _ in range(8)]

    def work(out: np.ndarray) -> None:
        for _ in range(100):
            launch(COUNT, out, grid=100, block=1)

    threads = [threading.Thread(target=work, args=(out,), daemon=True) for out in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all((out == 100 * (1 + np.arange(100))).all() for out in made)


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the caller's thread took part, for each launch that was shared out."""
    noted: list[bool] = []
    original = workers.Workers.run

    def run(self: workers.Workers, launch: workers.PackedLaunch, blocks: int, parts: int, joins: bool) -> bool:
        noted.append(joins)
        return original(self, launch, blocks, parts, joins)

    monkeypatch.setattr(workers.Workers, "run", run)
    monkeypatch.setattr(session, "WORTH_A_THREAD", 1)
    monkeypatch.setenv("IMGCUDA_THREADS", "3")
    return noted


def test_a_callers_thread_takes_part(joined: list[bool]) -> None:
    out = np.zeros(9, np.int32)
    caller = threading.Thread(target=launch, args=(COUNT, out), kwargs={"grid": 9, "block": 1})
    caller.start()
    caller.join(30)
    assert (out == 1 + np.arange(9)).all()
    assert joined == [True]


def test_a_main_thread_that_a_handler_may_interrupt_only_waits(joined: list[bool]) -> None:
    out = np.zeros(9, np.int32)
    launch(COUNT, out, grid=9, block=1)
    assert (out == 1 + np.arange(9)).all()
    assert joined == [False]


def test_another_count_of_threads_is_taken_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "WORTH_A_THREAD", 1)
    out = np.zeros(50, np.int32)
    for number in (2, 6, 3, 1, 2):
        monkeypatch.setenv("IMGCUDA_THREADS", str(number))
        launch(COUNT, out, grid=50, block=1)
    assert (out == 5 * (1 + np.arange(50))).all()


def test_threads_get_smaller_stacks_where_the_system_has_no_room(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "KERNELS", (1 << 62, 8 << 20))
    monkeypatch.setattr(workers, "pools", {})
    out = np.zeros(50, np.int32)
    launch(COUNT, out, grid=50, block=1)
    assert (out == 1 + np.arange(50)).all()


def test_a_pool_that_was_closed_is_replaced(count: int) -> None:
    out = np.zeros(50, np.int32)
    for _ in range(5):
        launch(COUNT, out, grid=50, block=1)
        for pool in list(workers.pools.values()):
            pool.close()  # as another thread does when it is interrupted
            assert workers.pools
    assert (out == 5 * (1 + np.arange(50))).all()


class Interruption(Exception):
    """What a signal's handler raises here."""


@contextmanager
def alarm() -> Iterator[None]:
    """A signal in a tenth of a second, whose handler raises."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interruption

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_an_interrupted_launch_keeps_its_arrays_while_it_runs(count: int) -> None:
    used = CpuSession()
    array, go = used.empty((8,), np.uint8), used.zeros((1,), np.int32)
    watched = weakref.ref(array)
    launch(
        WAIT, np.zeros(8, np.uint8), np.ones(1, np.int32), grid=8, block=1
    )  # compiled now, not while the alarm is set
    start = time.monotonic()
    with pytest.raises(Interruption), alarm():
        used.launch(Launch(program(WAIT), "k", dim3(8), dim3(1), [array, go]))
    assert time.monotonic() - start < 5
    used.free(array)
    del array
    gc.collect()
    assert watched() is not None
    used.download(go)[0] = 1
    assert _soon(lambda: watched() is None)
    out = np.zeros(9, np.int32)
    launch(COUNT, out, grid=9, block=1)  # others run what comes next
    assert (out == 1 + np.arange(9)).all()


def _soon(condition: Callable[[], bool]) -> bool:
    """Return whether something comes to be true within some seconds."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


@pytest.mark.parametrize("times", [1, exhaustive(20)])
def test_a_process_ends_while_its_threads_look_for_more_to_do(times: int) -> None:
    code = """if True:
        import numpy, imgcuda
        from imgcuda.cpu import session
        session.WORTH_A_THREAD = 1
        imgcuda.apply(numpy.zeros((400, 400, 3), numpy.uint8), "invert", device="cpu")
    """
    for _ in range(times):
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
        assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_process_ends_while_a_kernel_does_not() -> None:
    code = """if True:
        import signal, sys, numpy
        from imgcuda.cpu import session
        from support.small_kernels import launch
        session.WORTH_A_THREAD = 1
        def stop(*given):
            raise SystemExit(5)
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        launch("__global__ void k(int *go) { while (atomicAdd(go, 0) == 0) {} }", numpy.zeros(1, numpy.int32), grid=4)
    """
    folder = next(path for path in sys.path if path.endswith("tests"))
    environment = {"PYTHONPATH": folder, "IMGCUDA_THREADS": "2", "PATH": "/usr/bin:/bin"}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, env=environment)
    assert (ended.returncode, ended.stderr) == (5, b"")
