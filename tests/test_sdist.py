"""The source distribution: it has all that its tests need."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("imgcuda", "plugins", "tests", "docs", "examples", "benchmarks", "sample_images")


def files(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


def test_the_source_distribution_has_tests_and_their_data(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", "77", reason="an older setuptools does not read the license's name")
    copy = tmp_path / "imgcuda"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv*", "build", "*.egg-info", "__pycache__", ".*cache")
    )
    build = "from setuptools import build_meta; build_meta.build_sdist('made')"
    (copy / "made").mkdir()
    subprocess.run([sys.executable, "-c", build], cwd=copy, check=True, capture_output=True)
    (archive,) = (copy / "made").iterdir()
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert {path.name for path in unpacked.iterdir()} >= {"pyproject.toml", "README.md", "LICENSE"}
    assert files(copy) <= files(unpacked)


def test_every_package_is_installed() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    folders = {"imgcuda": ROOT / "imgcuda", "imgcuda_plugins": ROOT / "plugins"}
    found = {
        ".".join([name, *path.parent.relative_to(folder).parts])
        for name, folder in folders.items()
        for path in folder.rglob("__init__.py")
    }
    assert set(listed) == found
