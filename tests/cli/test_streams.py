"""The program's streams and signals: a closed, full or broken stream gives one message, or a silent end by SIGPIPE."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import PIL.Image
import pytest

from imgcuda.cli import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="shells and signals as Linux has them")

COMMAND = f"'{sys.executable}' -m imgcuda"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    PIL.Image.new("RGB", (200, 200), "red").save(folder / "in.png")
    (folder / "unreadable.png").write_bytes(b"")
    (folder / "unreadable.png").chmod(0)
    return folder


def shell(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    line = line.replace("imgcuda", COMMAND)
    variables = {**os.environ, "IMGCUDA_DEVICE": "cpu", **environment}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], cwd=folder, capture_output=True, text=True, env=variables, check=False
    )


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("imgcuda invert in.png - --format png >&-", 1, "standard output is closed; write to a file, or into a pipe"),
        ("imgcuda invert - out.png <&-", 1, "standard input is closed; read from a file, or from a pipe"),
        ("imgcuda invert in.png out.png <&- >&- 2>&-", 0, ""),
        ("imgcuda list >&-", 0, ""),
        ("imgcuda list >/dev/full", 1, "standard output cannot be used: no space left on device"),
        ("imgcuda invert in.png - --format png >/dev/full", 1, "standard output cannot be written: no space left on"),
        ("imgcuda invert nothing.png out.png 2>/dev/full", 1, ""),
        ("imgcuda list | true", 141, ""),
        ("imgcuda --help | true", 141, ""),
        ("imgcuda invert in.png - --format ppm | head -c 10 | wc -c >&2", 141, "10"),
    ],
)
def test_a_stream_that_cannot_be_used(line: str, code: int, said: str, folder: Path) -> None:
    done = shell(line, folder)
    assert done.returncode == code, done.stderr
    assert said in done.stderr and done.stderr.count("\n") == bool(said), done.stderr


@pytest.mark.parametrize(
    ("line", "code", "said", "environment"),
    [
        ("imgcuda blur $'\\x1b[2J\\xff.png' o.png", 1, "Error: \\x1b[2J\\udcff.png cannot be read: no such file", {}),
        ("imgcuda list", 0, "", {"PYTHONIOENCODING": "ascii", "COLUMNS": "0", "TERM": "junk", "LC_ALL": "C"}),
        ("mkdir gone; cd gone; rmdir ../gone; imgcuda list", 0, "", {}),
    ],
)
def test_an_environment_that_is_odd(line: str, code: int, said: str, environment: dict[str, str], folder: Path) -> None:
    done = shell(line, folder, **environment)
    assert done.returncode == code, done.stderr
    assert said in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("IMGCUDA_MEMORY_LIMIT", "9" * 400, "IMGCUDA_MEMORY_LIMIT must be"),
        ("IMGCUDA_MEMORY_LIMIT", "nan", "IMGCUDA_MEMORY_LIMIT must be"),
        ("IMGCUDA_THREADS", "many", "IMGCUDA_THREADS must be a number of cores"),
        ("IMGCUDA_DEVICE", "cuda:" + "9" * 5000, "no device is called 'cuda:99"),
    ],
    ids=["no end", "nan", "threads", "device"],
)
def test_a_setting_that_is_odd_is_a_sentence(
    name: str, value: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMGCUDA_DEVICE", "cpu")
    monkeypatch.setenv(name, value)
    assert run(["blur", str(folder / "in.png"), str(folder / "o.png")]) == 1
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1
    assert not (folder / "o.png").exists()


def test_an_input_that_may_not_be_read_is_a_failure_and_no_wrong_usage(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ["nothing.png"] + ["unreadable.png"] * (os.geteuid() != 0):
        assert run(["invert", str(folder / name), str(folder / "out.png"), "--device", "cpu"]) == 1
        assert capsys.readouterr().err.count("\n") == 1


def test_ctrl_c_at_any_moment_of_the_start_is_silent(folder: Path) -> None:
    for delay in (0.2, 0.35):
        process = subprocess.Popen(
            [sys.executable, "-m", "imgcuda", "blur", "in.png", "out.png"],
            cwd=folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
        assert not said or "imgcuda/" not in said, said  # Python itself may not have come to us yet
        assert said or process.returncode in (-signal.SIGINT, 130, 0)
