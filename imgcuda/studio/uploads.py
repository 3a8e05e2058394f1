"""Files that the page has sent: kept in a private folder, under names of the studio's own making.

No text of the page is ever opened as a path. A parameter that names a file gets the number of an upload instead.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imgcuda.errors import ParameterError, shown

LARGEST = 1 << 28
"""The most bytes of an upload."""

MOST = 64
"""The most uploads that are kept for parameters."""

_LONGEST_NAME = 80


class Uploads:
    """The uploads of one run, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[Path] = []

    def add(self, name: str, data: bytes) -> int:
        """Keep an upload, and return its number; ParameterError if there are too many."""
        if len(self._files) >= MOST:
            raise ParameterError(f"the studio keeps {MOST} files for parameters; start it again to send more")
        folder = self._folder / str(len(self._files))
        folder.mkdir(mode=0o700)
        file = folder / safe_name(name)
        file.write_bytes(data)
        self._files.append(file)
        return len(self._files) - 1

    def path(self, number: object) -> Path:
        """Return the file of an upload; ParameterError for a number that none has."""
        if type(number) is not int or not 0 <= number < len(self._files):
            raise ParameterError(f"there is no upload {shown(number)}; choose the file again")
        return self._files[number]

    def with_own_names(self, text: str) -> str:
        """Return a text in which files of uploads have the names that they had in the user's folder."""
        for file in self._files:
            text = text.replace(str(file), file.name)
        return text


@contextmanager
def kept_uploads() -> Iterator[Uploads]:
    """Keep uploads in a new private folder, which is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="imgcuda-studio-"))
    try:
        yield Uploads(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def safe_name(name: str) -> str:
    """Return a file's name without folders, with letters, digits and few other characters."""
    last = re.split(r"[/\\]", name)[-1]
    kept = re.sub(r"[^\w .()+=@-]", "_", last).strip(" .-")
    stem, dot, ending = kept.rpartition(".")
    short = f"{stem[:_LONGEST_NAME]}{dot}{ending[:12]}" if dot else kept[:_LONGEST_NAME]
    return short or "upload"
