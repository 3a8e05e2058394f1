"""Command lines that are run without Typer: they do what Typer would do, and all others go to Typer."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from imgcuda.cli import build, plain_line, run
from imgcuda.registry import installed

PLAIN = [
    "blur IN OUT",
    "blur IN OUT --sigma 3",
    "blur --sigma=3 IN --border wrap OUT",
    "blur IN OUT --sigma 1 --sigma 4",
    "gaussian IN OUT --device cpu",
    "sobel IN OUT",
    "convolve IN OUT --kernel [[0,1,0],[1,-4,1],[0,1,0]] --mode=correlation",
    "resize IN OUT --width 20",
]
"""They are run without Typer."""

OTHERS = [
    "blur IN",
    "blur IN OUT more",
    "blur IN OUT --sigma",
    "blur IN OUT --sigma 0",
    "blur IN OUT --sigma wide",
    "blur IN OUT --sigma -1",
    "blur IN OUT --border up",
    "blur IN OUT --strength 2",
    "blur IN OUT --quality 50",
    "blur IN OUT --device",
    "blur IN OUT -v",
    "blur IN OUT --help",
    "blur IN FOLDER",
    "convolve IN OUT",
    "resize IN OUT --width 20 --no-only-shrink",
    "filter IN OUT",
    "list IN OUT",
    "unknown IN OUT",
]
"""They are read by Typer, right or wrong."""


@pytest.fixture
def words(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The words of a command line, whose files are there."""
    with Image.open(Path(__file__).parents[2] / "sample_images" / "chelsea.png") as picture:
        picture.resize((40, 30)).convert("RGB").save(tmp_path / "in.png")
    files = {"IN": tmp_path / "in.png", "OUT": tmp_path / "out.png", "FOLDER": tmp_path}
    return [str(files.get(word, word)) for word in request.param.split()]


@pytest.mark.parametrize("words", PLAIN, ids=str, indirect=True)
def test_a_plain_line_makes_the_file_that_typer_makes(words: list[str], tmp_path: Path) -> None:
    assert plain_line.run_plain(installed(), words)
    without = (tmp_path / "out.png").read_bytes()
    (tmp_path / "out.png").unlink()
    assert run(words, build(installed())) == 0
    assert (tmp_path / "out.png").read_bytes() == without


@pytest.mark.parametrize("words", OTHERS, ids=str, indirect=True)
def test_every_other_line_goes_to_typer(words: list[str], tmp_path: Path) -> None:
    assert not plain_line.run_plain(installed(), words)
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("words", ["blur IN OUT --device none", "blur OUT IN", "blur OUT OUT"], ids=str, indirect=True)
def test_what_goes_wrong_later_is_told_in_the_same_words(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    ends = run(words), capsys.readouterr().err
    assert ends[0] > 0
    assert (run(words, build(installed())), capsys.readouterr().err) == ends


@pytest.mark.parametrize("words", ["blur IN OUT"], indirect=True)
def test_a_shell_that_completes_a_command_is_answered(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_IMGCUDA_COMPLETE", "complete_bash")
    assert not plain_line.run_plain(installed(), words)


@pytest.mark.parametrize("words", ["blur IN OUT"], indirect=True)
def test_the_variable_chooses_the_device_of_a_plain_line(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMGCUDA_DEVICE", "none")
    assert run(words) > 0
    assert "no device is called 'none'" in capsys.readouterr().err
