"""The packages in `examples`: installed by pip, listed, run among built-in filters, fused where they are per-pixel."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image
import pytest

if TYPE_CHECKING:
    from support.environment import Environment

pytestmark = pytest.mark.exhaustive  # the plain run installs what `imgcuda new-filter` writes

ROOT = Path(__file__).parents[1]
EXAMPLES = ["glow", "sabattier"]


@pytest.fixture(scope="module")
def installed(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with copies of the examples, which have been installed from there, and a photograph."""
    folder = tmp_path_factory.mktemp("examples")
    for name in EXAMPLES:
        shutil.copytree(ROOT / "examples" / f"imgcuda-{name}", folder / f"imgcuda-{name}")
    environment.install(*(folder / f"imgcuda-{name}" for name in EXAMPLES))
    shutil.copy(ROOT / "sample_images" / "chelsea.png", folder / "cat.png")
    return folder


def test_the_examples_pass_their_own_tests(environment: Environment, installed: Path) -> None:
    tests = ("-m", "pytest", "-q", "-rA", "--rootdir", ".", "--imgcuda-device", "cpu")
    folders = [f"imgcuda-{name}" for name in EXAMPLES]
    told = environment.call(*tests, *folders, cwd=installed)
    assert all(f"PASSED {folder}/" in told for folder in folders)
    assert "failed" not in told


def test_the_examples_are_listed(environment: Environment, installed: Path) -> None:
    listed = environment.call("-m", "imgcuda", "plugins", cwd=installed).splitlines()
    assert {f"imgcuda-{name} 0.1.0: {name}" for name in EXAMPLES} <= set(listed)


def test_they_stand_in_a_chain_with_built_in_filters(environment: Environment, installed: Path) -> None:
    chain = ["-f", "blur:sigma=1", "-f", "glow:sigma=3", "-f", "sabattier:level=0.7", "-f", "invert", "-f", "edges"]
    environment.call("-m", "imgcuda", "filter", "cat.png", "out.png", *chain, "--device", "cpu", cwd=installed)
    with PIL.Image.open(installed / "out.png") as made, PIL.Image.open(installed / "cat.png") as cat:
        assert made.size == cat.size
        assert np.asarray(made).std() > 10


def test_the_per_pixel_one_becomes_one_kernel_with_its_neighbors(environment: Environment, installed: Path) -> None:
    program = """
import numpy
from imgcuda import load
from imgcuda.engine.protocol import DeviceArray
from imgcuda.execution.executor import run_chain

class Session:
    packs, tables, launched = True, None, []
    def empty(self, shape, dtype): return DeviceArray(0, tuple(shape), numpy.dtype(dtype))
    def free(self, array): pass
    def launch(self, launch): self.launched.append((launch.kernel, launch.program.name))

filters = [load().create(name, {}) for name in ("invert", "sabattier", "sepia")]
session = Session()
run_chain(session, filters, session.empty((4, 4, 3), "uint8"))
print(session.launched)
"""
    told = environment.call("-P", "-c", program, cwd=installed)
    assert told == "[('point', 'invert.cu+sabattier.cu+sepia.cu')]\n"
