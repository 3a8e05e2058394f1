"""The files of the page, which are part of this package. Only these are served, each under its name."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import PurePath
from typing import NamedTuple

PAGE = "studio.html"

KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class PageFile(NamedTuple):
    """A file of the page, and its type for the browser."""

    data: bytes
    kind: str


def page_file(name: str) -> PageFile | None:
    """Return a file of the page; None for any other name."""
    return _files().get(name)


@cache
def _files() -> dict[str, PageFile]:
    folder = resources.files("imgcuda.studio").joinpath("page")
    endings = {each: PurePath(each.name).suffix for each in folder.iterdir()}
    return {each.name: PageFile(each.read_bytes(), KINDS[end]) for each, end in endings.items() if end in KINDS}
