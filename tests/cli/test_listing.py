"""Categories of filters in `imgcuda list`, `info` and `--help`."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import pytest

from imgcuda import Filter, PointFilter, Registry, param
from imgcuda.cli import build, run
from imgcuda.registry import Plugin


class Warm(PointFilter):
    """Make an image
    warmer."""

    aliases: ClassVar = {"hot": {}, "sunny": {}}
    how_strong: float = param(default=1.0, help="how strong")
    way: Literal["gentle", "harsh"] = param(default="harsh", help="how")


class Ink(PointFilter):
    """Draw in ink."""

    category = "edges"


Ink.__doc__ = "Draw\tin ink."  # from Python 3.13 on, the compiler would expand the tab


class Outline(Filter):
    """Show outlines."""


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.add(Plugin("astro", "imgcuda-astro 0.1"), [Warm, Ink])
    registry.add(Plugin("edges", "imgcuda 1.0"), [Outline])
    return registry


@pytest.fixture
def call(registry: Registry, capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs the command line with these filters."""
    return lambda *arguments: (run(arguments, build(registry)), *capsys.readouterr())


def test_a_category_is_the_filters_own_or_its_plugins_name(registry: Registry) -> None:
    assert registry.category("warm") == "astro"
    assert registry.categories == {"astro": ["warm"], "edges": ["ink", "outline"]}


def test_list_groups_the_filters_of_all_plugins_by_category(call: Call) -> None:
    expected = """astro:
  warm     Make an image (hot, sunny)

edges:
  ink      Draw\tin ink.
  outline  Show outlines.
"""
    assert call("list") == (0, expected, "")


def test_list_shows_one_category(call: Call) -> None:
    assert call("list", "edges") == (0, "edges:\n  ink      Draw\tin ink.\n  outline  Show outlines.\n", "")


def test_list_has_a_form_for_scripts_with_four_columns(call: Call) -> None:
    code, out, _ = call("list", "--plain")
    assert code == 0
    assert [line.split("\t") for line in out.splitlines()] == [
        ["warm", "astro", "hot,sunny", "Make an image"],
        ["ink", "edges", "", "Draw in ink."],
        ["outline", "edges", "", "Show outlines."],
    ]
    assert call("list", "astro", "--plain")[1].startswith("warm\tastro\t")


@pytest.mark.parametrize("form", [[], ["--plain"]], ids=["for a person", "for a script"])
def test_list_prints_nothing_where_no_filter_is_installed(form: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", *form], build(Registry())) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ink", ["ink"]),
        ("SUNNY", ["warm"]),  # an alias
        ("outlin", ["outline"]),
        ("warmer", []),  # the summary is the first line
        ("image", ["warm"]),
        ("mage", []),  # words of a summary are looked for from their beginning
        ("show outlines", ["outline"]),
        ("show ink", []),
        ("astro", ["warm"]),
        ("strong", ["warm"]),  # --how-strong
        ("how_strong", ["warm"]),
        ("gentle", ["warm"]),
    ],
)
def test_list_finds_words_in_names_summaries_and_parameters(call: Call, words: str, found: list[str]) -> None:
    code, out, _ = call("list", *words.split(), "--plain")
    assert (code, [line.split("\t")[0] for line in out.splitlines()]) == (0 if found else 2, found)


def test_list_says_by_which_parameter_a_filter_was_found(call: Call) -> None:
    assert call("list", "strong")[1] == "astro:\n  warm  Make an image (hot, sunny) [how_strong]\n"
    assert call("list", "gentle")[1].endswith("[way=gentle]\n")
    assert "[" not in call("list", "warm", "strong", "ink")[1]


def test_choices_are_looked_for_only_if_nothing_else_fits(registry: Registry, call: Call) -> None:
    class Gentle(PointFilter):
        """Be gentle."""

    registry.add(Plugin("more", "imgcuda 1.0"), [Gentle])
    assert call("list", "gentle") == (0, "more:\n  gentle  Be gentle.\n", "")


@pytest.mark.parametrize(
    ("words", "hint"),
    [("inkk", "; did you mean 'ink'?"), ("xyz", "; the categories are: astro, edges"), ("ink xyz", "; the categories")],
)
def test_list_refuses_words_that_no_filter_fits(call: Call, words: str, hint: str) -> None:
    code, out, err = call("list", *words.split())
    assert (code, out) == (2, "") and err.startswith(f"Error: no filter fits '{words}'{hint}")


def test_info_says_the_category(call: Call) -> None:
    assert "\nCategory: edges\nFrom:     imgcuda-astro 0.1, module " in call("info", "ink")[1]


def test_the_help_has_a_heading_for_each_category(call: Call) -> None:
    _, _, after = call("--help")[1].partition("\nFilters (astro):\n")
    astro, _, edges = after.partition("\nFilters (edges):\n")
    assert [line.split()[0] for line in astro.splitlines() if line] == ["warm"]
    assert [line.split()[0] for line in edges.splitlines() if line] == ["ink", "outline"]
