"""The table of synonyms: what it offers is installed, can be run, and comes before what is only spelled alike."""

from __future__ import annotations

from collections import Counter

import pytest

from imgcuda import ParameterError, PluginError, Registry, load
from imgcuda.cli import build, run
from imgcuda.recipes.chain_text import parse_step
from imgcuda.registry import advice
from imgcuda.registry.synonyms import FILTERS, PARAMETERS


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load()


@pytest.mark.parametrize("table", [FILTERS, PARAMETERS], ids=["filters", "parameters"])
def test_no_word_is_in_two_rows(table: dict[str, str]) -> None:
    counts = Counter(advice.plain(word) for words in table for word in words.split())
    assert [word for word, count in counts.items() if count > 1] == []


def test_each_row_leads_to_a_filter_that_is_installed(registry: Registry) -> None:
    for words in FILTERS:
        steps = advice.steps_for(words.split()[0], registry.words)
        assert steps, words
        assert all(parse_step(registry, step) for step in steps if ":" in step)


def test_each_name_that_is_offered_for_a_parameter_exists(registry: Registry) -> None:
    known = {parameter.name for name in registry for parameter in registry[name].parameters()}
    assert {name for names in PARAMETERS.values() for name in names.split()} <= known


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("denoise", "; try median or bilateral"),
        ("De_Noise", "; try median or bilateral"),
        ("thumbnail", "; try resize:fit=256x256"),
        ("blackwhite", "; try grayscale or threshold"),
        ("blurr", "; did you mean 'blur'?"),
        ("qqqq", ""),
    ],
)
def test_a_word_of_another_program_is_answered_with_filters(word: str, hint: str) -> None:
    assert advice.for_filter(word, ["median", "bilateral", "resize", "grayscale", "threshold", "blur"]) == hint


def test_only_what_is_installed_is_offered() -> None:
    assert advice.for_filter("denoise", ["bilateral", "invert"]) == "; try bilateral"
    assert advice.for_filter("denoise", ["invert", "dehaze"]) == ""


def test_python_and_chains_are_told_of_the_filter(registry: Registry) -> None:
    with pytest.raises(PluginError, match=r"^there is no filter 'thumbnail'; try resize:fit=256x256$"):
        registry.create("thumbnail", {})


@pytest.mark.parametrize(
    ("name", "word", "meant"),
    [
        ("blur", "radius", "sigma"),
        ("blur", "strength", "sigma"),
        ("blur", "padding", "border"),
        ("median", "size", "radius"),
        ("median", "ksize", "radius"),
        ("bilateral", "radius", "sigma_space"),
        ("emboss", "azimuth", "angle"),
        ("brightness", "strength", "factor"),
        ("resize", "interpolation", "method"),
        ("canny", "threshold1", "low"),
    ],
)
def test_a_parameter_of_another_program_is_answered_with_ours(
    registry: Registry, name: str, word: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = f"{name} has no parameter '{word}'; did you mean '{meant}'?"
    with pytest.raises(ParameterError, match=f"^{said[:-1]}"):
        registry.create(name, {word: 3})
    with pytest.raises(ParameterError, match=f"^{said[:-1]}"):
        parse_step(registry, f"{name}:{word}=3")
    assert run([name, "in.png", "out.png", f"--{word}", "3"], build(registry)) == 2
    option = meant.replace("_", "-")
    assert f"No such option: --{word} (Possible options: --{option})" in capsys.readouterr().err


def test_a_command_of_another_program_is_answered_with_ours(
    registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["thumbnail", "in.png", "out.png"], build(registry)) == 2
    said = "Error: there is no command or filter 'thumbnail'; try resize --fit 256x256\n"
    assert capsys.readouterr() == ("", said)


def test_a_search_knows_the_words_of_other_programs(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "thumbnail", "--plain"], build(registry)) == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == ["resize"]
