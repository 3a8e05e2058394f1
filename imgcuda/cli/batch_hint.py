"""Recognizes what people type first to filter many files with a command for one, and shows the command for many."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from imgcuda.zarr_images.metadata_files import is_zarr

OUTPUTS = ("-o", "--output", "--out")
OPTIONS = ("-r", "-R", "--recursive", *OUTPUTS)
"""What other programs call the options for folders; the commands for one file have none of them."""

_EXTRA = "unexpected extra argument"
_MOST = 2
"""How many of several inputs the example shows."""


def of_error(name: str, words: Sequence[str], error: Exception) -> str | None:
    """Return a sentence for a command line that could not be read, if it is meant for many files."""
    unknown = getattr(error, "option_name", "")
    if unknown not in OPTIONS and _EXTRA not in str(getattr(error, "message", "")):
        return None
    paths = _paths(words)
    outputs = [after for word, after in pairwise(words) if word in OUTPUTS]
    given = [path for path in paths if Path(path).exists()]
    if not outputs and len(paths) > 1 and (paths[-1] not in given or Path(paths[-1]).is_dir()):
        outputs = [paths[-1]]
    output = outputs[0] if outputs else "out"
    given = [path for path in given if path != output]
    folder = any(Path(path).is_dir() for path in given)
    return _sentence(name, words, given or ["photos"], output, "-r " * (folder and "-r" in words))


def of_folders(name: str, words: Sequence[str], values: Mapping[str, Any]) -> str | None:
    """Return a sentence if IN or OUT, as they were read, is a folder."""
    source, target = values.get("in_path"), values.get("out_path")
    if any(isinstance(path, Path) and is_zarr(path) for path in (source, target)):
        return None
    if not isinstance(source, Path) or not isinstance(target, Path) or not (source.is_dir() or target.is_dir()):
        return None
    return _sentence(name, words, [str(source)], "out" if target.suffix and not target.is_dir() else str(target))


def _sentence(name: str, words: Sequence[str], inputs: Sequence[str], output: str, options: str = "") -> str:
    shown = [shlex.quote(path) for path in inputs[:_MOST]] + ["..."] * (len(inputs) > _MOST)
    example = f"imgcuda batch {' '.join(shown)} {options}-o {shlex.quote(output)} {_chain(name, words)}".rstrip()
    does = "converts" if name == "convert" else "filters"
    return f"{name} {does} one file, from IN to OUT; for folders and many files: {example}"


def _chain(name: str, words: Sequence[str]) -> str:
    """Return the options -f of the example: the filters that were asked for; to convert, the format instead."""
    if name == "convert":
        formats = [Path(path).suffix[1:] for path in _paths(words)[1:]]
        return f"--format {shlex.quote(next(filter(None, formats), 'png'))}"
    if name != "filter":
        return f"-f {name}"
    steps = [after for word, after in pairwise(words) if word in ("-f", "--filter")]
    return " ".join(f"-f {shlex.quote(step)}" for step in steps)


def _paths(words: Sequence[str]) -> list[str]:
    """Return the words that are no options, and no values of options as far as that can be told."""
    return [word for word in words if not word.startswith("-") and ("." in word or "/" in word or Path(word).exists())]
