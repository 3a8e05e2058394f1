"""An image in a Zarr folder, a plain array or an OME-Zarr image, and the folder of a chain's result on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from imgcuda.engine.protocol import Device
from imgcuda.errors import ImageError
from imgcuda.execution.chain_plan import ChainPlan
from imgcuda.filters import Filter
from imgcuda.pixels import check_image
from imgcuda.pyramid import level_size
from imgcuda.zarr_images import labels
from imgcuda.zarr_images.array_files import open_array
from imgcuda.zarr_images.array_run import fill_levels, filter_array
from imgcuda.zarr_images.metadata_files import Metadata
from imgcuda.zarr_images.ome_metadata import OmeImage, ome_image
from imgcuda.zarr_images.zarr_axes import ZarrAxes, axes_of

Shape = tuple[int, ...]


@dataclass(frozen=True)
class ZarrImage:
    """An image whose levels of resolution are arrays on disk."""

    folder: Path
    arrays: tuple[Any, ...]
    """The array of each level; a plain array is the only one."""
    axes: ZarrAxes
    ome: OmeImage | None
    """The metadata of an OME-Zarr image."""

    @classmethod
    def open(cls, folder: Path) -> ZarrImage:
        """Return the image in a folder; ImageError if what it holds is none."""
        root = Metadata.read(folder)
        ome = None if root.is_array else ome_image(root, str(folder))
        arrays = tuple(open_array(folder / level) for level in (ome.levels if ome else ("",)))
        shape = arrays[0].shape
        try:
            axes = axes_of(ome.axes if ome else root.dimension_names, shape)
            check_image(axes.size_of_picture(shape), arrays[0].dtype, more_channels=True)
            _check_levels(arrays, axes)
        except ImageError as error:
            raise ImageError(f"{folder} cannot be read: {error}") from error
        return cls(folder, arrays, axes, ome)

    @property
    def paths(self) -> tuple[str, ...]:
        return self.ome.levels if self.ome else ("",)

    def left_out(self, filters: Sequence[Filter], in_zarr: bool) -> tuple[str, ...]:
        """Return a sentence for each part of the folder that the result of a chain does not have, in Zarr or not."""
        if not self.ome:
            return ()
        said, known = list(self.ome.left_out), {path.split("/")[0] for path in self.paths}
        others = sorted({each.name for each in self.folder.iterdir() if each.is_dir()} - known)
        if in_zarr and labels.has_labels(self.folder):
            others.remove(labels.LABELS)
            said += [why] if (why := labels.why_left_out(filters)) else []
        if others:
            said.append(f"what else is in it is left out: {', '.join(others[:5])}{', ...' if others[5:] else ''}")
        return tuple(said)

    def check_pixels(self, most: int) -> None:
        """Raise ImageError if a picture has more pixels than `most`."""
        height, width, _ = self.axes.size_of_picture(self.arrays[0].shape)
        if height * width > most:
            raise ImageError(
                f"{self.folder} cannot be read: a picture has {width} x {height} pixels, more than {most:,}; "
                "--max-pixels allows more"
            )

    def write_filtered(
        self, devices: Sequence[Device], filters: Sequence[Filter], target: Path, max_pixels: int
    ) -> Metadata:
        """Write the result of a chain into a new folder, with all levels; return the metadata of its root."""
        axes = self.axes.for_filters(filters, self.arrays[0].shape)
        shapes = self._shapes(filters, axes, max_pixels)
        made = [self._new_array(target, path, shape) for path, shape in zip(self.paths, shapes, strict=True)]
        filter_array(devices, filters, self.arrays[0], made[0], axes, self.folder / self.paths[0])
        fill_levels(devices, made, self.axes, target)
        if self.ome and labels.has_labels(self.folder) and not labels.why_left_out(filters):
            labels.copy_labels(self.folder, target)
        if not self.ome:
            return Metadata.read(target)
        return self.ome.resized([each.shape for each in self.arrays], shapes, axes.rows)

    def _shapes(self, filters: Sequence[Filter], axes: ZarrAxes, max_pixels: int) -> list[Shape]:
        """Return the shape of each level of the result; ImageError if the array cannot hold what a chain makes."""
        given = self.arrays[0]
        size = axes.size_of_picture(given.shape)
        self.check_pixels(max_pixels)
        plan = ChainPlan(filters, size, check_image(size, given.dtype, more_channels=True), max_pixels)
        if decider := plan.size_decider:
            raise ImageError(
                f"{self.folder}: only the pixels tell what size {decider.name} makes, and a Zarr array has one size "
                "for all its pictures; write a TIFF"
            )
        channels = plan.channels[-1]
        if channels != size[2] and not axes.may_change_channels:
            raise ImageError(
                f"{self.folder}: the filters make {channels} channels of {size[2]}, and the array has no axis for them"
            )
        return [axes.with_size(given.shape, (*self._scaled(array, plan), channels)) for array in self.arrays]

    def _scaled(self, level: Any, plan: ChainPlan) -> tuple[int, int]:
        """Return the height and width of a level: as large a part of the whole as in the source."""
        rows = slice(self.axes.rows, self.axes.rows + 2)
        return level_size((plan.height, plan.width), level.shape[rows], self.arrays[0].shape[rows])

    def _new_array(self, target: Path, path: str, shape: Shape) -> Any:
        """Make an array with the metadata of the source's, and the groups that it lies in."""
        inner = [parent for parent in PurePosixPath(path).parents if parent.parts] if path else []
        for parent in inner:
            Metadata.read(self.folder / parent).write(target / parent)
        Metadata.read(self.folder / path).with_shape(shape).write(target / path)
        return open_array(target / path, mode="r+")


def _check_levels(arrays: Sequence[Any], axes: ZarrAxes) -> None:
    """Raise ImageError for levels that are not smaller copies of the first along rows and columns alone."""
    first = arrays[0]
    for number, array in enumerate(arrays[1:], 1):
        if len(array.shape) != len(first.shape) or array.dtype != first.dtype:
            raise ImageError(f"its level {number} has other axes, or another type of samples, than the first")
        for axis, (size, whole) in enumerate(zip(array.shape, first.shape, strict=True)):
            if axis not in (axes.rows, axes.rows + 1) and size != whole:
                raise ImageError(
                    f"its level {number} is smaller along the axis '{axes.names[axis]}', and only levels that are "
                    "smaller along rows and columns can be made"
                )
