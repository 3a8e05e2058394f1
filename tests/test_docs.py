"""The pages that are made of what filters say of themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imgcuda import load

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that makes the pages of filters."""
    monkeypatch.syspath_prepend(str(DOCS))
    import filter_pages

    return filter_pages


def test_each_built_in_filter_is_there_with_its_parameters_and_its_picture(pages: Any) -> None:
    table, reference = pages.filter_table(load()), pages.filter_reference(load())
    for name in pages.built_in(load()):
        assert f"[`{name}`](docs/filters.md#{name})" in table
        assert f"## {name}\n" in reference
        assert f"(pictures/filters/{name}.jpg)" in reference
        for parameter in load()[name].parameters():
            assert f"| `{parameter.name}` | " in reference


def test_a_filter_without_a_picture_is_named_and_a_picture_without_a_filter(
    pages: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert pages.pictures_wrong(load()) == []
    folder = tmp_path / "filters"
    folder.mkdir()
    for name in [*pages.built_in(load()), "gone"]:
        folder.joinpath(f"{name}.jpg").touch()
    folder.joinpath("blur.jpg").unlink()
    monkeypatch.setattr(pages, "PICTURES", tmp_path)
    monkeypatch.setitem(pages.SHOTS, "bluur", pages.Shot())
    assert [sentence.partition(";")[0] for sentence in pages.pictures_wrong(load())] == [
        "blur has no picture",
        "docs/pictures/filters/gone.jpg is of no filter",
        "docs/pictures.py: the line of 'bluur' is of no filter",
    ]


def test_what_means_something_to_markdown_is_shown_as_it_is(pages: Any) -> None:
    assert pages._plain("1 - a * b_c < [2]\n  and `x * y`") == r"1 - a \* b\_c \< \[2\] and `x * y`"
    assert pages._cell("a | b") == r"a \| b"
