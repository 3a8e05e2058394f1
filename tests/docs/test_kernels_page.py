"""The programs of docs/kernels.md run as they stand there: its tests on each device, its scripts as the page shows."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from imgcuda.testing import DeviceKernels, checked

PAGE = (Path(__file__).parents[2] / "docs" / "kernels.md").read_text("utf-8")
FILES = dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
TESTS = [name for name in FILES if name.startswith("test_")]
PRINTED = dict(re.findall(r"^\$ python (\w+\.py)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the page's files, which is the current one."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_has_its_programs() -> None:
    assert [f"test_{name}.py" for name in ("saxpy", "sum", "matmul", "scan", "histogram")] == TESTS
    assert list(PRINTED) == ["first.py", "wrong.py", "faulty.py"]


@pytest.mark.parametrize("name", TESTS)
def test_a_test_of_the_page_passes(name: str, folder: Path, kernels: DeviceKernels) -> None:
    runpy.run_path(str(folder / name))[name.removesuffix(".py")](kernels)


def test_a_checked_run_finds_no_fault_in_the_pages_kernels(folder: Path) -> None:
    for name in TESTS:
        with checked():
            runpy.run_path(str(folder / name))[name.removesuffix(".py")](DeviceKernels("cpu"))


@pytest.mark.parametrize("name", PRINTED)
def test_a_script_prints_what_the_page_shows(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(folder / name))
    assert capsys.readouterr().out.strip() == PRINTED[name].strip()
