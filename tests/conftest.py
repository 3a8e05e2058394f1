"""Fixtures of all tests: the devices that they run on, a cache of their own, and images.

pytest                      on every device of this machine
pytest --device cpu         on its cores only
pytest --device cuda        on its first GPU; without one, each test that needs it is skipped
pytest -n auto              in a process for each core, and one more
pytest -m exhaustive        the large matrices, which the plain run leaves out
pytest --price FILE         says what the tests of a file cost, in CPU seconds and kernels

The fixture `device` is that of imgcuda's own plugin for pytest, which authors of filters use.
"""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import devices
from imgcuda.cores import cores
from imgcuda.cuda import compile as gpu_compiler
from imgcuda.cuda.driver_api import driver
from imgcuda.testing.pytest_plugin import OPTION, device_names
from support.environment import Environment
from support.gpu_memory import GpuMemory
from support.price import Meter

RandomImage = Callable[..., npt.NDArray[Any]]


# Devices


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", dest=OPTION, default="auto", help="--imgcuda-device, in short")
    parser.addoption("--price", action="store_true", help="print the CPU time of each file and the kernels it compiles")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes `-n auto` means: for a fifth of the time a test waits for a program that it runs."""
    return cores() + 1


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a GPU where there is none. Said here, and not in a fixture, it is one line for all the tests."""
    assert isinstance(item, pytest.Function)
    on_gpu = hasattr(item, "callspec") and str(item.callspec.params.get("device")).startswith("cuda")
    if not on_gpu and "gpu" not in item.fixturenames:
        return
    if why := devices.no_gpu():
        pytest.skip(f"no GPU: {why}")
    if not on_gpu and not _gpus(item.config):
        pytest.skip("there is a GPU, but --device asks for none")


@pytest.fixture(scope="session")
def gpu(request: pytest.FixtureRequest) -> str:
    """The name of a GPU, for what only a GPU does."""
    return _gpus(request.config)[0]


def _gpus(config: pytest.Config) -> list[str]:
    names = [name for name in device_names(config) if name.startswith("cuda")]
    return ["cuda:0" if name == "cuda" else name for name in names]


@pytest.fixture
def nvrtc() -> gpu_compiler.Nvrtc:
    """NVRTC, which compiles for GPUs without one; the test is skipped where it is not installed."""
    found = gpu_compiler.find_nvrtc()
    if found is None:
        pytest.skip(str(gpu_compiler.nvrtc_missing()))
    return found


@pytest.fixture
def no_nvrtc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_compiler, "find_nvrtc", lambda: None)


# The environment


@pytest.fixture
def without_clang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Clang, which the extra `cxx` brings, not be installed."""
    monkeypatch.setattr("imgcuda.cpu.cxx.clang.is_installed", lambda: False)


def _refuse_another_checkout() -> None:
    """Refuse to test anything but the files beside these tests: a copy that is installed would hide what is broken."""
    root = Path(__file__).resolve().parents[1]
    for name, folder in (("imgcuda", "imgcuda"), ("imgcuda_plugins", "plugins")):
        found = importlib.util.find_spec(name)
        place = Path(found.origin).resolve().parent if found and found.origin else None
        if place != root / folder:
            raise pytest.UsageError(
                f"{name} is {place}, not {root / folder}; pip install -e '.[test]' tests the checkout"
            )


def _heed_signals() -> None:
    """Heed signals that a shell's background or nohup lets a process ignore: all that tests start would ignore them."""
    for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a device that cannot exist, and keep the user's settings and their cache out of the tests."""
    _refuse_another_checkout()
    _heed_signals()
    for setting in ("IMGCUDA_DEVICE", "IMGCUDA_MEMORY_LIMIT", "IMGCUDA_DISABLE_PLUGINS"):
        os.environ.pop(setting, None)
    folder = tempfile.TemporaryDirectory(prefix="imgcuda-tests-")  # one cache for all processes of a run
    config.add_cleanup(folder.cleanup)
    os.environ["IMGCUDA_CONFIG"] = folder.name
    os.environ.setdefault("IMGCUDA_CACHE", folder.name)
    if config.getoption("--price"):
        config.pluginmanager.register(Meter())
    name: str = config.getoption(OPTION)
    if re.fullmatch(r"cuda(:\d+)?", name) and devices.no_gpu():
        return  # which each test says that needs one
    try:
        devices.choose(name)
    except imgcuda.DeviceError as error:
        raise pytest.UsageError(f"--device: {error}") from error


# Images


@pytest.fixture(scope="session")
def random_image() -> RandomImage:
    """A function that makes an image of a shape, type and seed: any level, or from 0 to 1 for floats."""

    def make(shape: tuple[int, ...], dtype: npt.DTypeLike = np.uint8, seed: int = 0) -> npt.NDArray[Any]:
        random = np.random.default_rng([seed, *shape])
        kind = np.dtype(dtype)
        if kind.kind == "f":
            return random.random(shape, dtype=np.float32).astype(kind)
        return random.integers(0, np.iinfo(kind).max, shape, dtype=kind, endpoint=True)

    return make


@pytest.fixture(scope="session")
def picture() -> npt.NDArray[np.uint8]:
    """A photograph, 451×300 RGB: the cat of the sample images."""
    import PIL.Image

    with PIL.Image.open(Path(__file__).parents[1] / "sample_images" / "chelsea.png") as image:
        return np.asarray(image.convert("RGB"))


# An environment of its own


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A new environment, the same for all tests that install something."""
    return Environment(tmp_path_factory.mktemp("environment"))


# A GPU's memory


@pytest.fixture
def gpu_memory(gpu: str, monkeypatch: pytest.MonkeyPatch) -> GpuMemory:
    """What is taken of the GPU's memory from now on."""
    memory = GpuMemory(gpu, driver().mem_alloc)
    memory.after_giving_back()
    monkeypatch.setattr(driver(), "mem_alloc", memory.take)
    return memory
