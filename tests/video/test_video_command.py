"""Videos at the command line: `imgcuda filter in.mp4 out.mp4`, its options, its messages, and its end by Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import imgcuda
from imgcuda import Pipeline, video
from imgcuda.cli import build, run
from imgcuda.cli.run_video import FrameTally
from imgcuda.images import formats, mark
from imgcuda.video.containers import CONTAINERS
from support.installed import installed

pytest.importorskip("av")

from support.matrix import exhaustive
from support.processes import wait_for
from support.video_files import COUNT, drawn, make


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("video") / "in.mp4", sound="aac")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs a command on the CPU, and returns its exit code and what it said."""
    app = build(installed())

    def call(*arguments: object) -> tuple[int, str]:
        code = run([*map(str, arguments), "--device", "cpu"], app)
        out, err = capsys.readouterr()
        assert out == ""
        return code, err

    return call


def test_a_chain_and_a_single_filter_make_the_same_video(command: Any, plain: Path, tmp_path: Path) -> None:
    assert command("filter", plain, tmp_path / "a.mkv", "--codec", "ffv1", "-f", "blur:sigma=2") == (0, "")
    assert command("blur", plain, tmp_path / "b.mkv", "--codec", "ffv1", "--sigma", 2) == (0, "")
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()
    blur = Pipeline.from_text("blur:sigma=2")
    for given, made in zip(video.frames(plain), video.frames(tmp_path / "a.mkv"), strict=True):
        assert np.array_equal(blur(given), made)


def test_verbose_tells_the_frames_and_the_rate(command: Any, plain: Path, tmp_path: Path) -> None:
    code, said = command("grayscale", plain, tmp_path / "a.mp4", "-v")
    assert code == 0
    assert f"frames: {COUNT}; 64 x 48 RGB, uint8 -> 64 x 48 gray, uint8\n" in said
    assert "frames/s\n" in said


@pytest.mark.parametrize("name", ["a.mkv", *map(exhaustive, ("a.mp4", "a.webm", "a.mov"))])
def test_its_own_output_is_replaced_and_no_other(command: Any, plain: Path, tmp_path: Path, name: str) -> None:
    made = tmp_path / name
    for _ in range(2):
        assert command("invert", plain, made)[0] == 0
    assert mark.is_ours(made)
    made.write_bytes(made.read_bytes()[:-1] + b"x")
    changed = made.read_bytes()
    assert mark.is_ours(made)  # the last bytes belong to no content
    made.write_bytes(changed[:600] + bytes([changed[600] ^ 1]) + changed[601:])
    code, said = command("invert", plain, made)
    assert (code, "imgcuda did not write it" in said) == (1, True)
    assert command("invert", plain, made, "--no-clobber")[0] == 1
    assert command("invert", plain, made, "--overwrite")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["in.mp4", "a.mp4", "--linear"], 2, "--linear is for pictures, and a.mp4 is a video"),
        (["in.mp4", "a.mp4", "--frame", "3"], 2, "--frame is for pictures, and a.mp4 is a video"),
        (["in.mp4", "a.mp4", "--no-auto-orient"], 2, "--no-auto-orient is for pictures, and a.mp4 is a video"),
        (["in.mp4", "a.mp4", "--lossless"], 2, "--codec ffv1 loses nothing"),
        (["in.mp4", "a.mp4", "--codec", "ffv1"], 2, "--codec for mp4 is one of h264, hevc, av1, vp9; got 'ffv1'"),
        (["in.mp4", "a.mkv", "--codec", "h246"], 2, "did you mean 'h264'?"),
        (["-", "a.mp4"], 1, "a video is read from a file, not from standard input"),
        (["in.mp4", "in.mp4", "--overwrite"], 1, "in.mp4 is the input itself"),
        (["in.mp4", "none/a.mp4"], 1, "there is no folder 'none'"),
        (["in.mp4", "a.png"], 1, "it is a video, which is not read; filter it to another video, as out.mp4"),
        (["in.png", "a.mp4"], 1, "it is a picture (PNG), not a video; write a picture, as out.png"),
        (["in.png", "a.png", "--codec", "h264"], 2, "--codec is for videos; PNG has no such choice"),
        (["none.mp4", "a.mp4"], 1, "none.mp4 cannot be read: no such file or directory"),
        (["in.mp4", "a.mp4", "--max-pixels", "100"], 1, "its frames have 3,072 pixels, more than 100"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    command: Any, plain: Path, tmp_path: Path, monkeypatch: Any, arguments: list[str], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.mp4").symlink_to(plain)
    imgcuda.write("in.png", next(video.frames(plain)))
    found, said = command("invert", *arguments)
    assert (found, said.count("\n")) == (code, 1)
    assert words in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "in.png"]


def test_each_extension_of_a_video_has_a_container() -> None:
    assert tuple(CONTAINERS) == formats.VIDEOS


def test_a_batch_says_that_it_takes_no_videos(command: Any, plain: Path, tmp_path: Path) -> None:
    code, said = command("batch", plain, "-o", tmp_path, "-f", "invert")
    assert (code, "a batch takes no videos; `imgcuda filter in.mp4 out.mp4` filters one" in said) == (1, True)


def test_a_video_runs_checked(command: Any, tmp_path: Path) -> None:
    video.write(tmp_path / "in.mkv", [drawn(0, 8, 8)] * 2, codec="ffv1")
    assert command("blur", tmp_path / "in.mkv", tmp_path / "a.mkv", "--check", "--codec", "ffv1") == (0, "")


def test_without_pyav_the_way_to_it_is_told(command: Any, plain: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    code, said = command("invert", plain, tmp_path / "a.mp4")
    assert (code, said) == (
        1,
        f"Error: {plain} cannot be read: videos need PyAV: pip install 'imgcuda[video]'\n",
    )


def test_progress_counts_frames() -> None:
    tally = FrameTally()
    assert tally.progress() == "0 frames"
    time.sleep(0.01)
    tally.tell(30, 120)
    assert tally.progress().startswith("30 of 120 frames; ")
    assert tally.progress().endswith(" left")
    tally.tell(30, None)
    assert tally.progress().startswith("30 frames; ")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "long.mp4"
    video.write(path, (drawn(number, 480, 640) for number in range(300)), quality=30)
    return path


@pytest.mark.exhaustive
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_ends_it_and_leaves_the_old_file_alone(number: int, code: int, long: Path, tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_bytes(b"old")
    words = ["filter", long, tmp_path / "a.mkv", "--overwrite", "--codec", "ffv1", "--device", "cpu", "-f", "blur"]
    command = [sys.executable, "-P", "-m", "imgcuda", *map(str, words)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        wait_for(lambda: _writes(process.pid))
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (code, b"")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.mkv", b"old")]


def _writes(process: int) -> bool:
    """Return whether a process has a file without a name that has grown."""
    for link in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):
            if "(deleted)" in str(link.readlink()) and link.stat().st_size > 1 << 20:
                return True
    return False


@pytest.mark.exhaustive
def test_a_timeout_ends_it_and_leaves_nothing(long: Path, tmp_path: Path) -> None:
    words = ["blur", long, tmp_path / "a.mkv", "--codec", "ffv1", "--device", "cpu", "--timeout", "1.5"]
    command = [sys.executable, "-P", "-m", "imgcuda", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
    assert done.stderr == f"Error: {long}: blur took longer than 1.5 s, and nothing was written\n"


FILTER = """
import resource, sys
from imgcuda import video, load
from support.video_files import drawn
path, count, lossless = sys.argv[1], int(sys.argv[2]), video.VideoOptions(codec="ffv1")
video.write(path, (drawn(number, 320, 480) for number in range(count)), codec="ffv1")
video.filter_video([load().create("invert", {})], path, path + ".out.mkv", lossless)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
"""


@pytest.mark.exhaustive
def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    peaks = []
    for count in (40, 240):  # 18 and 110 MB of pixels
        arguments = [sys.executable, "-c", FILTER, str(tmp_path / f"{count}.mkv"), str(count)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, env=environment, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 40
