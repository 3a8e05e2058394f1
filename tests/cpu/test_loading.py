"""Loaded kernels: only the last ones stay in memory, and none is unloaded while it is used."""

from __future__ import annotations

import subprocess
import sys
import weakref
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from imgcuda.cpu import loading, session, workers
from imgcuda.cpu.machine import load_llvm
from imgcuda.cpu.session import CpuSession, as_device_array
from imgcuda.cpu.workers import PackedLaunch
from imgcuda.engine.protocol import Launch
from imgcuda.errors import DeviceError, KernelError
from support.small_kernels import dim3, program

LEAKS = Path(__file__).parents[2] / "benchmarks" / "leaks.py"


@pytest.fixture(autouse=True)
def nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "loaded", OrderedDict())
    monkeypatch.setattr(loading, "MOST", 2)


def kernel(number: int) -> loading.LoadedKernel:
    """Return the kernel that writes this number."""
    return loading.kernel(program(f"__global__ void k(int *out) {{ *out = {number}; }}"), "k", dim3(1))


def result(loaded: loading.LoadedKernel) -> int:
    out = np.zeros(1, np.int32)
    launch = PackedLaunch(loaded, session.pack(loaded.letters, [as_device_array(out)]), bytes(40), keep=out)
    workers.run(launch, blocks=1)
    return int(out[0])


def test_a_kernel_is_loaded_once() -> None:
    assert kernel(1) is kernel(1)


def test_what_was_not_used_for_longest_is_unloaded() -> None:
    first, second = weakref.ref(kernel(1)), weakref.ref(kernel(2))
    kernel(1)
    kernel(3)
    assert first() is not None
    assert second() is None
    assert len(loading.loaded) == 2


def test_a_kernel_that_was_dropped_while_somebody_used_it_still_runs() -> None:
    used = kernel(1)
    for number in range(2, 6):
        kernel(number)
    assert used not in loading.loaded.values()
    assert result(used) == 1


def test_a_kernel_that_was_unloaded_is_loaded_again() -> None:
    assert [result(kernel(number)) for number in (1, 2, 3, 4, 1)] == [1, 2, 3, 4, 1]


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform != "linux", reason="how much memory a process has is read as Linux has it")
def test_compiling_and_launching_keep_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Each kernel kept 130 KiB once: 10 MiB in this test. What llvmlite still keeps of each is less than 2 KiB.
    monkeypatch.setenv("IMGCUDA_CACHE", str(tmp_path))
    call = [sys.executable, str(LEAKS), "--kernels", "100", "--launches", "2000", "--every", "20", "--loaded", "4"]
    made = subprocess.run([*call, "--most", "3"], capture_output=True, text=True, timeout=300)
    assert made.returncode == 0, made.stdout + made.stderr


def test_a_mistake_in_a_kernel_leaves_the_compiler_free_for_others() -> None:
    with pytest.raises(KernelError, match=r"test\.cu"):
        CpuSession().launch(Launch(program("__global__ void k() { nothing; }"), "k", dim3(1), dim3(1), []))
    assert result(kernel(7)) == 7


def test_a_compiler_that_cannot_be_loaded_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    with pytest.raises(DeviceError, match="cannot load llvmlite, the compiler of the CPU engine: "):
        load_llvm()
