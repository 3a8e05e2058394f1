"""Which devices there are, how one is chosen, and what is said where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import numpy as np
import pytest

import imgcuda
from imgcuda import DeviceError, devices
from imgcuda.cores import cores
from imgcuda.cuda import driver_api, driver_calls, presence


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a GPU."""
    monkeypatch.setattr(presence, "missing", lambda: "there is no NVIDIA GPU in this machine")


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two GPUs, as far as choosing goes."""
    monkeypatch.setattr(presence, "missing", lambda: None)
    monkeypatch.setattr(presence, "count", lambda: 2)


# Choosing


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_auto_is_the_cpu() -> None:
    assert devices.choose().name == "cpu"
    assert devices.choose("auto").name == "cpu"
    assert [device.name for device in devices.find()] == ["cpu"]
    assert devices.no_gpu() == "there is no NVIDIA GPU in this machine"


@pytest.mark.usefixtures("two_gpus")
def test_with_gpus_auto_is_the_first() -> None:
    assert devices.choose().name == "cuda:0"
    assert [device.name for device in devices.find()] == ["cuda:0", "cuda:1", "cpu"]
    assert devices.no_gpu() is None


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("auto", "cuda:0"),
        ("cuda", "cuda:0"),
        ("cuda:0", "cuda:0"),
        ("cuda:1", "cuda:1"),
        ("cpu", "cpu"),
        ("CPU", "cpu"),
        ("Cuda:1", "cuda:1"),
    ],
)
def test_a_device_is_chosen_by_name(name: str, chosen: str) -> None:
    assert devices.choose(name).name == chosen


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("name", "chosen", "members"),
    [
        ("cuda:0,1", "cuda:0,1", ["cuda:0", "cuda:1"]),
        ("cuda:1,0", "cuda:1,0", ["cuda:1", "cuda:0"]),
        ("CUDA:all", "cuda:0,1", ["cuda:0", "cuda:1"]),
        ("cuda:1,1", "cuda:1", ["cuda:1"]),
        ("cuda:1", "cuda:1", ["cuda:1"]),
        ("cpu", "cpu", ["cpu"]),
    ],
)
def test_several_gpus_work_together_under_one_name(name: str, chosen: str, members: list[str]) -> None:
    device = devices.choose(name)
    assert device.name == chosen
    assert [member.name for member in devices.members(device)] == members


def test_all_of_one_gpu_is_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "missing", lambda: None)
    monkeypatch.setattr(presence, "count", lambda: 1)
    assert devices.choose("cuda:all").name == "cuda:0"


@pytest.mark.usefixtures("two_gpus")
def test_the_environment_chooses_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_DEVICE", "cuda:1")
    assert devices.choose().name == "cuda:1"
    assert devices.choose("cpu").name == "cpu"
    assert devices.choose("auto").name == "cuda:0"
    monkeypatch.setenv("IMGCUDA_DEVICE", "")
    assert devices.choose().name == "cuda:0"


def test_the_environment_reaches_a_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_DEVICE", "toaster")
    with pytest.raises(DeviceError, match="no device is called 'toaster'"):
        imgcuda.apply(np.zeros((2, 2), np.uint8), "edges")


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    "name",
    [
        "gpu",
        "cuda:",
        "cuda:x",
        "cuda:-1",
        "cuda:1.0",
        "cuda:0,",
        "cuda:,",
        "cuda:0,all",
        "cpu:0",
        "cpu:all",
        "auto:1",
        "cuda1",
        ":",
        "0",
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(DeviceError) as caught:
        devices.choose(name)
    assert str(caught.value).startswith(
        f"no device is called '{name}'; write auto, cpu, cuda, or cuda:N for the GPU numbered N"
    )


def test_a_misspelled_name_has_a_hint() -> None:
    with pytest.raises(DeviceError, match=r"did you mean 'cuda'\?"):
        devices.choose("cude:1")


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_that_is_not_there_is_refused_with_how_many_are() -> None:
    with pytest.raises(DeviceError, match=r"^there is no cuda:2; this machine has 2 GPUs, counted from 0$"):
        devices.choose("cuda:2")
    with pytest.raises(DeviceError, match=r"^there is no cuda:2; this machine has 2 GPUs"):
        devices.choose("cuda:0,2")


@pytest.mark.usefixtures("no_gpu")
def test_asking_for_a_gpu_where_there_is_none_says_why_and_what_to_do() -> None:
    with pytest.raises(DeviceError) as caught:
        imgcuda.apply(np.zeros((2, 2), np.uint8), "edges", device="cuda")
    assert str(caught.value) == (
        "cuda:0 cannot be used: there is no NVIDIA GPU in this machine; "
        "--device cpu runs the same kernels on this machine's cores"
    )
    for several in ("cuda:0,1", "cuda:all"):
        with pytest.raises(DeviceError, match=r"^cuda:0 cannot be used: there is no NVIDIA GPU in this machine; "):
            devices.choose(several)


# Why there is no GPU

Pretend = Callable[[str], str | None]

NEITHER = "neither cuda-bindings nor PyCUDA is installed (pip install 'imgcuda[gpu]')"


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """A function that says why no GPU can be used, given the source of a PyCUDA driver."""

    def missing(driver: str) -> str | None:
        (tmp_path / "driver.py").write_text(driver)
        package = ModuleType("pycuda")
        package.__path__ = [str(tmp_path)]
        with patch.dict(sys.modules, {"pycuda": package}):
            sys.modules.pop("pycuda.driver", None)
            monkeypatch.setattr(driver_api, "choice", lambda: "pycuda")
            monkeypatch.setattr(presence, "choice", lambda: "pycuda")
            return presence.missing.__wrapped__()

    return missing


def test_a_missing_driver_is_named(pretend: Pretend) -> None:
    why = pretend("raise ImportError('libcuda.so.1: cannot open shared object file: No such file or directory')")
    assert why == "the NVIDIA driver is not installed (its library libcuda was not found)"


def test_a_missing_package_is_named_with_the_command_that_brings_it(pretend: Pretend) -> None:
    assert pretend("raise ImportError('no')") == NEITHER


def test_without_pycuda_cuda_bindings_drive_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(driver_api.VARIABLE, raising=False)
    with patch.dict(sys.modules, {"pycuda": None}):
        assert driver_api.choice.__wrapped__() == "cuda-bindings"
    with patch.dict(sys.modules, {"pycuda": ModuleType("pycuda")}):
        assert driver_api.choice.__wrapped__() == "pycuda"
    monkeypatch.setenv(driver_api.VARIABLE, "cuda-bindings")
    assert driver_api.choice.__wrapped__() == "cuda-bindings"
    monkeypatch.setenv(driver_api.VARIABLE, "opengl")
    with pytest.raises(DeviceError, match=r"^IMGCUDA_DRIVER must be pycuda or cuda-bindings; got 'opengl'$"):
        driver_api.choice.__wrapped__()


@pytest.mark.skipif(driver_calls.has_driver(), reason="there is an NVIDIA driver")
def test_cuda_bindings_without_a_driver_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    bindings = pytest.importorskip("imgcuda.cuda.bindings_driver")
    with pytest.raises(ImportError, match="libcuda cannot be loaded"):
        bindings.init()
    monkeypatch.setattr(presence, "choice", lambda: "cuda-bindings")
    assert presence.missing.__wrapped__() == presence.NO_DRIVER


DRIVER = """
class Error(Exception): pass
def init(): {init}
class Device:
    @staticmethod
    def count(): return {count}
"""


def test_a_machine_without_gpus_is_said_to_be_one(pretend: Pretend) -> None:
    assert pretend(DRIVER.format(init="pass", count=0)) == "there is no NVIDIA GPU in this machine"


def test_a_driver_that_fails_is_quoted(pretend: Pretend) -> None:
    why = pretend(DRIVER.format(init="raise Error('cuInit failed: no CUDA-capable device')", count=0))
    assert why == "the NVIDIA driver does not work: cuInit failed: no CUDA-capable device"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_of_a_process_that_used_a_gpu_runs_on_the_cpu_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "pycuda").mkdir()
    (tmp_path / "pycuda" / "driver.py").write_text(FORKED)
    done = subprocess.run([sys.executable, "-c", ASK, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "parent: None",
            "child: CpuDevice",
            "child: cuda:0 cannot be used: this process was forked from one that had used a GPU: start it by 'spawn' "
            "or 'forkserver'; --device cpu runs the same kernels on this machine's cores",
        ],
    ), done.stderr


FORKED = """
import os
class Error(Exception): pass
_first = os.getpid()
def init():
    if os.getpid() != _first:
        raise Error("cuInit failed: initialization error")
class Device:
    @staticmethod
    def count(): return 1
"""

ASK = """
import os, sys
sys.path.insert(0, sys.argv[1])
from imgcuda import DeviceError, devices
print("parent:", devices.no_gpu(), flush=True)
if os.fork() == 0:
    print("child:", type(devices.choose()).__name__)
    try:
        devices.choose("cuda")
    except DeviceError as error:
        print("child:", error, flush=True)
    os._exit(0)
os.wait()
"""


def test_a_gpu_that_works_is_not_missing(pretend: Pretend) -> None:
    assert pretend(DRIVER.format(init="pass", count=1)) is None


# This machine's


def test_every_device_describes_itself(device: str) -> None:
    assert devices.choose(device).description


def test_the_cpu_says_how_many_cores_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_THREADS", "1")
    assert devices.choose("cpu").description.endswith(", 1 core")
    monkeypatch.setenv("IMGCUDA_THREADS", "7")
    assert devices.choose("cpu").description.endswith(", 7 cores")


def test_there_is_always_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMGCUDA_THREADS", "0")
    assert cores() == 1
    monkeypatch.delenv("IMGCUDA_THREADS")
    assert cores() >= 1
