"""`imgcuda studio`: its address, its port, and its end with Ctrl-C, with its terminal, and with what has started it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from imgcuda.cli import build, run
from imgcuda.studio.serving import listening
from support.installed import installed

COMMAND = [sys.executable, "-m", "imgcuda", "studio", "--no-open", "--device", "cpu"]


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a studio that keeps its uploads in a folder of the test's."""
    yield {**os.environ, "TMPDIR": str(tmp_path)}


def started(environment: dict[str, str], *words: str) -> tuple[subprocess.Popen[str], str]:
    """Start a studio, and return it with its address."""
    process = subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGHUP, 0), (signal.SIGTERM, 143)],
    ids=["ctrl-c", "terminal", "terminated"],
)
def test_it_prints_its_address_and_ends_in_order(temporary: dict[str, str], number: int, code: int) -> None:
    process, address = started(temporary)
    folder = Path(temporary["TMPDIR"])
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", address)
    assert [each.name.startswith("imgcuda-studio-") for each in folder.iterdir()] == [True]
    time.sleep(0.5)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == code, said
    assert said == "The address works once, for one browser of this machine. Ctrl-C ends the studio.\n"
    assert list(folder.iterdir()) == []


def test_it_ends_with_the_process_that_has_started_it(temporary: dict[str, str]) -> None:
    program = (
        "import subprocess, sys\n"
        f"process = subprocess.Popen({COMMAND!r}, stdout=subprocess.PIPE, text=True)\n"
        "print(process.pid, process.stdout.readline(), flush=True)\n"
    )
    parent = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=temporary, timeout=60)
    number = int(parent.stdout.split()[0])
    end = time.monotonic() + 20
    while time.monotonic() < end and Path(f"/proc/{number}/exe").exists():
        time.sleep(0.1)
    assert not Path(f"/proc/{number}/exe").exists()


def test_a_port_that_is_in_use_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with listening(0) as taken:
        port = taken.getsockname()[1]
        assert taken.getsockname()[0] == "127.0.0.1"
        assert run(["studio", "--no-open", "--port", str(port)], build(installed())) == 2
    said = capsys.readouterr().err
    assert said == f"Error: port {port} cannot be had: address already in use; without --port, a free one is taken\n"


def test_a_picture_that_cannot_be_read_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.png").write_bytes(b"nothing")
    assert run(["studio", "--no-open", str(tmp_path / "a.png")], build(installed())) == 1
    assert "a.png cannot be read" in capsys.readouterr().err


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("starlette.applications", "imgcuda.studio.studio_app"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run(["studio", "--no-open"], build(installed())) == 2
    assert "pip install 'imgcuda[studio]'" in capsys.readouterr().err


def test_no_other_command_loads_the_studio() -> None:
    program = "import sys; from imgcuda.cli import run; run(['list']); print([n for n in sys.modules if 'studio' in n])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert found.stdout.splitlines()[-1] == "[]"
