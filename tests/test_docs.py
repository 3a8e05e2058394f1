"""The pages that are made of what filters say of themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imgcuda import PointFilter, load
from imgcuda.registry import Plugin

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


@pytest.mark.parametrize(
    ("page", "category", "filter"),
    [
        ("filter_table", "| [**{0}**](docs/filters.md#category-{0}) |", "| [`{0}`]"),
        ("filter_reference", "\n## Category: {0}\n", "\n### {0}\n"),
    ],
)
def test_the_pages_group_the_built_in_filters_by_category(pages: Any, page: str, category: str, filter: str) -> None:
    registry = load()
    text = "\n" + getattr(pages, page)(registry)
    groups = {own: names for own, names in registry.categories.items() if own in pages.by_category(registry)}
    assert {"blur", "color", "edges"} <= set(groups)
    expected = [
        heading for own, names in groups.items() for heading in (category.format(own), *map(filter.format, names))
    ]
    places = [text.index(heading) for heading in expected]
    assert places == sorted(places)


def test_the_pages_leave_a_strangers_filter_out(pages: Any) -> None:
    class Stranger(PointFilter):
        """Come from elsewhere."""

        category = "blur"

    registry = load()
    registry.add(Plugin("astro", "imgcuda-astro 0.1"), [Stranger])
    assert "stranger" in registry.categories["blur"]
    assert pages.by_category(registry) == pages.by_category(load())


def test_a_filter_without_picture_and_a_picture_without_filter_are_named(
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
    assert pages.escaped("1 - a * b_c < [2]\n  and `x * y`") == r"1 - a \* b\_c \< \[2\] and `x * y`"
    assert pages.table_cell("a | b") == r"a \| b"
