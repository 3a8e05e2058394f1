"""Finds the input files of a batch: files, folders, patterns and lists, in a fixed order."""

from __future__ import annotations

import fnmatch
import glob
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from imgcuda.errors import ImageError, ParameterError
from imgcuda.images.signatures import format_of

Identity = tuple[int, int]
"""The device and the inode of a file or a folder."""


@dataclass(frozen=True)
class Input:
    """One input file."""

    path: Path
    place: PurePath
    """Its path in the mirrored tree: below the folder, or the pattern's fixed part, that led to it."""
    error: str = ""
    """Why it is not read, if that is known already: a folder that cannot be read is an Input with an error."""


@dataclass(frozen=True)
class Search:
    """How folders and patterns are searched."""

    recursive: bool = False
    exclude: tuple[str, ...] = ()
    """Patterns for names, or for paths below the folder, of files and folders that are passed over."""
    output: Path | None = None
    """The output folder, which is not read if it is in an input folder."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """How many files and folders were passed over, by the reason."""

    def excludes(self, place: PurePath) -> bool:
        """Return whether a pattern of --exclude matches a name or a whole path, or one of its folders."""
        paths = [place, *place.parents][:-1]
        return any(
            fnmatch.fnmatchcase(path.name, pattern) or fnmatch.fnmatchcase(str(path), pattern)
            for path in paths
            for pattern in self.exclude
        )


def find(words: Sequence[str], search: Search) -> Iterator[Input]:
    """Yield the inputs that the words of a command line name, each file once: files, folders and patterns."""
    seen: set[str] = set()
    for word in words:
        for found in _of_word(word, search):
            name = os.path.abspath(found.path)  # noqa: PTH100  # links stay: two names are two inputs
            if name not in seen:
                seen.add(name)
                yield found


def of_list(data: bytes, nul: bool, search: Search) -> Iterator[Input]:
    """Yield the inputs of a list, separated by NUL bytes or by the ends of lines. Files keep the folders they are
    named with; folders are passed over, since a list from `find` has all their files, too."""
    separator = b"\0" if nul else b"\n"
    for line in data.split(separator):
        text = os.fsdecode(line if nul else line.removesuffix(b"\r"))
        if not text:
            continue
        path = Path(text)
        place = _kept(path)
        if path.is_dir():
            search.passed_over["folders in the list"] += 1
        elif search.excludes(place):
            search.passed_over["excluded"] += 1
        else:
            yield Input(path, place)


def _kept(path: PurePath) -> PurePath:
    """Return a path with all folders that can be below another folder: without a root, and without `..`."""
    return PurePath(*(part for part in path.parts if part not in (path.anchor, "..")))


def _of_word(word: str, search: Search) -> Iterator[Input]:
    path = Path(word)
    if path.is_dir():
        yield from _of_folder(path, search)
    elif os.path.lexists(path) or not glob.has_magic(word):
        if search.excludes(PurePath(path.name)):
            search.passed_over["excluded"] += 1
        else:
            yield Input(path, PurePath(path.name))
    else:
        yield from _of_pattern(word, search)


def _of_pattern(pattern: str, search: Search) -> Iterator[Input]:
    """Yield the files that a pattern matches, sorted; `**` stands for any folders."""
    fixed = PurePath(*_fixed_parts(PurePath(pattern)))
    found = [Path(each) for each in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207  # Path.glob takes no absolute pattern
    if not found:
        raise ImageError(f"'{pattern}' matches no file")
    for path in found:
        place = PurePath(os.path.relpath(path, fixed))
        if path.is_dir():
            search.passed_over["folders that a pattern matches"] += 1
        elif search.excludes(place):
            search.passed_over["excluded"] += 1
        else:
            yield Input(path, place)


def _fixed_parts(pattern: PurePath) -> Iterator[str]:
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            return
        yield part


def _of_folder(root: Path, search: Search) -> Iterator[Input]:
    """Yield the pictures in a folder, those of subfolders after its own. Links to folders are not followed."""
    output = identity_of(search.output) if search.output else None
    if output is not None and identity_of(root) == output:
        raise ParameterError(f"-o {search.output} is an input folder; write to another, such as {root / 'filtered'}")
    folders = [PurePath()]
    while folders:
        place = folders.pop()
        try:
            entries = _entries(root / place)
        except OSError as error:
            yield Input(root / place, place, f"{root / place} cannot be read: {(error.strerror or '').lower()}")
            continue
        inner = []
        for entry in entries:
            below = place / entry.name
            if why := _passed_over(entry, below, output, search):
                search.passed_over[why] += 1
            elif _is_folder(entry):
                inner.append(below)
            else:
                yield Input(root / below, below)
        folders += reversed(inner)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _passed_over(entry: os.DirEntry[str], place: PurePath, output: Identity | None, search: Search) -> str:
    """Return why a folder's entry is no input, in the plural; an empty string for a picture or a folder to read."""
    if entry.name.startswith("."):
        return "hidden"
    if search.excludes(place):
        return "excluded"
    if _is_folder(entry):
        if entry.is_symlink():
            return "links to folders"
        if output is not None and identity_of(Path(entry.path)) == output:
            return "the output folder"
        return "" if search.recursive else "folders, which -r reads"
    return "" if _is_picture(Path(entry.path)) else "no pictures"


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_picture(path: Path) -> bool:
    """Return whether a file is of a format that is read; also if it may not be opened, which is then reported."""
    if not path.is_file():  # a pipe, or a link that leads nowhere
        return False
    try:
        with path.open("rb") as file:
            format_of(file)
    except ImageError:
        return False
    except OSError:
        return True
    return True


def identity_of(path: Path) -> Identity | None:
    """Return which file or folder a path leads to; None if there is none, or it cannot be told."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
