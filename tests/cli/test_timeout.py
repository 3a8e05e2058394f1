"""--timeout: a run that takes too long ends with a message, and the output file does not change."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from signal import SIG_DFL, SIGINT, default_int_handler, getsignal
from typing import Any

import numpy as np
import PIL.Image
import pytest

from imgcuda import images
from imgcuda.cli import build, run
from support.installed import installed

KERNEL = """
__global__ void turn(const pixel *src, pixel *dst, int width, int height)
{
    __shared__ int on;
    on = 1;
    while (atomicOr(&on, 1)) {}  // compilers for GPUs leave out a loop that touches nothing
}
"""
FILTERS = '''
from itertools import repeat
from pathlib import Path
from time import sleep
from imgcuda import Filter, param

class Turn(Filter):
    """Go round in the kernel."""

    def run(self, gpu, image):
        Path("turn-begun").touch()
        return super().run(gpu, image)

class Loop(Filter):
    """Go round in Python."""

    def run(self, gpu, image):
        Path("loop-begun").touch()
        while True:
            pass

class Slow:
    words = "anything"

    @classmethod
    def of(cls, value):
        sleep(1000)

    @classmethod
    def example(cls):
        return cls()

class Wait(Filter):
    """Take long to read a parameter."""

    what: Slow = param(default=Slow(), help="read slowly")

class Total(Filter):
    """Go round in C code, which lets no other thread run Python."""

    def run(self, gpu, image):
        return sum(repeat(1))
'''
ADVICE = "; if that should not be, --check finds a kernel's loop that never ends"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with filters that never end, a picture, and a file where the result is to be."""
    (tmp_path / "mine.py").write_text(FILTERS, "utf-8")
    for kernel in ("turn.cu", "loop.cu", "total.cu", "wait.cu"):
        (tmp_path / kernel).write_text(KERNEL, "utf-8")
    (tmp_path / "out.png").write_bytes(b"as it was")
    PIL.Image.fromarray(np.full((2, 2), 100, np.uint8)).save(tmp_path / "in.png")
    return tmp_path


@contextmanager
def started(folder: Path, *arguments: str, device: str = "cpu") -> Iterator[subprocess.Popen[str]]:
    """A run of `imgcuda try`, which is killed if a test fails before it has ended."""
    command = [sys.executable, "-m", "imgcuda", "try", "mine.py", *arguments, "--device", device, "--overwrite"]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


CASES = {
    ("turn", "in.png"): f"Error: in.png: turn took longer than 1 s, and nothing was written{ADVICE}\n",
    ("loop", "in.png"): f"Error: in.png: loop took longer than 1 s, and nothing was written{ADVICE}\n",
    ("wait", "in.png"): "Error: reading the parameters took longer than 1 s, and nothing was written\n",
    ("loop", "-"): "Error: standard input: reading it took longer than 1 s, and nothing was written\n",
}


def test_what_takes_for_ever_is_given_up(folder: Path) -> None:
    before = sorted(folder.glob("*.*"))  # Python keeps its own files in a folder without a dot
    with ExitStack() as stack:
        begun = (started(folder, of, "out.png", "--filter", name, "--timeout", "1") for name, of in CASES)
        running = list(map(stack.enter_context, begun))
        for endless, said in zip(running, CASES.values(), strict=True):
            assert endless.stderr is not None
            assert endless.stderr.read() == said
            assert endless.wait(30) == 1
    assert (folder / "out.png").read_bytes() == b"as it was"
    assert sorted(folder.glob("*.*")) == before


def test_a_kernel_that_goes_round_on_a_gpu_is_given_up(folder: Path, gpu: str) -> None:
    with started(folder, "in.png", "out.png", "--filter", "turn", "--timeout", "5", device=gpu) as endless:
        assert endless.stderr is not None
        assert endless.stderr.read() == f"Error: in.png: turn took longer than 5 s, and nothing was written{ADVICE}\n"
    assert endless.returncode == 1
    assert (folder / "out.png").read_bytes() == b"as it was"


def test_what_lets_no_thread_in_is_given_up_with_its_line(folder: Path) -> None:
    with started(folder, "in.png", "out.png", "--filter", "total", "--timeout", "1") as endless:
        assert endless.stderr is not None
        assert re.search(r'mine.py", line \d+ in run\n', endless.stderr.read())
    assert endless.returncode == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
def test_ctrl_c_ends_what_takes_for_ever(folder: Path) -> None:
    with ExitStack() as stack:
        begun = (started(folder, "in.png", "out.png", "--filter", name) for name in ("turn", "loop"))
        running = list(map(stack.enter_context, begun))
        end = time.monotonic() + 60
        while not all((folder / f"{name}-begun").exists() for name in ("turn", "loop")):
            assert time.monotonic() < end
            time.sleep(0.05)
        for endless in running:
            endless.send_signal(SIGINT)
            assert endless.wait(5) == -SIGINT
    assert (folder / "out.png").read_bytes() == b"as it was"


def test_ctrl_c_is_pythons_again_when_the_result_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers: list[object] = []
    for name in ("read", "write"):
        monkeypatch.setattr(images, name, _before(getattr(images, name), lambda: handlers.append(getsignal(SIGINT))))
    paths = [str(folder / "in.png"), str(folder / "out.png")]
    assert run(["invert", *paths, "--device", "cpu", "--overwrite"], build(installed())) == 0
    assert handlers == [SIG_DFL, default_int_handler]


def test_nothing_watches_once_a_filter_has_ended_in_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watching: list[int] = []
    for name in ("read", "write"):
        monkeypatch.setattr(images, name, _before(getattr(images, name), lambda: watching.append(_timers())))
    paths = [str(folder / "in.png"), str(folder / "out.png")]
    assert run(["invert", *paths, "--device", "cpu", "--timeout", "100", "--overwrite"], build(installed())) == 0
    assert watching == [1, 0]
    with PIL.Image.open(folder / "out.png") as picture:
        assert picture.getpixel((0, 0)) == 155


def _before(function: Callable[..., Any], note: Callable[[], None]) -> Callable[..., Any]:
    """Return a function before which something is noted."""

    def noted(*given: Any, **named: Any) -> Any:
        note()
        return function(*given, **named)

    return noted


def _timers() -> int:
    """Return how many timers run."""
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    return sum(not timer.finished.is_set() for timer in timers)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon"])
def test_what_is_no_number_of_seconds_is_refused(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(folder / "in.png"), str(folder / "out.png")]
    assert run(["invert", *paths, "--timeout", text], build(installed())) == 2
    words = f"Error: --timeout takes a number of seconds above 0, such as 2.5; got '{text}'\n"
    assert capsys.readouterr().err == words
