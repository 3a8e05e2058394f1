"""The pages of the site: README and docs as they are, but for what only a host of sources shows.

Links to sources lead to the address of the sources, if it is known, and are plain words otherwise. The drawing of the
packages, which hosts of sources draw, becomes a table. A screenshot is shown light or dark as the site is, which its
reader can choose.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path, PurePosixPath

from absolute_links import with_links

ROOT = Path(__file__).parents[1]

CONTENTS: dict[str, list[str]] = {
    "Use it": ["docs/filters", "docs/files", "docs/recipes", "docs/batch", "docs/cluster", "docs/video"],
    "In Python": ["docs/arrays", "docs/large-data", "docs/adapters"],
    "Write filters and kernels": [
        *("docs/tutorial", "docs/how-to", "docs/api", "docs/kernels", "docs/checked-runs", "docs/faulty-kernels"),
        "docs/studio",
    ],
    "How fast, and where": ["docs/see", "docs/explain", "docs/benchmarks", "docs/platforms"],
    "How it works": ["docs/architecture", "docs/cpu-engine", "docs/cpu-math"],
    "The project": ["CHANGELOG", "CONTRIBUTING", "SECURITY"],
}
"""The pages besides README under their headings, in order. A page that is missing here fails the build."""

_DRAWING = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SCREENSHOT = re.compile(
    r'^<picture><source [^>]*srcset="(\S+)"><img src="(\S+)" alt="([^"]*)"></picture>$', re.MULTILINE
)
_ARROW = re.compile(r"^ *(\w+) --> (\w+)$", re.MULTILINE)


def site_page(name: str, text: str, sources: str) -> str:
    """Return a page for the site; `sources` is the address of the sources as pages, or empty.

    `name` is its path without `.md`, as "docs/files".
    """
    folder = PurePosixPath(name).parent

    def replaced(found: re.Match[str]) -> str:
        target, hash, place = found["target"].partition("#")
        path = _joined(folder, target)
        if found["picture"] or path.removesuffix(".md") in pages() or not (ROOT / path).exists():
            return found[0]
        words = found["head"].removeprefix("[").removesuffix("](")
        return f"[{words}]({sources.rstrip('/')}/{path}{hash}{place}" if sources else words + _END

    made = with_links(text, replaced).replace(f"{_END})", "")
    made = _SCREENSHOT.sub(_of_both_schemes, made)
    return _DRAWING.sub(_as_table, made) + (contents() if name == "README" else "")


_END = "\0"
"""Stands before the parenthesis that ends a link whose words alone are left."""


def reachable(html: str) -> str:
    """Return a part of a page such that keys reach what scrolls, and screen readers get the level of its headings."""
    for found, mended in _MENDED.items():
        html = html.replace(found, mended)
    return html


_MENDED = {
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    'class="caption" role="heading">': 'class="caption" role="heading" aria-level="2">',
}
"""What Sphinx and the theme write, and what axe-core asks for."""


def pages() -> set[str]:
    """Return the names of all pages of the site."""
    return {"README", *(page for group in CONTENTS.values() for page in group)}


def contents() -> str:
    """Return the site's contents, as MyST writes them; a theme shows them beside each page."""
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n{chr(10).join(group)}\n```\n"
        for heading, group in CONTENTS.items()
    )


def _joined(folder: PurePosixPath, target: str) -> str:
    """Return the path of a relative link from the root of the sources."""
    path = (ROOT / folder / target).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else target


def _of_both_schemes(screenshot: re.Match[str]) -> str:
    """Return a screenshot as two pictures, of which the theme shows that of its own colors."""
    dark, light, words = screenshot.groups()
    shown = {"only-light": light, "only-dark": dark}
    return "\n".join(f"```{{image}} {file}\n:alt: {words}\n:class: {name}\n```" for name, file in shown.items())


def _as_table(drawing: re.Match[str]) -> str:
    """Return a drawing of arrows as a table: for each package, those that it imports."""
    targets: dict[str, list[str]] = defaultdict(list)
    for start, end in _ARROW.findall(drawing[1]):
        targets[start].append(f"`{end}`")
    rows = [f"| `{start}` | {', '.join(ends)} |" for start, ends in targets.items()]
    return "\n".join(["| package | imports |", "|---|---|", *rows])
