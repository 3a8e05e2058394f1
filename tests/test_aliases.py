"""Aliases of filters: the filters that they mean, aliases that are not valid, and aliases as commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import PIL.Image
import pytest

from imgcuda import Filter, ParameterError, Pipeline, PluginError, PointFilter, Registry, load, param
from imgcuda.cli import build, run
from imgcuda.registry import Plugin
from imgcuda.registry.filter_checks import check_aliases


class Outline(PointFilter):
    """Show outlines."""

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"doodle": {"width": 3}, "contour": {}, "blur": {}}

    width: int = param(default=1, ge=1, le=9, help="how wide they are, in pixels")


class Contour(PointFilter):
    """Show contours."""

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"doodley": {}, "both": {}}


class Draw(PointFilter):
    """Draw."""

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"both": {}}


@pytest.fixture
def drawing() -> Registry:
    made = load()
    made.add(Plugin("draw", "draw 1.0"), [Outline, Contour, Draw])
    return made


def test_another_word_stands_for_a_filter_and_its_values(drawing: Registry) -> None:
    assert drawing.create("doodle", {}) == Outline(width=3)
    assert drawing.create("doodle", {"width": 2}) == Outline(width=2)
    assert drawing["doodle"] is Outline
    assert "doodle" not in list(drawing)


def test_a_filters_own_name_wins_over_another_word(drawing: Registry) -> None:
    assert drawing["contour"] is Contour
    assert drawing["blur"].__name__ == "Blur"


def test_a_word_of_two_filters_stands_for_neither(drawing: Registry) -> None:
    with pytest.raises(PluginError, match="there is no filter 'both'"):
        drawing["both"]


def test_another_word_is_suggested_too(drawing: Registry) -> None:
    with pytest.raises(PluginError, match="there is no filter 'dodle'; did you mean 'doodle'"):
        drawing["dodle"]


@pytest.mark.parametrize(
    ("aliases", "why"),
    [
        ({"two words": {}}, "bad: the alias 'two words' is not a word"),
        ({"good": {"size": 1}}, "bad: the alias 'good' sets 'size', which is not a parameter"),
        ({"good": {"width": 10}}, "width must be from 1 to 9; got 10"),
    ],
    ids=["words", "parameter", "value"],
)
def test_other_words_are_checked_when_a_plugin_is_loaded(aliases: Any, why: str) -> None:
    class Bad(PointFilter):
        """Have bad aliases."""

        width: int = param(default=1, ge=1, le=9, help="in pixels")

    Bad.aliases = aliases
    with pytest.raises((PluginError, ParameterError), match=re.escape(why)):
        check_aliases(Bad)


# At a shell


def test_another_word_is_a_command_with_its_own_defaults(
    drawing: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Filter, ...]] = []

    def note(self: Pipeline, image: Any, device: str | None = None, max_pixels: int | None = None) -> Any:
        seen.append(self.filters)
        return image

    monkeypatch.setattr(Pipeline, "__call__", note)
    PIL.Image.fromarray(np.zeros((2, 2), np.uint8)).save(tmp_path / "a.png")
    files = [str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    assert run(["doodle", *files], build(drawing)) == 0
    assert run(["doodle", *files, "--width", "5"], build(drawing)) == 0
    assert run(["filter", *files, "-f", "doodle", "-f", "doodle:width=4"], build(drawing)) == 0
    assert seen == [(Outline(width=3),), (Outline(width=5),), (Outline(width=3), Outline(width=4))]


@pytest.mark.parametrize("arguments", [["--help"], ["list"]], ids=" ".join)
def test_other_words_stand_beside_the_filter(
    drawing: Registry, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments, build(drawing)) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["outline", "Show", "outlines.", "(doodle)"] in lines
    assert not any(line[:1] == ["doodle"] for line in lines)


def test_info_says_what_a_word_stands_for(drawing: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", "doodle"], build(drawing)) == 0
    told = capsys.readouterr().out
    assert told.startswith("doodle (width=3) is another name of outline.\n\noutline: Show outlines.")
    assert "Also:     doodle (width=3)\n" in told
