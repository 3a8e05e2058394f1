"""Batches whose filters run in device servers: here of the CPU, by the same code as a GPU."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from imgcuda.batch.slot import Slot
from support import trap
from support.installation import Installation

ENDED = "the process that runs the filters ended: a filter has a fault"
SENTENCES = {
    "segfault": ENDED,
    "killed": ENDED,
    "exit": ENDED,
    "abort": ENDED,
    "hang": "it took longer than 8 s, and nothing was written",
    "hold": "it took longer than 8 s, and nothing was written",
    "raise": "trap failed at trap.py:12: RuntimeError: a fault of the plugin",
}

SERVED = """
import sys
from imgcuda.batch import local_run
if __name__ == "__main__":
    local_run.SERVED = {"cpu"}
    if "--device=cpu" in sys.argv:
        twice = local_run.devices.choose("cpu")
        local_run.devices.members = lambda device: (twice, twice)
    from imgcuda.cli import main
    main()
"""


SLOW = """
    import os, time
    from pathlib import Path
    from imgcuda import NeighborhoodFilter, hookimpl

    class Slow(NeighborhoodFilter):
        '''Take a while, and leave a file with the number of the process.'''
        halo = 0

        def run(self, gpu, image):
            Path(os.environ["SERVERS"], str(os.getpid())).touch()
            time.sleep(0.3)
            return gpu.launch("trap", image)

    @hookimpl
    def imgcuda_filters():
        return [Slow]
"""


@pytest.fixture
def servers(installation: Installation, tmp_path: Path) -> Path:
    """A folder in which each process that runs the slow filter leaves a file with its number."""
    folder = tmp_path / "servers"
    folder.mkdir()
    installation.variables["SERVERS"] = str(folder)
    return folder


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation with a plugin that has every fault, whose kernel is compiled."""
    made = Installation(tmp_path_factory.mktemp("trap"))
    made.variables["IMGCUDA_DEVICE"] = "cpu"
    trap.install(made)
    made.add(SLOW, distribution="slow", modules="slow")
    (made.folder / "slow.cu").write_text((made.folder / "trap.cu").read_text())
    source = trap.picture(made.folder / "warm.png", "good")
    done = made.run("filter", source, made.folder / "out.png", "-f", "trap")
    assert done.returncode == 0, done.stderr
    return made


def start(installation: Installation, *arguments: object) -> subprocess.Popen[str]:
    """Start a command whose filters run in a server of the CPU."""
    script = installation.folder / "served.py"
    script.write_text(SERVED)
    command = [sys.executable, "-P", str(script), *map(str, arguments)]
    environment = {**os.environ, **installation.variables}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def run(installation: Installation, *arguments: object) -> tuple[int, list[str]]:
    """Run such a command to its end; return its exit code, and its errors."""
    with start(installation, *arguments) as process:
        _, said = process.communicate(timeout=120)
    return process.returncode, sorted(line for line in said.splitlines() if line.startswith("Error: "))


def made(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".imgcuda-batch")}


@pytest.mark.exhaustive
def test_a_size_that_only_the_pixels_tell_is_made_and_limited(installation: Installation, tmp_path: Path) -> None:
    image = np.zeros((60, 50, 3), np.uint8)
    image[10:40, 5:45] = np.random.default_rng(1).integers(1, 256, (30, 40, 3), np.uint8)
    PIL.Image.fromarray(image).save(tmp_path / "in.png")
    words = ["batch", tmp_path / "in.png", "-o", tmp_path / "out", "--max-pixels", "4800", "--force"]
    assert run(installation, *words, "-f", "trim", "-f", "resize:width=80") == (0, [])
    with PIL.Image.open(tmp_path / "out" / "in.png") as picture:
        assert picture.size == (80, 60)
    code, (error,) = run(installation, *words, "-f", "trim", "-f", "resize:width=81")
    assert (code, "resize would make 81x61, 4,941 pixels, more than 4,800" in error) == (1, True)


def test_outputs_have_the_same_bytes_as_those_of_workers(installation: Installation, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for number, shape in enumerate([(40, 50, 3), (90, 20, 4), (30, 31), (200, 300, 3), (10, 10, 3)]):
        PIL.Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(tmp_path / f"{number}.png")
    frames = [PIL.Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8)) for _ in range(3)]
    frames[0].save(tmp_path / "several.tif", save_all=True, append_images=frames[1:])
    work = ("-f", "resize:scale=2", "-f", "auto-contrast", "-f", "blur:sigma=1")
    assert run(installation, "batch", tmp_path, "-o", tmp_path / "owned", *work) == (0, [])
    done = installation.run("batch", tmp_path, "-o", tmp_path / "own", "--exclude", "owned", *work)
    assert done.returncode == 0, done.stderr
    assert len(made(tmp_path / "own")) == 6
    assert made(tmp_path / "owned") == made(tmp_path / "own")


def test_two_devices_share_the_images(installation: Installation, folder: Path, servers: Path) -> None:
    """Both servers have the CPU."""
    with start(installation, "batch", folder, "-o", folder.parent / "out", "-f", "slow", "--device=cpu") as process:
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert len(made(folder.parent / "out")) == 8
    assert len(list(servers.iterdir())) == 2


def test_each_fault_in_the_owner_costs_its_own_file(installation: Installation, folder: Path) -> None:
    faulty = {fate: trap.picture(folder / f"{fate}.png", fate) for fate in SENTENCES}
    out = folder.parent / "out"
    code, errors = run(installation, "batch", folder, "-o", out, "-f", "trap", "--timeout", "8")
    assert errors == sorted(f"Error: {path}: {SENTENCES[fate]}" for fate, path in faulty.items())
    assert (code, len(made(out))) == (1, 8)


def test_a_server_that_is_killed_costs_no_file(installation: Installation, folder: Path, servers: Path) -> None:
    out = folder.parent / "out"
    with start(installation, "batch", folder, "-o", out, "-f", "slow") as process:
        while not (found := list(servers.iterdir())):
            assert process.poll() is None
        os.kill(int(found[0].name), signal.SIGKILL)
        _, said = process.communicate(timeout=120)
    assert (process.returncode, len(made(out))) == (0, 8), said
    assert len(list(servers.iterdir())) == 2


def test_a_slot_grows_and_its_arrays_stay_valid() -> None:
    ours = Slot()
    ours.reserve(10)
    early = ours.array(0, (5, 2), np.dtype(np.uint8))
    early[:] = 7
    theirs = Slot(os.dup(ours.descriptor))
    theirs.reserve(1 << 20)
    assert (theirs.array(0, (10,), np.dtype(np.uint8)) == 7).all()
    theirs.array(1 << 19, (4,), np.dtype(np.float32))[:] = 0.5
    ours.reserve(0)
    assert (ours.array(1 << 19, (4,), np.dtype(np.float32)) == 0.5).all()
    assert (early == 7).all()
    ours.close()
    theirs.close()
    assert (early == 7).all()
