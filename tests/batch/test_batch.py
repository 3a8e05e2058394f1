"""The command `imgcuda batch`: many files in one call, each as the command for one file makes it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from imgcuda import Registry
from imgcuda.cli import build, run

SAMPLES = Path(__file__).parents[2] / "sample_images"


@pytest.fixture
def command(registry: Registry, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs `imgcuda` on the CPU, and returns its exit code and what it said."""

    def call(*arguments: object) -> tuple[int, str, str]:
        device = [] if "--device" in arguments else ["--device", "cpu"]
        code = run([*map(str, arguments), *device], build(registry))
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


def test_all_that_fails_before_the_work_is_told_and_the_others_are_made(command: Any, photos: Path) -> None:
    code, _, err = command("batch", photos, photos.parent / "none.png", "-o", photos.parent / "out")
    assert code == 1
    assert f"Error: {photos.parent / 'none.png'} cannot be read: no such file or directory\n" in err
    assert made(photos.parent / "out") == ["a.png", "b.png"]


def test_after_a_failure_fail_fast_makes_no_more(command: Any, photos: Path, tmp_path: Path) -> None:
    (photos / "a.psd").write_bytes(b"8BPS")
    code, _, err = command("batch", photos, "-o", tmp_path / "out", "--fail-fast")
    assert code == 1
    assert err.startswith("Error: ")
    assert not list(tmp_path.glob("out/*.png"))


def test_a_dry_run_tells_what_would_be_made_and_makes_nothing(command: Any, photos: Path, tmp_path: Path) -> None:
    code, out, _ = command("batch", photos, "-o", tmp_path / "out", "--format", "webp", "--dry-run")
    assert (code, out) == (0, "".join(f"{photos / n}.png -> {tmp_path / 'out' / n}.webp\n" for n in "ab"))
    assert not (tmp_path / "out").exists()


def test_a_wrong_chain_is_told_before_any_work(command: Any, photos: Path, tmp_path: Path) -> None:
    code, _, err = command("batch", photos, "-o", tmp_path / "out", "-f", "blur:sigma=x")
    assert code == 2
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_in_place_each_input_is_replaced_by_its_result(command: Any, photos: Path, tmp_path: Path) -> None:
    assert command("filter", photos / "a.png", tmp_path / "one.png", "-f", "invert")[0] == 0
    assert command("batch", photos, "-r", "--in-place", "-f", "invert")[0] == 0
    assert made(photos) == ["a.png", "b.png", "more/c.png", "notes.txt"]
    assert (photos / "a.png").read_bytes() == (tmp_path / "one.png").read_bytes()


def test_in_place_nothing_is_replaced_that_would_lose_something(command: Any, photos: Path) -> None:
    PIL.Image.new("CMYK", (8, 8)).save(photos / "cmyk.jpg")
    before = (photos / "cmyk.jpg").read_bytes()
    code, _, err = command("batch", photos, "--in-place", "-f", "invert")
    assert code == 1
    assert f"{photos / 'cmyk.jpg'} is not overwritten" in err
    assert (photos / "cmyk.jpg").read_bytes() == before


def test_a_choice_is_for_the_files_whose_format_has_it(command: Any, photos: Path, tmp_path: Path) -> None:
    PIL.Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(photos / "d.jpg")
    sizes = []
    for quality in (20, 95):
        assert command("batch", photos, "-o", tmp_path / str(quality), "--quality", quality)[0] == 0
        sizes.append([(tmp_path / str(quality) / name).stat().st_size for name in ("a.png", "d.jpg")])
    assert sizes[0][0] == sizes[1][0]
    assert sizes[0][1] < sizes[1][1]
    assert command("batch", photos, "-o", tmp_path / "x", "--quality", 20, "--format", "png")[0] == 2


def test_a_recipe_gives_filters_format_and_names(command: Any, photos: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "web.toml"
    recipe.write_text('[output]\nformat = "webp"\nname = "{stem}_{recipe}"\n[[filter]]\nname = "invert"\n')
    assert command("batch", photos, "-o", tmp_path / "out", "--recipe", recipe)[0] == 0
    assert made(tmp_path / "out") == ["a_web.webp", "b_web.webp"]
    assert command("filter", photos / "a.png", tmp_path / "one.webp", "-f", "invert")[0] == 0
    assert (tmp_path / "out" / "a_web.webp").read_bytes() == (tmp_path / "one.webp").read_bytes()
    assert command("batch", photos, "-o", tmp_path / "own", "--recipe", recipe, "--name", "{index}")[0] == 0
    assert made(tmp_path / "own") == ["1.webp", "2.webp"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("photos", "-o FOLDER says where to write"),
        ("photos -o out --in-place", "--in-place replaces the inputs: it goes without -o"),
        ("photos --in-place --format png", "--in-place replaces the inputs: it goes without -o"),
        ("photos --in-place --no-clobber", "leave one out"),
        ("- photos -o out", "it goes without other inputs"),
        ("photos -0 -o out", "-0 is for the list on standard input"),
        ("photos -o photos", "-o photos is an input folder"),
        ("photos -o out --memory 1M", "--memory takes a size"),
        ("photos -o out --timeout 0", "--timeout takes a number of seconds above 0"),
        ("photos -o out --device nosuch", "--device: no device is called 'nosuch'"),
    ],
)
def test_options_that_cannot_be_right_are_wrong_usage(
    words: str, sentence: str, command: Any, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos.parent)
    code, out, err = command("batch", *words.split())
    assert (code, out) == (2, "")
    assert sentence in err
    assert made(photos) == ["a.png", "b.png", "more/c.png", "notes.txt"]
