"""Recognizes the Zarr folders that imgcuda wrote and that nothing was added to since, and keeps all others."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imgcuda.errors import ImageError
from imgcuda.images.atomic_write import KEPT, NOT_OURS, Clobber
from imgcuda.zarr_images.metadata_files import Metadata, is_node

MARK = "imgcuda"
"""The attribute that names the program that wrote a folder, and the fingerprint of the rest of it."""


def check_target(path: Path, clobber: Clobber) -> None:
    """Raise ImageError if no Zarr may be put there: a folder or file that is not Zarr is never replaced."""
    reason = _why_not(path, clobber)
    if reason:
        raise ImageError(f"{path} cannot be written: {reason}")


def _why_not(path: Path, clobber: Clobber) -> str:
    if not path.parent.is_dir():
        return f"there is no folder '{path.parent}'"
    if not os.path.lexists(path):
        return ""
    if not clobber:
        return KEPT
    if path.is_symlink() or not is_node(path):
        return "something else than Zarr is there, which is never replaced"
    if not os.access(path.parent, os.W_OK):
        return "its folder is write-protected"
    return NOT_OURS if clobber == "ours" and not is_ours(path) else ""


def is_ours(folder: Path) -> bool:
    """Return whether imgcuda wrote a folder, and since then no file was added, removed or made longer or shorter."""
    try:
        root = Metadata.read(folder)
    except ImageError:
        return False
    mark = root.attributes.get(MARK)
    return isinstance(mark, dict) and mark.get("fingerprint") == fingerprint(folder, root)


def marked(root: Metadata, folder: Path, software: str) -> Metadata:
    """Return the metadata of a folder's root with the mark of its writer; all other files are there already."""
    root = _unmarked(root)
    mark = {"software": software, "fingerprint": fingerprint(folder, root)}
    return root.with_attributes({**root.attributes, MARK: mark})


def _unmarked(root: Metadata) -> Metadata:
    return root.with_attributes({name: value for name, value in root.attributes.items() if name != MARK})


def fingerprint(folder: Path, root: Metadata) -> str:
    """Return a checksum of the root's metadata without the mark, and of the name and size of each other file."""
    bare = _unmarked(root)
    made = hashlib.sha256(_canonical(bare.files))
    own = {*bare.files, ".zattrs"}
    for name, size in sorted(_files(folder)):
        if name not in own:
            made.update(f"{name}\0{size}\n".encode("utf-8", "surrogateescape"))
    return made.hexdigest()[:32]


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where, name)
            yield path.relative_to(folder).as_posix(), path.lstat().st_size


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
