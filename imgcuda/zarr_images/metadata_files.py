"""The metadata of a Zarr array or group, as the JSON files that hold it, of version 2 or 3 of the format.

A new array gets the files of the one that it is made from, but for its size: so it has the same chunks, shards, codecs,
names of dimensions and attributes, also those that only another program knows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgcuda.errors import ImageError, system_words

V3, V2_ARRAY, V2_GROUP, V2_ATTRIBUTES = "zarr.json", ".zarray", ".zgroup", ".zattrs"

EXTENSION = ".zarr"

_CONSOLIDATED = "consolidated_metadata"
"""A copy of the metadata of all that a group holds."""


def is_node(folder: Path) -> bool:
    """Return whether a folder is a Zarr array or group."""
    return any((folder / name).is_file() for name in (V3, V2_ARRAY, V2_GROUP))


def is_zarr(path: Path) -> bool:
    """Return whether a path is a folder with Zarr in it, or is called so."""
    return path.suffix.lower() == EXTENSION or is_node(path)


@dataclass(frozen=True)
class Metadata:
    """The metadata of an array or group: what each of its files holds."""

    files: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, folder: Path) -> Metadata:
        """Return the metadata in a folder; ImageError if there is none, or if it cannot be read."""
        names = [V3] if (folder / V3).is_file() else [V2_ARRAY, V2_GROUP, V2_ATTRIBUTES]
        found = {name: _read(folder / name) for name in names if (folder / name).is_file()}
        if not found or set(found) == {V2_ATTRIBUTES}:
            raise ImageError(f"{folder} cannot be read: it holds no Zarr array and no Zarr group")
        found.get(V3, {}).pop(_CONSOLIDATED, None)
        return cls(found)

    @property
    def is_array(self) -> bool:
        return V2_ARRAY in self.files or self.files.get(V3, {}).get("node_type") == "array"

    @property
    def attributes(self) -> dict[str, Any]:
        found = self.files[V3].get("attributes") if V3 in self.files else self.files.get(V2_ATTRIBUTES)
        return found if isinstance(found, dict) else {}

    @property
    def dimension_names(self) -> list[str | None]:
        """The names of an array's dimensions, or nothing; version 2 has xarray's attribute for them."""
        found = self.files[V3].get("dimension_names") if V3 in self.files else self.attributes.get("_ARRAY_DIMENSIONS")
        return found if isinstance(found, list) else []

    def with_attributes(self, attributes: dict[str, Any]) -> Metadata:
        """Return the same with other attributes."""
        if V3 in self.files:
            return Metadata({V3: {**self.files[V3], "attributes": attributes}})
        return Metadata({**self.files, V2_ATTRIBUTES: attributes})

    def with_shape(self, shape: tuple[int, ...]) -> Metadata:
        """Return an array's metadata with another shape."""
        name = V3 if V3 in self.files else V2_ARRAY
        return Metadata({**self.files, name: {**self.files[name], "shape": list(shape)}})

    def write(self, folder: Path) -> None:
        """Write the files into a folder, which is made with its parents if it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in self.files.items():
            (folder / name).write_text(json.dumps(value, indent=2), "utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {system_words(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ImageError(f"{path} cannot be read: it is damaged, and no JSON") from error
    if not isinstance(value, dict):
        raise ImageError(f"{path} cannot be read: it is no JSON object")
    return value
