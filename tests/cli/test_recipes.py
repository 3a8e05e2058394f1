"""Recipes at the command line: -f @FILE, --recipe, and `imgcuda recipe`, which writes, checks, keeps and lists them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from imgcuda import Pipeline
from imgcuda.cli import run
from imgcuda.cli.job import Job
from imgcuda.recipes.file_choices import CHOICES

Call = Callable[..., tuple[int, str, str]]

WEB = """
description = "For the web"
[[filter]]
name = "flip"
[[filter]]
name = "invert"
[input]
convert = "L"
[output]
format = "webp"
quality = 50
strip = true
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a picture and a recipe, and the user's settings in a folder below it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMGCUDA_CONFIG", str(tmp_path / "settings"))
    monkeypatch.setenv("IMGCUDA_DEVICE", "cpu")
    PIL.Image.fromarray(np.arange(96, dtype=np.uint8).reshape(4, 8, 3)).save("in.png", dpi=(72, 72))
    Path("web.toml").write_text(WEB, "utf-8")
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """A function that runs the command and returns its exit code and what it prints."""
    return lambda *arguments: (run(arguments), *capsys.readouterr())


def pixels(path: str) -> list[object]:
    with PIL.Image.open(path) as image:
        return [image.mode, *np.asarray(image).ravel().tolist()]


def test_a_chain_is_printed_as_a_recipe_and_back(call: Call) -> None:
    chain = ["blur:sigma=2.5,border=wrap", "convolve:kernel=[[0,-1,0],[-1,5,-1],[0,-1,0]] | flip"]
    code, text, err = call("recipe", *chain, "--description", 'Soft, "warm"')
    assert (code, err) == (0, "")
    assert Pipeline.from_toml(text) == Pipeline.from_text(" | ".join(chain))
    Path("soft.toml").write_text(text, "utf-8")
    for word in ("soft.toml", "@soft.toml", "./soft.toml", "@./soft.toml"):
        assert call("recipe", word) == (0, f"{' | '.join(chain)}\n", "")


@pytest.mark.parametrize(("name", "shown"), [("a\u202fb.png", "a\u202fb.png"), ("a\x1b[2J.png", r"'a\x1b[2J.png'")])
def test_a_chain_is_printed_without_control_characters(name: str, shown: str, call: Call) -> None:
    PIL.Image.new("L", (3, 3)).save(name)
    Path("odd.toml").write_text(Pipeline.from_text(f"composite:image='{name}'").to_toml(), "utf-8")
    assert call("recipe", "odd.toml") == (0, f"composite:image={shown}\n", "")


def test_a_recipe_and_a_filter_are_one_chain(call: Call) -> None:
    assert Pipeline.from_toml(call("recipe", "@web.toml", "edges")[1]) == Pipeline.from_text("flip | invert | edges")


def test_saved_recipes_are_listed_and_used_by_name(call: Call, folder: Path) -> None:
    there = folder / "settings" / "recipes"
    assert call("recipe") == (0, f"There are no recipes in {there}; --save NAME keeps one there.\n", "")
    assert call("recipe", "flip", "invert", "--save", "turned")[0] == 0
    code, out, err = call("recipe", "web.toml", "--save", "web")
    assert (code, out, err) == (0, f"{there / 'web.toml'} is written; use it with -f @web\n", "")
    assert call("recipe")[:2] == (0, "turned  flip, invert\nweb     For the web\n")
    for number, arguments in enumerate((["-f", "@web"], ["-f", "flip | invert"], ["--recipe", "turned"])):
        assert call("filter", "in.png", f"{number}.png", *arguments) == (0, "", "")
    assert pixels("0.png") == pixels("1.png") == pixels("2.png")


def test_a_saved_recipe_is_replaced_only_if_asked(call: Call) -> None:
    assert call("recipe", "flip", "--save", "one")[0] == 0
    code, _, err = call("recipe", "invert", "--save", "one")
    assert code == 2 and "there is a recipe 'one' already" in err and "add --overwrite" in err
    assert call("recipe", "@one")[1] == "flip\n"
    assert call("recipe", "invert", "--save", "one", "--overwrite")[0] == 0
    assert call("recipe", "@one")[1] == "invert\n"


def test_a_saved_recipe_finds_its_files_from_anywhere(
    call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("recipe", "composite:image=in.png,x=2", "--save", "logo")[0] == 0
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert call("recipe", "@logo") == (0, f"composite:image={folder / 'in.png'},x=2\n", "")


@pytest.mark.parametrize("name", ["a/b", "../b", ".b", "look.toml", "a\nb", "a" * 65, "a b"])
def test_a_recipe_is_not_kept_under_a_name_that_is_a_path(name: str, call: Call, folder: Path) -> None:
    code, _, err = call("recipe", "flip", f"--save={name}")
    assert code == 2 and "a recipe's name has letters, digits and . _ - only, as warm-look; got" in err
    assert list(folder.rglob("*.toml")) == [folder / "web.toml"]


def test_a_broken_recipe_is_listed_with_its_fault(call: Call) -> None:
    assert call("recipe", "flip", "--save", "good")[0] == 0
    Path("settings/recipes/bad.toml").write_text("[[filter]\n", "utf-8")
    code, out, _ = call("recipe")
    assert code == 1
    assert out.startswith("bad   is not right: ") and "it is not TOML" in out and out.endswith("\ngood  flip\n")


# --recipe


def test_a_recipe_brings_filters_and_options(call: Call) -> None:
    assert call("filter", "in.png", "out.webp", "--recipe", "web.toml") == (0, "", "")
    options = ["--convert", "L", "--quality", "50", "--strip"]
    assert call("filter", "in.png", "same.webp", "-f", "flip", "-f", "invert", *options) == (0, "", "")
    assert Path("out.webp").read_bytes() == Path("same.webp").read_bytes()


def test_what_is_given_at_the_command_line_wins(call: Call) -> None:
    given = ["--quality", "90", "--no-strip", "--convert", "RGB"]
    assert call("filter", "in.png", "out.webp", "--recipe", "web.toml", *given) == (0, "", "")
    assert call("filter", "in.png", "same.webp", "-f", "flip", "-f", "invert", *given) == (0, "", "")
    assert Path("out.webp").read_bytes() == Path("same.webp").read_bytes()


def test_filters_after_f_follow_those_of_the_recipe(call: Call) -> None:
    assert call("filter", "in.png", "out.png", "--recipe", "web.toml", "-f", "blur", "--convert", "RGB")[0] == 0
    assert call("filter", "in.png", "same.png", "-f", "flip | invert | blur")[0] == 0
    assert pixels("out.png") == pixels("same.png")


def test_the_extension_of_the_output_comes_before_the_format(call: Call) -> None:
    assert call("filter", "in.png", "out.png", "--recipe", "web.toml") == (0, "", "")  # PNG has no quality
    assert call("filter", "in.png", "out", "--recipe", "web.toml") == (0, "", "")
    assert call("filter", "in.png", "other", "--recipe", "web.toml", "--format", "bmp") == (0, "", "")
    found = [Path(name).read_bytes()[:12] for name in ("out.png", "out", "other")]
    assert found[0].startswith(b"\x89PNG") and found[1].endswith(b"WEBP") and found[2].startswith(b"BM")


@pytest.mark.parametrize(
    ("recipe", "given", "same"),
    [
        ("quality = 50", ["--lossless"], ["--lossless"]),
        ("quality = 50", ["--no-lossless"], ["--quality", "50"]),
        ("lossless = true", ["--quality", "50"], ["--quality", "50"]),
        ("lossless = true", ["--no-lossless"], []),
    ],
)
def test_lossless_and_quality_replace_each_other(recipe: str, given: list[str], same: list[str], call: Call) -> None:
    Path("one.toml").write_text(f"[output]\n{recipe}\n[[filter]]\nname = 'flip'\n", "utf-8")
    assert call("filter", "in.png", "out.webp", "--recipe", "one.toml", *given) == (0, "", "")
    assert call("filter", "in.png", "same.webp", "-f", "flip", *same) == (0, "", "")
    assert Path("out.webp").read_bytes() == Path("same.webp").read_bytes()


def test_a_recipe_without_filters_only_converts(call: Call) -> None:
    Path("small.toml").write_text('[output]\nformat = "bmp"\n', "utf-8")
    assert call("filter", "in.png", "out", "--recipe", "small.toml") == (0, "", "")
    assert pixels("out") == pixels("in.png")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--recipe", "wbe.toml"], "there is no recipe: the file 'wbe.toml' cannot be read: No such file"),
        (["--recipe", "web"], "there is no recipe 'web' in "),
        (["-f", "@../x"], "there is no recipe: the file '../x' cannot be read: No such file"),
        (["-f", "@bad.toml"], "bad.toml, filter 1 (blur): sigma must be from 0.1 to 100; got 0"),
        (["-f", "./web.toml"], "'./web.toml' is not a filter; a recipe has an @ before it: -f @./web.toml"),
        (["-f", "@'web.toml"], "begins with a quote that does not end"),
    ],
)
def test_a_mistake_is_a_sentence_and_exit_2(arguments: list[str], said: str, call: Call) -> None:
    Path("bad.toml").write_text('[[filter]]\nname = "blur"\nsigma = 0\n', "utf-8")
    code, out, err = call("filter", "in.png", "out.png", *arguments)
    assert (code, out) == (2, "")
    assert said in err and err.startswith("Error: ")
    assert not Path("out.png").exists()


def test_a_recipe_has_the_options_of_the_command() -> None:
    named = {name for table in CHOICES.values() for name in table}
    assert named - {"name"} <= set(inspect.signature(Job).parameters)
