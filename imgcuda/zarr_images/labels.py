"""The labels of an OME-Zarr image, as masks of cells: images beside it that say what each of its pixels shows."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from imgcuda.filters import Filter
from imgcuda.lazy.labeled import moving
from imgcuda.zarr_images.array_files import translated
from imgcuda.zarr_images.metadata_files import is_node

LABELS = "labels"
"""The group of an image's labels, by OME-Zarr."""


def has_labels(folder: Path) -> bool:
    """Return whether an image has labels in its own folder."""
    return is_node(folder / LABELS) and not (folder / LABELS).is_symlink()


def why_left_out(filters: Sequence[Filter]) -> str:
    """Return a sentence if the result of a chain cannot have the labels: they must lie where the pixels do."""
    first = moving(filters)
    return f"its labels are left out, since {first.name} moves pixels" if first else ""


def copy_labels(folder: Path, target: Path) -> None:
    """Copy the labels of an image as they are, but for links, which may lead out of the folder."""
    with translated(folder / LABELS, "copied"):
        shutil.copytree(folder / LABELS, target / LABELS, ignore=_links)


def _links(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).is_symlink()]
