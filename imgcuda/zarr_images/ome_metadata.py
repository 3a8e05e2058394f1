"""The metadata of an OME-Zarr image, version 0.4 or 0.5: its axes, its levels of resolution, and their scales."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from imgcuda.errors import ImageError, printable
from imgcuda.zarr_images.metadata_files import Metadata

VERSIONS = ("0.4", "0.5")
Shape = tuple[int, ...]


@dataclass(frozen=True)
class OmeImage:
    """The first multiscale image of a group."""

    root: Metadata
    axes: tuple[str, ...]
    levels: tuple[str, ...]
    """The path of each level's array in the group; the first has the full resolution."""
    left_out: tuple[str, ...]
    """A sentence for each part that is not carried."""

    def resized(self, before: Sequence[Shape], after: Sequence[Shape], rows: int) -> Metadata:
        """Return the group's metadata for levels of other shapes: pixels are larger where there are fewer.

        `rows` is the axis of the rows, which that of the columns follows. What is said of channels is left out if there
        are others.
        """
        attributes = deepcopy(self.root.attributes)
        ome = _ome(attributes)
        multiscale = ome["multiscales"][0]
        ome["multiscales"] = [multiscale]
        for dataset, old, new in zip(multiscale["datasets"], before, after, strict=True):
            factors = [old[axis] / new[axis] if axis in (rows, rows + 1) else 1.0 for axis in range(len(old))]
            _rescale(dataset.get("coordinateTransformations"), factors)
        if _without_sizes(before[0], rows) != _without_sizes(after[0], rows):
            ome.pop("omero", None)
        return self.root.with_attributes(attributes)


def ome_image(root: Metadata, name: str) -> OmeImage:
    """Return the image that a group's metadata describes; ImageError if it describes none, naming the group."""
    ome = _ome(root.attributes)
    found = ome.get("multiscales")
    if not found:
        inside = "a plate: name a field in it" if "plate" in ome else "name an array or an image in it"
        raise _unreadable(name, f"it is a group without an image of its own; {inside}, as {name}/0")
    try:
        multiscale = found[0]
        version = str(ome.get("version", multiscale.get("version", VERSIONS[0])))
        axes = tuple(axis["name"] for axis in multiscale["axes"])
        levels = tuple(dataset["path"] for dataset in multiscale["datasets"])
        scales = [each.get("coordinateTransformations", []) for each in multiscale["datasets"]]
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise _unreadable(name, "its metadata lacks the axes or levels of its image") from error
    if version not in VERSIONS:
        raise _unreadable(name, f"it is OME-Zarr {printable(version)[:20]}; {' and '.join(VERSIONS)} can be read")
    if not levels or not all(map(_is_inside, levels)) or len({*levels}) != len(levels):
        raise _unreadable(name, "the paths of its levels are not those of arrays in it")
    if not all(_are_numbers(each, len(axes)) for each in scales):
        raise _unreadable(name, f"the scales of its levels are not {len(axes)} numbers, one for each axis")
    left_out = ["it holds more images than one; the first is read"] * (len(found) > 1)
    return OmeImage(root, axes, levels, tuple(left_out))


def _unreadable(name: str, why: str) -> ImageError:
    return ImageError(f"{name} cannot be read: {why}")


def _ome(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a group's attributes that OME-Zarr describes: since 0.5 it is under a name of its own."""
    found = attributes.get("ome")
    return found if isinstance(found, dict) else attributes


def _without_sizes(shape: Shape, rows: int) -> Shape:
    return shape[:rows] + shape[rows + 2 :]


def _is_inside(path: object) -> bool:
    """Return whether a level's path leads to a folder in its group."""
    if not isinstance(path, str):
        return False
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\0" not in path


def _are_numbers(transformations: object, count: int) -> bool:
    """Return whether each scale and translation has a number for each axis."""
    if not isinstance(transformations, list):
        return False
    for each in transformations:
        if not isinstance(each, dict):
            return False
        for kind in ("scale", "translation"):
            numbers = each.get(kind)
            if numbers is not None and not (
                isinstance(numbers, list) and len(numbers) == count and all(isinstance(n, int | float) for n in numbers)
            ):
                return False
    return True


def _rescale(transformations: Any, factors: Sequence[float]) -> None:
    """Multiply the scale, and move the center of the first pixel so that the picture's edge stays where it is."""
    if not transformations or all(factor == 1 for factor in factors):
        return
    old = next((each["scale"] for each in transformations if "scale" in each), [1.0] * len(factors))
    new = [scale * factor for scale, factor in zip(old, factors, strict=True)]
    for each in transformations:
        if "scale" in each:
            each["scale"] = new
        if "translation" in each:
            moved = zip(each["translation"], old, new, strict=True)
            each["translation"] = [place + (after - before) / 2 for place, before, after in moved]
