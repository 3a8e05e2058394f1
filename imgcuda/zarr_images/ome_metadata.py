"""The metadata of an OME-Zarr image, version 0.4 or 0.5: its axes, its levels of resolution, and their scales."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from imgcuda.errors import ImageError, printable
from imgcuda.pixels import white_level
from imgcuda.zarr_images.metadata_files import V3, Metadata

VERSIONS = ("0.4", "0.5")

Size = tuple[int, int]
"""Height and width."""

_INCH = 25400.0
_MICROMETERS = {"nanometer": 1e-3, "micrometer": 1.0, "millimeter": 1e3, "centimeter": 1e4, "inch": _INCH}
"""Units of length of axes, and an inch."""
_MOST_DPI = 1e8
"""A file says no resolution that is higher than this, or lower than 1."""

_PLACES = "coordinateTransformations"
_CHANNELS = {"name": "c", "type": "channel"}
_COLORS = {"red": "FF0000", "green": "00FF00", "blue": "0000FF"}

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

    def dpi(self, before: Size, after: Size) -> tuple[float, float] | None:
        """Return the resolution of a result, in pixels per inch across and down, if the size of pixels is known."""
        multiscale = _ome(self.root.attributes)["multiscales"][0]
        scale = next((each["scale"] for each in multiscale["datasets"][0].get(_PLACES, []) if each.get("scale")), ())
        sides = {axis["name"]: side * _MICROMETERS.get(str(axis.get("unit")), 0)
                 for axis, side in zip(multiscale["axes"], scale, strict=False)}  # fmt: skip
        down, across = (sides.get(name, 0) for name in "yx")
        if not all(_INCH / _MOST_DPI <= side <= _INCH for side in (down, across)):
            return None
        return _INCH / across * after[1] / before[1], _INCH / down * after[0] / before[0]

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
            _rescale(dataset.get(_PLACES), factors)
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
        scales = [each.get(_PLACES, []) for each in multiscale["datasets"]]
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


def new_ome_image(
    axes: Sequence[str], shapes: Sequence[Shape], dtype: np.dtype[Any], pixel: tuple[float, float] | None
) -> Metadata:
    """Return the metadata of a new group, whose levels of these shapes are in the folders 0, 1 and so on.

    `pixel` is the height and width of a pixel of the first level in micrometers, if they are known.
    """
    unit = {"unit": "micrometer"} if pixel else {}
    sizes = dict(zip("yx", pixel or (1.0, 1.0), strict=True))
    multiscale = {
        "axes": [{"name": name, "type": "space", **unit} if name in sizes else _CHANNELS for name in axes],
        "datasets": [
            {"path": str(number), _PLACES: _scale(axes, sizes, shapes[0], shape)} for number, shape in enumerate(shapes)
        ],
        "type": "mean",
    }
    ome: dict[str, Any] = {"version": VERSIONS[-1], "multiscales": [multiscale]}
    if axes[0] == _CHANNELS["name"] and shapes[0][0] == len(_COLORS):
        ome["omero"] = {"channels": [_color(*each, white_level(dtype)) for each in _COLORS.items()]}
    return Metadata({V3: {"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}}})


def micrometers(dpi: tuple[float, float] | None, before: Size, after: Size) -> tuple[float, float] | None:
    """Return height and width of a result's pixels in micrometers, for a picture of a resolution; None without one."""
    if not dpi or not all(dpi):
        return None
    across, down = dpi
    return _INCH / down * before[0] / after[0], _INCH / across * before[1] / after[1]


def _scale(axes: Sequence[str], sizes: dict[str, float], whole: Shape, level: Shape) -> list[dict[str, Any]]:
    """Return where a level lies: its edges are those of the first, whose first pixel has its center at 0."""
    sides = [sizes.get(name, 1.0) for name in axes]
    scale = [side * old / new for side, old, new in zip(sides, whole, level, strict=True)]
    moves = [(new - old) / 2 for old, new in zip(sides, scale, strict=True)]
    return [{"type": "scale", "scale": scale}, {"type": "translation", "translation": moves}]


def _color(name: str, color: str, white: float) -> dict[str, Any]:
    window = {"min": 0, "max": white, "start": 0, "end": white}
    return {"label": name, "color": color, "active": True, "window": window}


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
