"""The settings of Sphinx for the site: `just site` makes it.

DOCS_SOURCES is the address of the sources as pages, which links to code get; without it they are plain words.
"""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import site_pages

project = "imgcuda"
author = "The imgcuda developers"
version = release = tomllib.loads((site_pages.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
extensions = ["myst_parser", "sphinx.ext.githubpages"]
root_doc = "README"
include_patterns = ["*.md", "docs/*.md"]
exclude_patterns = [".*", "build", "imgcuda", "plugins", "tests", "examples", "benchmarks", "sample_images"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = f"imgcuda {version}"
html_copy_source = False
html_show_sphinx = False


def read_page(app: Any, name: str, source: list[str]) -> None:
    """Change a page as it is read."""
    source[0] = site_pages.site_page(name, source[0], os.environ.get("DOCS_SOURCES", ""))


def mend(app: Any, name: str, template: str, context: dict[str, Any], tree: object) -> None:
    """Change the parts of a page before they are put together."""
    for part in ("body", "furo_navigation_tree"):
        context[part] = site_pages.reachable(context.get(part) or "")


def write_index(app: Any, error: Exception | None) -> None:
    """Let the site begin with README, under the name that a host of static pages looks for."""
    if error is None:
        shutil.copyfile(Path(app.outdir, "README.html"), Path(app.outdir, "index.html"))


def setup(app: Any) -> dict[str, bool]:
    """Connect the functions to Sphinx."""
    app.connect("source-read", read_page)
    app.connect("html-page-context", mend, priority=900)  # after the theme, which adds its own parts
    app.connect("build-finished", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
