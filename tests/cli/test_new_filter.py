"""`imgcuda new-filter`: the package can be installed, passes its own tests, ruff and mypy, and adds a command."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import PIL.Image
import pytest

import imgcuda
from imgcuda.cli import build, run
from support.installed import installed

if TYPE_CHECKING:
    from support.environment import Environment

KINDS = {"point": "warm-glow", "neighborhood": "crisp"}


def write(kind: str, into: Path) -> Path:
    assert run(["new-filter", KINDS[kind], "--kind", kind, "--into", str(into)], build(installed())) == 0
    return into / f"imgcuda-{KINDS[kind]}"


@pytest.fixture(scope="module")
def packages(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which both kinds have been written; they are installed, too."""
    folder = tmp_path_factory.mktemp("authors")
    environment.install(*(write(kind, folder) for kind in KINDS))
    return folder


@pytest.mark.exhaustive
def test_it_passes_its_own_tests(environment: Environment, packages: Path) -> None:
    tests = ("-m", "pytest", "-q", "-rA", "--rootdir", ".", "--imgcuda-device", "cpu")
    folders = [f"imgcuda-{name}" for name in KINDS.values()]
    told = environment.call(*tests, *folders, cwd=packages)
    assert all(f"PASSED {folder}/" in told for folder in folders)
    assert "failed" not in told


def test_the_filters_are_commands_and_stand_in_a_chain(environment: Environment, packages: Path) -> None:
    assert "imgcuda-crisp 0.1.0: crisp" in environment.call("-m", "imgcuda", "plugins", cwd=packages)
    PIL.Image.fromarray(np.full((8, 8, 3), 100, np.uint8)).save(packages / "a.png")
    chain = ["-f", "crisp:amount=2", "-f", "warm-glow:amount=1", "-f", "grayscale"]
    environment.call("-m", "imgcuda", "filter", "a.png", "b.png", *chain, "--device", "cpu", cwd=packages)
    with PIL.Image.open(packages / "b.png") as made:
        assert np.asarray(made).tolist() == [[155] * 8] * 8


@pytest.mark.parametrize(("version", "written_for"), [("0.9.2", ">=0.9.2,<0.10"), ("2.3.1", ">=2.3.1,<3")])
def test_it_says_which_versions_it_is_written_for(
    version: str, written_for: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imgcuda, "__version__", version)
    project = write("point", tmp_path) / "pyproject.toml"
    assert f'dependencies = ["imgcuda{written_for}"]' in project.read_text("utf-8")


@pytest.mark.parametrize("tool", [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]], ids=" ".join)
def test_it_is_clean_by(tool: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed: pip install 'imgcuda[dev]'")
    source = Path(imgcuda.__file__).parents[1]
    if source.name != "site-packages":  # an editable install, which mypy does not find by itself
        monkeypatch.setenv("MYPYPATH", str(source))
    packages = [write(kind, tmp_path) for kind in KINDS]
    more = (
        ["--follow-imports", "silent", "--config-file", str(packages[0] / "pyproject.toml")] if tool == ["mypy"] else []
    )
    command = [sys.executable, "-m", *tool, *more, *map(str, packages)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("blur", "there is a filter 'blur' already; choose another name"),
        ("Warm", "a filter's name is in lower case, with hyphens between words: warm-glow; got 'Warm'"),
        ("warm_glow", "a filter's name is in lower case"),
        ("3d", "a filter's name is in lower case"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    name: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["new-filter", name, "--into", str(tmp_path)], build(installed())) == 2
    assert why in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = write("point", tmp_path)
    kernel = package / "warm_glow" / "warm_glow.cu"
    kernel.write_text("mine", "utf-8")
    assert run(["new-filter", "warm-glow", "--into", str(tmp_path)], build(installed())) == 2
    assert f"there is a folder '{package}' already" in capsys.readouterr().err
    assert kernel.read_text("utf-8") == "mine"
