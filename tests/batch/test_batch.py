"""The command `imgcuda batch`: many files in one call, each as the command for one file makes it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from imgcuda import Registry, load
from imgcuda.cli import build, run

SAMPLES = Path(__file__).parents[2] / "sample_images"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load()


@pytest.fixture
def command(registry: Registry, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs `imgcuda` on the CPU, and returns its exit code and what it said."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([*map(str, arguments), "--device", "cpu"], build(registry))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with three photographs, one of them in a folder of its own, and a text."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for name, place in (("chelsea.png", "a.png"), ("horse.png", "b.png"), ("camera.png", "more/c.png")):
        shutil.copy(SAMPLES / name, folder / place)
    (folder / "notes.txt").write_text("no picture")
    return folder


def made(folder: Path) -> list[str]:
    """Return the files in a folder, without the manifest."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("[!.]*") if path.is_file())


def test_each_output_has_the_bytes_that_the_file_alone_gives(command: Any, photos: Path, tmp_path: Path) -> None:
    chain = ("-f", "blur:sigma=2", "-f", "invert")
    assert command("batch", photos, "-r", "-o", tmp_path / "out", *chain)[0] == 0
    assert made(tmp_path / "out") == ["a.png", "b.png", "more/c.png"]
    for name in made(tmp_path / "out"):
        assert command("filter", photos / name, tmp_path / "one.png", "--overwrite", *chain)[0] == 0
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "one.png").read_bytes()


def test_a_broken_file_is_one_line_and_the_others_are_made(command: Any, photos: Path, tmp_path: Path) -> None:
    (photos / "b.png").write_bytes((photos / "b.png").read_bytes()[:300])
    code, out, err = command("batch", photos, "-o", tmp_path / "out", "-f", "invert")
    errors = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert (code, out, len(errors)) == (1, "", 1)
    assert str(photos / "b.png") in errors[0]
    assert made(tmp_path / "out") == ["a.png"]
