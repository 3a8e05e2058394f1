"""Writes a page to a file; one that imgcuda did not write is replaced only if that was asked for."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from imgcuda.errors import ImageError, ParameterError
from imgcuda.images import Clobber
from imgcuda.images.atomic_write import NOT_OURS, check, replace
from imgcuda.images.error_messages import translated_errors
from imgcuda.pages.document import BEGIN

EXTENSIONS = (".html", ".htm")


def is_page(path: Path) -> bool:
    """Return whether a file's name is that of a page."""
    return path.suffix.lower() in EXTENSIONS


def check_page(path: Path, clobber: Clobber) -> None:
    """Raise an error, before any work is done, if no page can be written there."""
    if not is_page(path):
        raise ParameterError(f"a page is written to a file that ends with .html; got {path}")
    with translated_errors(str(path), "written"):
        check(path, clobber=bool(clobber))
        if clobber == "ours" and not _may_be_replaced(path):
            raise ImageError(NOT_OURS)


def write_page(path: Path, text: str, clobber: Clobber) -> None:
    """Write a page atomically; ImageError if there is a file that may not be replaced."""
    check_page(path, clobber)
    with translated_errors(str(path), "written"):
        replace(path, text.encode(), clobber=bool(clobber))


def _may_be_replaced(path: Path) -> bool:
    """Return whether there is no file, or a page of ours."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        return file.read(len(BEGIN)) == BEGIN.encode()
    return True
