"""The pages of the site: links to pages stay, links to sources get an address or become words, all pages are there."""

from __future__ import annotations

import pytest
from site_pages import ROOT, pages, reachable, site_page

SOURCES = "https://example.org/imgcuda/blob/main/"


@pytest.mark.parametrize(
    ("name", "text", "with_address", "without"),
    [
        ("docs/files", "[a](recipes.md#saved)", "[a](recipes.md#saved)", "[a](recipes.md#saved)"),
        ("docs/files", "[a](../README.md)", "[a](../README.md)", "[a](../README.md)"),
        ("docs/files", "![a](pictures/blur.jpg)", "![a](pictures/blur.jpg)", "![a](pictures/blur.jpg)"),
        (
            "README",
            "see [`errors`](imgcuda/errors.py).",
            f"see [`errors`]({SOURCES}imgcuda/errors.py).",
            "see `errors`.",
        ),
        ("docs/files", "[a](../imgcuda/cpu/)", f"[a]({SOURCES}imgcuda/cpu)", "a"),
        ("README", "[a](imgcuda/errors.py#L3)", f"[a]({SOURCES}imgcuda/errors.py#L3)", "a"),
        ("docs/files", "[a](https://example.com/b)", "[a](https://example.com/b)", "[a](https://example.com/b)"),
        ("docs/files", "[a](nowhere.md)", "[a](nowhere.md)", "[a](nowhere.md)"),
        (
            "docs/files",
            "```python\nf[a](errors.py)\n```",
            "```python\nf[a](errors.py)\n```",
            "```python\nf[a](errors.py)\n```",
        ),
    ],
)
def test_links_to_sources_get_an_address_or_become_words(name: str, text: str, with_address: str, without: str) -> None:
    assert site_page(name, f"{text}\n", SOURCES).startswith(f"{with_address}\n")
    assert site_page(name, f"{text}\n", "").startswith(f"{without}\n")


def test_the_contents_have_each_page_once_and_no_other() -> None:
    top = {"README", "CHANGELOG", "CONTRIBUTING", "SECURITY"}
    assert pages() == top | {f"docs/{path.stem}" for path in (ROOT / "docs").glob("*.md")}
    contents = site_page("README", "", "")
    assert [contents.count(f"\n{page}\n") for page in pages() - {"README"}] == [1] * (len(pages()) - 1)
    assert "toctree" not in site_page("docs/files", "", "")


def test_a_drawing_of_arrows_becomes_a_table() -> None:
    drawing = '```mermaid\nflowchart TD\n    a["a"]\n    a --> b\n    a --> c\n    b --> c\n```'
    table = "| package | imports |\n|---|---|\n| `a` | `b`, `c` |\n| `b` | `c` |"
    assert site_page("docs/files", f"{drawing}\n", "") == f"{table}\n"


def test_a_screenshot_becomes_a_light_and_a_dark_picture() -> None:
    source = '<source media="(prefers-color-scheme: dark)" srcset="a-dark.webp">'
    shown = f'<picture>{source}<img src="a.webp" alt="A page"></picture>'
    light = "```{image} a.webp\n:alt: A page\n:class: only-light\n```"
    dark = "```{image} a-dark.webp\n:alt: A page\n:class: only-dark\n```"
    assert site_page("docs/see", f"Text.\n\n{shown}\n", "") == f"Text.\n\n{light}\n{dark}\n"


def test_what_scrolls_is_reached_by_keys() -> None:
    assert reachable("<pre>a</pre>") == '<pre tabindex="0">a</pre>'
    assert reachable('<div class="table-wrapper docutils">') == '<div tabindex="0" class="table-wrapper docutils">'
