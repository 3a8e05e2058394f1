"""The CPU engine in a process that was forked from one that uses it.

Each test is a program of its own, and each child ends itself after a while, so that what waits for ever fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

START = """
import multiprocessing, os, signal, sys, threading, time
import numpy as np
import imgcuda
from imgcuda.cpu import compile, session, workers

session.WORTH_A_THREAD = 1  # so that all launches use several threads
image = np.random.default_rng(0).integers(0, 256, (700, 900, 3), dtype=np.uint8)

def blurred(sigma):
    return imgcuda.apply(image, "blur", sigma=sigma, device="cpu")

def forked(work):
    "Run something in a child, and return what the shell would get of it."
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal.alarm(30)
    work()
    sys.exit(0)

def must(be_true, what):
    if not be_true:
        sys.exit(what)
"""


def run(program: str, cache: Path) -> None:
    """Run a program with an empty cache, on two cores; fail with what it said if it did."""
    environment = {**os.environ, "IMGCUDA_CACHE": str(cache), "IMGCUDA_THREADS": "2"}
    # Later Pythons warn of each fork of a process with threads.
    call = [sys.executable, "-W", "ignore", "-c", START + program]
    made = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stderr


def test_a_child_runs_what_its_parent_has_compiled_and_compiles_more(tmp_path: Path) -> None:
    run(
        """
before = blurred(1)
assert workers.pools, "the parent must have its threads running"

def work():
    must((blurred(1) == before).all(), "another result in the child")
    blurred(3)  # not compiled yet
    assert set(workers.pools) == {os.getpid(), os.getppid()}, "the child must have threads of its own"

must(forked(work) == 0, "the child failed")
must((blurred(1) == before).all(), "another result in the parent, afterwards")
""",
        tmp_path,
    )


@pytest.mark.exhaustive
def test_processes_of_multiprocessing_filter_side_by_side(tmp_path: Path) -> None:
    run(
        """
sigmas = [1, 2, 1, 3, 2]
before = [blurred(sigma) for sigma in sigmas[:1]]
with multiprocessing.get_context("fork").Pool(3) as pool:
    made = pool.map_async(blurred, sigmas).get(timeout=60)
for sigma, result in zip(sigmas, made):
    must((blurred(sigma) == result).all(), f"another result for sigma {sigma}")
""",
        tmp_path,
    )


def test_a_fork_while_another_thread_compiles_waits_for_it(tmp_path: Path) -> None:
    # Otherwise the child gets the compiler's lock from a thread that it does not have, and waits for ever.
    run(
        """
compiling, original = threading.Event(), compile.compile

def slow(*given, **how):
    compiling.set()
    time.sleep(0.3)
    return original(*given, **how)

compile.compile = slow
other = threading.Thread(target=blurred, args=(1,))
other.start()
compiling.wait()
must(forked(lambda: blurred(2)) == 0, "the child failed")
other.join()
""",
        tmp_path,
    )


HANDLER = """
original, limit = compile.compile, sys.getrecursionlimit()

def signaled(*given, **how):
    compile.compile = original
    os.kill(os.getpid(), signal.SIGUSR1)  # the main thread's handler runs while this one compiles
    time.sleep(0.2)
    return original(*given, **how)

compile.compile = signaled
"""


@pytest.mark.exhaustive
def test_a_signals_handler_may_fork_while_a_kernel_is_compiled(tmp_path: Path) -> None:
    run(
        HANDLER
        + """
forks = []
signal.signal(signal.SIGUSR1, lambda *given: forks.append(forked(lambda: blurred(2))))
blurred(1)
must(forks == [0], "the child failed")
must(sys.getrecursionlimit() == limit, "the recursion limit stays changed")
""",
        tmp_path,
    )


@pytest.mark.exhaustive
def test_a_child_that_a_handler_forked_goes_on_with_what_was_compiled(tmp_path: Path) -> None:
    run(
        HANDLER
        + """
children = []
signal.signal(signal.SIGUSR1, lambda *given: children.append(os.fork()))
made = blurred(1)
must(sys.getrecursionlimit() == limit, "the recursion limit stays changed")
if children == [0]:
    must((blurred(1) == made).all(), "another result")
    os._exit(7)
must(os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 7, "the child failed")
""",
        tmp_path,
    )


def test_a_signals_handler_may_filter_while_a_kernel_is_compiled(tmp_path: Path) -> None:
    run(
        HANDLER
        + """
made = []
signal.signal(signal.SIGUSR1, lambda *given: made.append(blurred(2)))
blurred(1)
must(len(made) == 1, "the handler did not run")
""",
        tmp_path,
    )


@pytest.mark.exhaustive
def test_a_handler_that_raises_ends_the_wait_and_the_compiler(tmp_path: Path) -> None:
    run(
        HANDLER
        + """
def end(*given):
    sys.exit(3)

signal.signal(signal.SIGUSR1, end)
try:
    blurred(1)
except SystemExit as error:
    must(error.code == 3, "another exit")
else:
    sys.exit("the handler's exit is lost")
for thread in threading.enumerate():
    if thread.name == "imgcuda compiler":
        thread.join(20)
        must(not thread.is_alive(), "the compiler goes on")
must(sys.getrecursionlimit() == limit, "the recursion limit stays changed")
blurred(1)
""",
        tmp_path,
    )
