"""`imgcuda try`: runs a filter from its file, reports mistakes in it, and runs it again when it is saved."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import PIL.Image
import pytest

from imgcuda.cli import build, run
from support.installed import installed
from support.written_filters import FILTER, KERNEL

Result = TypeVar("Result")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a filter and a picture, which is the current one."""
    (tmp_path / "mine.py").write_text(FILTER, "utf-8")
    (tmp_path / "dim.cu").write_text(KERNEL, "utf-8")
    PIL.Image.fromarray(np.full((2, 2), 100, np.uint8)).save(tmp_path / "in.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tried(*arguments: str) -> int:
    return run(["try", "mine.py", *arguments], build(installed()))


def level(path: Path) -> int:
    with PIL.Image.open(path) as picture:
        return int(np.asarray(picture)[0, 0])


def test_a_filter_runs_from_its_file_with_its_options(folder: Path) -> None:
    assert tried("in.png", "out.png", "--device", "cpu") == 0
    assert level(folder / "out.png") == 50
    assert tried("in.png", "out.png", "--amount", "0.2", "--device", "cpu") == 0
    assert level(folder / "out.png") == 80


def test_the_file_alone_lists_the_options(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tried() == 0
    told = capsys.readouterr().out
    assert "Darken." in told
    assert "--amount" in told


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        (
            "mine.py",
            FILTER.replace("param(default", "parm(default"),
            "mine.py:7: NameError: name 'parm' is not defined",
        ),
        ("mine.py", "class Dim(:", "mine.py:1: SyntaxError: invalid syntax\n"),
        ("mine.py", "x = 1", "mine.py has no filter: no class that derives from PointFilter"),
        ("mine.py", FILTER.replace(": float", ""), "Dim.amount has no type; write amount: float = param(...)"),
        ("mine.py", FILTER.replace("float", "list"), "Dim.amount must be typed float, int, bool"),
        ("mine.py", FILTER.replace("default=0.5", "default=2"), "Dim.amount has a default that it does not allow: am"),
        (
            "mine.py",
            f"{FILTER}    halo = -1",
            "dim: halo must be a number of pixels, 0 or more, or WHOLE",
        ),
        (
            "mine.py",
            f"{FILTER}    halo = 1.5",
            "dim: halo must be a number of pixels, 0 or more, or WHOLE",
        ),
        (
            "mine.py",
            f"{FILTER}    arguments = lambda self: 1 / 0",
            "dim failed at mine.py:8: ZeroDivisionError: div",
        ),
        ("dim.cu", KERNEL.replace("c.g *=", "c.q *="), "dim.cu:4:"),
        ("dim.cu", KERNEL.replace("float amount", "int amount"), "write dim(color c, float amount)"),
        ("dim.cu", KERNEL.replace("dim(", "dime("), "dim.cu has no function `__device__ color dim(color c, float"),
    ],
)
def test_a_mistake_is_said_with_its_place(
    folder: Path, file: str, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / file).write_text(text, "utf-8")
    assert tried("in.png", "out.png", "--device", "cpu") in (1, 2)
    said = capsys.readouterr().err
    assert why in said
    assert "Traceback" not in said
    assert not (folder / "out.png").exists()


def test_a_missing_kernel_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "dim.cu").unlink()
    assert tried("in.png", "out.png", "--device", "cpu") == 1
    said = capsys.readouterr().err
    assert f"there is no kernel file {folder / 'dim.cu'}; it stands beside the filter's Python file, and in " in said


def test_what_is_no_python_file_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["try", "in.png", "out.png"], build(installed())) == 2
    assert "in.png is not a Python file" in capsys.readouterr().err


def test_one_of_several_filters_is_chosen_by_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.py").write_text(FILTER + FILTER.replace("Dim", "Fade").partition("\n\n")[2], "utf-8")
    assert tried("in.png", "out.png") == 2
    assert "mine.py has several filters: dim, fade; choose one with --filter NAME" in capsys.readouterr().err
    assert tried("in.png", "out.png", "--filter", "dim", "--device", "cpu") == 0
    assert tried("in.png", "out.png", "--filter", "fad") == 2
    assert "mine.py has no filter 'fad'; did you mean 'fade'?" in capsys.readouterr().err


def test_watch_runs_again_when_a_file_is_saved_and_goes_on_after_a_mistake(folder: Path) -> None:
    command = [sys.executable, "-m", "imgcuda", "try", "mine.py", "in.png", "out.png", "--device", "cpu", "--watch"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr is not None
        try:
            said = _read_until(watching, " done\n")
            assert "Watching mine.py" in said
            assert level(folder / "out.png") == 50
            _save(folder / "dim.cu", KERNEL.replace("c.r *=", "c.r += zzz *"))
            assert "dim.cu:3:" in _read_until(watching, "c.r += zzz")
            _save(folder / "dim.cu", KERNEL.replace("1.0f - amount", "amount * 0.5f"))
            _read_until(watching, " done\n")
            assert level(folder / "out.png") == 25
        finally:
            watching.terminate()


def test_watch_goes_on_after_a_run_that_took_too_long(folder: Path) -> None:
    _save(folder / "dim.cu", KERNEL.replace("return c;", "while (amount >= 0.0f) c.r = 1.0f - c.r; return c;"))
    command = [sys.executable, "-m", "imgcuda", "try", "mine.py", "in.png", "out.png", "--device", "cpu", "--watch"]
    with subprocess.Popen([*command, "--timeout", "1"], cwd=folder, stderr=subprocess.PIPE, text=True) as watching:
        try:
            assert "took longer than 1 s, and nothing was written" in _read_until(watching, " not run\n")
            _save(folder / "dim.cu", KERNEL)
            _read_until(watching, " done\n")
            assert level(folder / "out.png") == 50
        finally:
            watching.terminate()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process of its parent's end")
def test_a_run_ends_with_the_process_that_watches(folder: Path) -> None:
    _save(folder / "dim.cu", KERNEL.replace("return c;", "while (amount >= 0.0f) c.r = 1.0f - c.r; return c;"))
    _save(folder / "mine.py", f"import os, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))\n{FILTER}")
    command = [sys.executable, "-m", "imgcuda", "try", "mine.py", "in.png", "out.png", "--device", "cpu", "--watch"]
    with subprocess.Popen([*command, "--timeout", "100"], cwd=folder, stderr=subprocess.PIPE, text=True) as watching:
        child = _soon(lambda: int((folder / "pid").read_text()))
        watching.kill()
    _soon(lambda: _ended(child))


def _ended(process: int) -> None:
    """Raise OSError while there is such a process, and it is no zombie."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout
    if state.strip() and not state.startswith("Z"):
        raise OSError(f"process {process} goes on: {state}")


def _soon(look: Callable[[], Result]) -> Result:
    """Return what is seen as soon as it can be seen, within 20 s."""
    end = time.monotonic() + 20
    while True:
        try:
            return look()
        except (OSError, ValueError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _save(path: Path, text: str) -> None:
    time.sleep(0.05)  # where a file system counts its times in hundredths
    path.write_text(text, "utf-8")


def _read_until(process: subprocess.Popen[str], end: str) -> str:
    assert process.stderr is not None
    said = ""
    while end not in said:
        line = process.stderr.readline()
        assert line, f"it ended, having said: {said}"
        said += line
    return said


# With --check: for a GPU, too

GPU_ONLY = KERNEL.replace("    return", "#ifdef __CUDACC__\n    c.b = brightnes;\n#endif\n    return")
"""What the CPU never sees is wrong."""


def test_a_checked_try_compiles_for_a_gpu(folder: Path, capsys: pytest.CaptureFixture[str], nvrtc: None) -> None:
    assert tried("in.png", "out.png", "--check") == 0
    assert capsys.readouterr().err == ""
    assert level(folder / "out.png") == 50


def test_a_checked_try_says_what_a_gpus_compiler_refuses(
    folder: Path, capsys: pytest.CaptureFixture[str], nvrtc: None
) -> None:
    (folder / "dim.cu").write_text(GPU_ONLY, "utf-8")
    assert tried("in.png", "out.png", "--device", "cpu") == 0
    (folder / "out.png").unlink()
    assert tried("in.png", "out.png", "--check") == 1
    said = capsys.readouterr().err
    assert said.startswith('Error: dim.cu:7: NVRTC refuses it for a GPU: identifier "brightnes" is undefined\n')
    assert "    c.b = brightnes;" in said
    assert not (folder / "out.png").exists()


def test_a_checked_try_says_that_nvrtc_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str], no_nvrtc: None
) -> None:
    (folder / "dim.cu").write_text(GPU_ONLY, "utf-8")
    assert tried("in.png", "out.png", "--check") == 0
    why = "NVRTC is not installed: pip install nvidia-cuda-nvrtc cuda-bindings"
    assert capsys.readouterr().err == f"Note: dim: not compiled for a GPU, since {why}\n"
    assert tried("in.png", "out.png", "--device", "cpu") == 0
    assert capsys.readouterr().err == ""
