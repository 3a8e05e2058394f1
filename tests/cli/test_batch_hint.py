"""What people type first to filter many files: the answer shows `imgcuda batch`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from imgcuda import Registry
from imgcuda.cli import build, run
from support.installed import installed

SAMPLE = Path(__file__).parents[2] / "sample_images" / "horse.png"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return installed()


@pytest.fixture
def command(registry: Registry, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: Any) -> Any:
    """Return a function that runs `imgcuda` in a folder with pictures, and returns its code and what it said."""
    for place in ("a.jpg", "b.jpg", "c.jpg", "photos/d.jpg", "out/e.jpg"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        shutil.copy(SAMPLE, tmp_path / place)
    monkeypatch.chdir(tmp_path)

    def call(words: str) -> tuple[int, str]:
        code = run(words.split(), build(registry))
        return code, capsys.readouterr().err

    return call


HINT = "Error: {0} filters one file, from IN to OUT; for folders and many files: imgcuda batch {1}\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("blur a.jpg b.jpg c.jpg out/", "a.jpg b.jpg ... -o out/ -f blur"),
        ("blur a.jpg b.jpg c.jpg", "a.jpg b.jpg ... -o out -f blur"),
        ("blur a.jpg b.jpg new/", "a.jpg b.jpg -o new/ -f blur"),
        ("blur -r photos out", "photos -r -o out -f blur"),
        ("blur photos -o result", "photos -o result -f blur"),
        ("blur photos -r -o out", "photos -r -o out -f blur"),
        ("filter -r photos -o result -f lut-cube:lut=a;b", "photos -r -o result -f 'lut-cube:lut=a;b'"),
    ],
)
def test_a_command_for_one_file_shows_the_one_for_many(command: Any, words: str, expected: str) -> None:
    name = words.split()[0]
    assert command(words) == (2, HINT.format(name, expected))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("blur photos out", "photos -o out -f blur"),
        ("blur a.jpg out", "a.jpg -o out -f blur"),
        ("blur photos new", "photos -o new -f blur"),
        ("blur photos b.png", "photos -o out -f blur"),
        ("filter photos out -f blur:sigma=2 -f invert", "photos -o out -f blur:sigma=2 -f invert"),
    ],
)
def test_a_folder_for_a_file_is_a_failure_that_shows_it_too(command: Any, words: str, expected: str) -> None:
    assert command(words) == (1, HINT.format(words.split()[0], expected))


@pytest.mark.parametrize("words", ["blur --nosuch a.jpg b.png", "blur a.jpg", "invert --sigma 3 a.jpg b.png"])
def test_other_mistakes_are_answered_as_before(command: Any, words: str) -> None:
    code, said = command(words)
    assert (code, "imgcuda batch" in said) == (2, False)
    assert "Usage: imgcuda" in said


def test_an_example_runs_as_it_stands(command: Any, tmp_path: Path) -> None:
    _, said = command("blur a.jpg b.jpg c.jpg new/ --device cpu")
    assert said.endswith("imgcuda batch a.jpg b.jpg ... -o new/ -f blur\n")
    assert command("batch a.jpg b.jpg c.jpg -o new/ -f blur --device cpu")[0] == 0
    assert sorted(path.name for path in (tmp_path / "new").glob("*.jpg")) == ["a.jpg", "b.jpg", "c.jpg"]
