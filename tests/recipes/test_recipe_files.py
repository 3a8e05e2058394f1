"""Recipes as TOML files: what is read, where their files are looked for, and what is refused."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgcuda import ImgcudaError, ParameterError, Pipeline, PluginError
from imgcuda.recipes.recipe import Recipe
from imgcuda.recipes.recipe_reader import LARGEST, MOST_FILTERS, parse_recipe, read_recipe
from imgcuda.recipes.recipe_writer import write_recipe
from support.installed import installed

LOOK = """
version = 1
description = "Soft and small"

[[filter]]
name = "gaussian-blur"
sigma = 3

[[filter]]
name = "edges"
operator = "scharr"

[input]
linear = true

[output]
format = "webp"
quality = 85
auto_name = "x"
""".replace('auto_name = "x"\n', 'name = "{stem}_web"\ndepth = 8\n')


def read(text: str) -> Recipe:
    return parse_recipe(text, "look.toml")


def filters(text: str) -> Pipeline:
    return Pipeline(read(text).filters(installed()))


def test_a_recipe_has_filters_options_and_a_description() -> None:
    recipe = read(LOOK)
    assert Pipeline(recipe.filters(installed())) == Pipeline.from_text("blur:sigma=3 | edges:operator=scharr")
    assert recipe.description == "Soft and small"
    expected = {"linear": True, "format": "webp", "quality": 85, "name": "{stem}_web", "depth": "8"}
    assert recipe.options == expected


def test_a_recipe_is_written_as_it_was_read() -> None:
    recipe = read(LOOK)
    text = write_recipe(recipe.filters(installed()), recipe.options, recipe.description)
    again = read(text)
    assert (again.options, again.description) == (recipe.options, recipe.description)
    assert again.filters(installed()) == recipe.filters(installed())


def test_an_empty_recipe_has_no_filters() -> None:
    assert filters("") == Pipeline([]) == Pipeline.from_toml(Pipeline([]).to_toml())


@pytest.mark.parametrize(
    "text", ['name = "blur"\nsigma = 3', 'name = "blur"\nsigma = 3.0', 'name = "gaussian"\nsigma = 0x3']
)
def test_a_number_may_be_written_in_any_way_of_toml(text: str) -> None:
    assert filters(f"[[filter]]\n{text}") == Pipeline.from_text("blur:sigma=3")


@pytest.mark.parametrize(
    ("step", "error", "said"),
    [
        ('name = "blurr"', PluginError, "(blurr): there is no filter 'blurr'; did you mean 'blur'?"),
        ('name = "blur"\nsgima = 3', ParameterError, "(blur): blur has no parameter 'sgima'; did you mean 'sigma'?"),
        ('name = "blur"\nsigma = "3"', ParameterError, "(blur): sigma must be a number; got '3'"),
        ('name = "blur"\nsigma = true', ParameterError, "(blur): sigma must be a number; got True"),
        ('name = "blur"\nsigma = 0', ParameterError, "(blur): sigma must be from 0.1 to 100; got 0"),
        ('name = "blur"\nsigma = nan', ParameterError, "(blur): sigma must be a finite number; got nan"),
        ('name = "blur"\nsigma = 07:32:00', ParameterError, "(blur): sigma must be a number; got 07:32:00"),
        ('name = "blur"\nborder = "warp"', ParameterError, "got 'warp'; did you mean 'wrap'?"),
        ('name = "median"\nradius = 1.5', ParameterError, "(median): radius must be a whole number; got 1.5"),
        ('name = "convolve"', ParameterError, "(convolve): convolve needs a value for kernel"),
        ('name = "convolve"\nkernel = {a = 1}', ParameterError, "(convolve): kernel must be a matrix"),
        ('name = "convolve"\nkernel = [[1], [2, 3]]', ParameterError, "whose rows are not numbers, as many in each"),
        ('name = "composite"\nimage = 3', ParameterError, "(composite): image must be an image"),
        ('name = "blur"\n"sigma-x" = 1\nsigma_x = 2', ParameterError, "(blur): sigma_x is given twice"),
        ('name = "@soft"', ParameterError, "(@soft): a recipe holds filters, and no other recipe"),
        ('name = "a\\u001b[2J"', PluginError, r"(a\x1b[2J): there is no filter"),
    ],
)
def test_a_filter_that_is_wrong_is_told_with_its_place(step: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as caught:
        filters(f'[[filter]]\nname = "flip"\n[[filter]]\n{step}')
    assert str(caught.value).startswith("look.toml, filter 2 (")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[filter]\nname = 1", "it is not TOML: expected ']]' at the end of an array declaration (at line 1, column"),
        ("a = 1\na = 2", "it is not TOML: cannot overwrite a value (at end of document)"),
        ("a = " + "9" * 5000, "it is not TOML: exceeds the limit"),
        ("a = " + "[" * 100_000, "it is not TOML: lists within lists within lists"),
        ("a = " + "{a = " * 100_000, "it is not TOML: lists within lists within lists"),
        ("a.b." * 1000 + "c = 1", "it has a key, or a text, of more than 32 parts with dots between them"),
        ("['a'." + '"b" . ' * 1000 + "c]", "it has a key, or a text, of more than 32 parts with dots between them"),
        ("x = '" + "a" * LARGEST + "'", "it has more than 1,048,576 characters"),
        ("[[filters]]\nname = 'blur'", "a recipe has no 'filters'; did you mean 'filter'?"),
        ("[sauce]", "a recipe has no 'sauce'; it has: version, description, filter, input, output"),
        ("version = 2", "its version is 2; this imgcuda reads version 1"),
        ("version = true", "its version is True; this imgcuda reads version 1"),
        ("description = 1", "its description must be a text of at most 1000 characters"),
        ("[filter]\nname = 'blur'", 'write [[filter]], in two brackets, above each filter, and name = "blur" below'),
        ("filter = ['blur']", 'write [[filter]], in two brackets, above each filter, and name = "blur" below'),
        ("[[filter]]\nname = 'blur'\n[[filter]]", 'filter 2 has no name; write name = "blur"'),
        ("[[filter]]\nname = 1", 'filter 1 has no name; write name = "blur"'),
        ("[[filter]]\nname = 'flip'\n" * (MOST_FILTERS + 1), "it has 1,001 filters, more than 1,000"),
        ("output = 1", "output must be a table; write [output], and its options below"),
        ("[output]\nqualty = 3", "[output] has no 'qualty'; did you mean 'quality'?"),
        ("[output]\noverwrite = true", "[output] has no 'overwrite'; it has: format, name, depth"),
        ("[output]\nquality = 101", "[output]: quality must be from 1 to 100; got 101"),
        ("[output]\nquality = '90'", "[output]: quality must be a whole number; got '90'"),
        ("[output]\nstrip = 1", "[output]: strip must be true or false; got 1"),
        ("[output]\ndepth = 12", "[output]: depth must be one of 8, 16, float; got '12'"),
        ("[output]\nformat = 'wepb'", "[output]: there is no format 'wepb'; did you mean 'webp'?"),
        ("[output]\nformat = 1", "[output]: format must be the name of a format, as png; got 1"),
        ("[output]\nname = ''", "[output]: name must be a template for the names of files"),
        (
            "[output]\nlossless = true\nquality = 3",
            "[output]: lossless loses nothing, so there is no quality to choose",
        ),
        ("[input]\nconvert = 'CMYK'", "[input]: convert must be one of L, LA, RGB, RGBA, F; got 'CMYK'"),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_recipe_is_told_in_one_sentence(text: str, said: str) -> None:
    start = time.monotonic()
    with pytest.raises(ParameterError) as caught:
        read(text)
    assert str(caught.value).startswith(f"look.toml: {said}")
    assert "\n" not in str(caught.value)
    assert time.monotonic() - start < 5


def test_a_message_does_not_repeat_a_long_word_in_full() -> None:
    for step in (f"name = '{'a' * 100_000}'", f"name = 'blur'\n{'a' * 100_000} = 1"):
        with pytest.raises(ImgcudaError) as caught:
            filters(f"[[filter]]\n{step}")
        assert len(str(caught.value)) < 1200


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_recipe_with_mistakes_is_read_or_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(LOOK)))
    cut = data.draw(st.integers(0, 9))
    text = LOOK[:at] + data.draw(st.text("[]{}=.\"'#\n\\ 0aé\0", max_size=5)) + LOOK[at + cut :]
    with suppress(ImgcudaError):
        filters(text)


@settings(max_examples=200, deadline=None)
@given(st.text("blur:sigma=3|,'\"\\[]@ .edges\0\n", max_size=30))
def test_a_chain_with_mistakes_is_read_or_refused(text: str) -> None:
    with suppress(ImgcudaError):
        pipeline = Pipeline.from_text(text)
        assert Pipeline.from_text(str(pipeline)) == pipeline


# Files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a recipe and the files that it names, which is not the current one."""
    (tmp_path / "looks").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    PIL.Image.new("RGB", (2, 3)).save(tmp_path / "looks" / "logo.png")
    (tmp_path / "looks" / "sharpen.txt").write_text("0 -1 0\n-1 5 -1\n0 -1 0\n")
    (tmp_path / "looks" / "look.toml").write_text(
        '[[filter]]\nname = "composite"\nimage = "logo.png"\n'
        '[[filter]]\nname = "convolve"\nkernel = "sharpen.txt"\n'
        '[[filter]]\nname = "convolve"\nkernel = "[[1]]"\n',
        "utf-8",
    )
    return tmp_path


def test_files_of_a_recipe_are_relative_to_its_own(folder: Path) -> None:
    relative, absolute = Path("..", "looks", "look.toml"), folder / "looks" / "look.toml"
    for path in (relative, absolute):
        pipeline = Pipeline.from_toml(path)
        assert str(pipeline).startswith(f"composite:image={path.parent / 'logo.png'} | convolve:kernel=[[0,-1,0],")
        assert Pipeline.from_text(str(pipeline)) == pipeline
    with pytest.raises(
        ParameterError, match=r"^the recipe, filter 1 \(composite\): image must be an image: .*'logo.png'"
    ):
        Pipeline.from_toml(relative.read_text("utf-8"))


def test_a_recipe_in_a_chain_brings_its_filters(folder: Path) -> None:
    path = folder / "looks" / "look.toml"
    pipeline = Pipeline.from_text(f"flip | @{path} | @'{path}' | edges")
    assert [filter.name for filter in pipeline] == ["flip", *["composite", "convolve", "convolve"] * 2, "edges"]


def test_a_recipe_may_begin_with_a_mark_of_its_encoding(tmp_path: Path) -> None:
    text = '# ü\n[[filter]]\r\nname = "flip"\r\n'
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):  # PowerShell writes the last
        path = tmp_path / f"{encoding}.toml"
        path.write_bytes(text.encode(encoding))
        assert Pipeline.from_toml(path) == Pipeline.from_text("flip")


def test_only_a_regular_file_of_modest_size_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "large.toml").write_bytes(b"#" * (LARGEST + 1))
    (tmp_path / "binary.toml").write_bytes(b"\x89PNG\x00\xff")
    said = {"pipe": "it is a pipe", "folder": "it is a directory", "large": "more than 1,048,576 bytes"}
    for name, why in {**said, "binary": "it is not text", "none": "No such file"}.items():
        with pytest.raises(ParameterError) as caught:
            read_recipe(str(tmp_path / f"{name}.toml"))
        assert str(caught.value).startswith(f"there is no recipe: the file '{tmp_path / name}.toml' cannot be read: ")
        assert why in str(caught.value)


def test_a_name_of_a_file_in_the_place_of_toml_is_told() -> None:
    with pytest.raises(ParameterError, match=r"write Pipeline.from_toml\(Path\('look.toml'\)\)"):
        Pipeline.from_toml("look.toml")
