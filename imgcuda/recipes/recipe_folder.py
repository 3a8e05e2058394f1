"""The user's own recipes: TOML files in a folder of the settings, by name."""

from __future__ import annotations

import os
import re
from pathlib import Path

from imgcuda import private_folder
from imgcuda.errors import ParameterError, did_you_mean, shown
from imgcuda.private_folder import UnusableError

SUFFIX = ".toml"

_NAME = re.compile(r"\w[\w.-]{0,63}")


def folder() -> Path:
    """Return the folder, which need not exist; ParameterError if the user's settings have none."""
    try:
        return private_folder.path("config") / "recipes"
    except UnusableError as error:
        raise ParameterError(f"there is no folder for recipes: {error}") from error


def saved() -> list[str]:
    """Return the names of the recipes in the folder."""
    try:
        found = sorted(folder().glob(f"*{SUFFIX}"))
    except OSError:
        return []
    return [path.stem for path in found if _NAME.fullmatch(path.stem)]


def is_file(word: str) -> bool:
    """Return whether a recipe is given as a file: a word with a slash, or one that ends in .toml; else it is a name."""
    return word.endswith(SUFFIX) or "/" in word or os.sep in word


def path_of(word: str) -> Path:
    """Return the path of a recipe, given a path or a saved recipe's name; ParameterError for an unknown name."""
    word = word.strip()
    if is_file(word):
        return Path(word)
    path = folder() / f"{word}{SUFFIX}"
    if _NAME.fullmatch(word) and path.exists():
        return path
    hint = did_you_mean(word, saved()) or f"; `imgcuda recipe` lists them, and ./{word} is a file"
    raise ParameterError(f"there is no recipe {shown(word)} in {folder()}{hint}")


def save(name: str, text: str, replace: bool = False) -> Path:
    """Write a recipe into the folder and return its file; ParameterError if there is one already, unless `replace`."""
    if not _NAME.fullmatch(name) or name.endswith(SUFFIX):
        raise ParameterError(f"a recipe's name has letters, digits and . _ - only, as warm-look; got {shown(name)}")
    path = folder() / f"{name}{SUFFIX}"
    if path.exists() and not replace:
        raise ParameterError(f"there is a recipe '{name}' already: {path}; add --overwrite, or choose another name")
    try:
        with private_folder.opened(path.parent, create=True) as kept:
            kept.write(path.name, text.encode())
    except UnusableError as error:
        raise ParameterError(f"the recipe cannot be kept: {error}") from error
    return path
