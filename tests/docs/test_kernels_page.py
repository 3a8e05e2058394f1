"""The programs of docs/kernels.md run as they stand there: its tests on each device, its scripts as the page shows."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from imgcuda import Registry
from imgcuda.cli import build, run
from imgcuda.cuda.compile import nvrtc_missing
from imgcuda.testing import DeviceKernels, checked

PAGE = (Path(__file__).parents[2] / "docs" / "kernels.md").read_text("utf-8")
FILES = dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
TESTS = [name for name in FILES if name.startswith("test_")]
PRINTED = dict(re.findall(r"^\$ python (\w+\.py)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
CHECKED = re.findall(r"^\$ imgcuda check (\w+\.cu)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
WORKFLOW = re.search(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


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
    assert [name for name, _ in CHECKED] == ["ones.cu"]


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


@pytest.mark.parametrize(("name", "printed"), CHECKED)
def test_a_file_is_checked_as_the_page_shows(
    name: str, printed: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert run(["check", name], build(Registry())) == 1
    wanted = printed.replace(" and sm_90", "") if nvrtc_missing() else printed
    assert capsys.readouterr().out == wanted


def test_the_commands_of_the_workflow_are_understood(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert WORKFLOW is not None
    (options,) = re.findall(r"run: imgcuda check (.*) src/\*\.cu", WORKFLOW[1])
    if why := nvrtc_missing():
        pytest.skip(why)
    assert run(["check", *options.split(), "saxpy.cu"], build(Registry())) == 0
    assert "1 kernel compiled for the CPU and sm_75 and sm_90" in capsys.readouterr().out
