"""Kernels and the compiler on stacks that are small: of the process, of a thread, of many threads."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from imgcuda.cpu import stack
from support.matrix import exhaustive

resource = pytest.importorskip("resource")

START = """
import sys, threading
sys.path.insert(0, FOLDER)
import numpy as np
import imgcuda
from support.small_kernels import values

LOADS = "".join(f"int v{k} = in[(x + {k}) % 40];" for k in range(400))
# All values are loaded before the first is used, so a vector of each has to be kept.
MANY = LOADS + "__syncthreads(); int s = 0;" + "".join(f"s = s * 3 + v{k};" for k in range(400)) + "out[x] = s;"

def many(x):
    s = 0
    for k in range(400):
        s = (s * 3 + (x + k) % 40) % 2**32
    return s - 2**32 if s >= 2**31 else s

def work():
    assert values(MANY).tolist() == [many(x) for x in range(40)]
    body = "int a[1000]; for (int k = 0; k < 1000; k++) a[k] = k + x; out[x] = a[999 - x];"
    assert values(body).tolist() == [999] * 40
    image = np.full((40, 50, 3), 7, np.uint8)
    assert (imgcuda.apply(image, "blur", sigma=3, device="cpu") == 7).all()
    done.append(1)

done = []
"""
THREAD = """
threading.stack_size(64 * 1024)
thread = threading.Thread(target=work)
thread.start()
thread.join()
assert done == [1]
"""
THREADS = """
threads = [threading.Thread(target=work) for _ in range(40)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert done == [1] * 40
"""


@pytest.mark.parametrize(
    ("program", "kilobytes"),
    [("work()", 256), exhaustive("work()", 8192), exhaustive(THREAD, 8192), (THREADS, 256)],
    ids=["small process", "usual process", "small thread", "many threads of a small process"],
)
@pytest.mark.parametrize("cores", ["4", exhaustive("1")])
def test_filters_run_on_any_stack(
    program: str, kilobytes: int, cores: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_STACK, (kilobytes << 10, resource.getrlimit(resource.RLIMIT_STACK)[1]))

    cache = tmp_path_factory.getbasetemp() / "stack"  # one for all, so that the kernels are compiled once
    environment = {"IMGCUDA_CACHE": str(cache), "IMGCUDA_THREADS": cores, "PATH": "/usr/bin:/bin"}
    call = [sys.executable, "-c", START.replace("FOLDER", repr(str(Path(__file__).parents[1]))) + program]
    made = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=120, preexec_fn=limit)
    assert made.returncode == 0, made.stderr[-2000:]


def test_a_thread_that_would_have_no_memory_to_begin_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stack.on_a_large_stack(threading.current_thread) is not threading.current_thread()
    monkeypatch.setattr(stack, "BEGIN", 1 << 60)  # Thread.start would wait for it for ever
    assert stack.on_a_large_stack(threading.current_thread) is threading.current_thread()
