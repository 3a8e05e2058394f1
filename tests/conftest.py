"""What all tests share: the devices that they run on, a cache of their own, and images.

pytest                      on every device of this machine
pytest --device cpu         on its cores only
pytest --device cuda        on its first GPU; without one, each test that needs it is skipped
pytest -n auto              in as many processes as there are cores
pytest -m exhaustive        the large matrices, which the plain run leaves out

The fixture `device` is that of imgcuda's own plugin for pytest, which authors of filters use.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import devices
from imgcuda.cuda import memory as cuda_memory
from imgcuda.testing.pytest_plugin import OPTION, asked

RandomImage = Callable[..., npt.NDArray[Any]]


# Devices


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", dest=OPTION, default="auto", help="--imgcuda-device, in short")


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
    names = [name for name in asked(config) if name.startswith("cuda")]
    return ["cuda:0" if name == "cuda" else name for name in names]


# The environment


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


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a device that cannot exist, and keep the user's settings and their cache out of the tests."""
    _refuse_another_checkout()
    for setting in ("IMGCUDA_DEVICE", "IMGCUDA_MEMORY_LIMIT", "IMGCUDA_DISABLE_PLUGINS"):
        os.environ.pop(setting, None)
    folder = tempfile.TemporaryDirectory(prefix="imgcuda-tests-")  # one cache for all processes of a run
    config.add_cleanup(folder.cleanup)
    os.environ["IMGCUDA_CONFIG"] = folder.name
    os.environ.setdefault("IMGCUDA_CACHE", folder.name)
    asked: str = config.getoption(OPTION)
    if re.fullmatch(r"cuda(:\d+)?", asked) and devices.no_gpu():
        return  # which each test says that needs one
    try:
        devices.choose(asked)
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


class Environment:
    """A new Python environment, to install into, that has also what is installed in this one."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=True)
        self.python = folder / "bin" / "python"
        (library,) = folder.glob("lib/python*/site-packages")
        shared = [Path(entry) for entry in sys.path if entry.endswith("-packages")]
        links = [path.read_text("utf-8") for entry in shared for path in entry.glob("*.pth")]  # of editable installs
        (library / "shared.pth").write_text("\n".join([*map(str, shared), *links]), "utf-8")
        command = folder / "bin" / "imgcuda"
        command.write_text(f'#!/bin/sh\nexec "{self.python}" -P -m imgcuda "$@"\n', "utf-8")
        command.chmod(0o755)
        path = f"{folder}/bin{os.pathsep}{os.environ['PATH']}"
        self.variables = {**os.environ, "PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def install(self, *packages: Path) -> None:
        """Install packages from their folders, without what they depend on, which is here."""
        self.call("-m", "pip", "install", "-q", "--no-deps", *packages, cwd=packages[0])

    def call(self, *arguments: object, cwd: Path) -> str:
        """Return what the environment's Python prints; AssertionError if it fails."""
        command = [str(self.python), *map(str, arguments)]
        done = subprocess.run(command, cwd=cwd, env=self.variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A new environment, the same for all tests that install something."""
    return Environment(tmp_path_factory.mktemp("environment"))


# A GPU's memory


class GpuMemory:
    """What is taken of a GPU's memory by this process alone, so that others may use the GPU meanwhile."""

    def __init__(self, gpu: str, allocate: Callable[[int], Any]) -> None:
        self._gpu, self._allocate = gpu, allocate
        self.taken = 0
        self.most = 0

    def take(self, size: int) -> Piece:
        """Stand in for PyCUDA's own mem_alloc."""
        memory = self._allocate(size)
        self.taken += size
        self.most = max(self.most, self.taken)
        return Piece(self, size, memory)

    def after_giving_back(self) -> int:
        """Return how much is taken when nothing is kept for the next filter."""
        with devices.choose(self._gpu).session():
            cuda_memory.give_back(int(self._gpu.removeprefix("cuda:")))
        return self.taken


class Piece:
    """A piece of a GPU's memory, as PyCUDA's own: its number is its address."""

    def __init__(self, of: GpuMemory, size: int, memory: Any) -> None:
        self._of, self._size, self._memory = of, size, memory

    def __int__(self) -> int:
        return int(self._memory)

    def free(self) -> None:
        self._of.taken -= self._size
        self._memory.free()


@pytest.fixture
def gpu_memory(gpu: str, monkeypatch: pytest.MonkeyPatch) -> GpuMemory:
    """What is taken of the GPU's memory from now on."""
    import pycuda.driver as driver

    memory = GpuMemory(gpu, driver.mem_alloc)
    memory.after_giving_back()
    monkeypatch.setattr(driver, "mem_alloc", memory.take)
    return memory
