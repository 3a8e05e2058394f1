"""Runs a chain from Zarr to Zarr, from an image file to Zarr, or from Zarr to TIFF, with bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import imgcuda
from imgcuda import devices, images
from imgcuda.engine.protocol import Device
from imgcuda.errors import ImageError
from imgcuda.filters import Filter
from imgcuda.images import Clobber
from imgcuda.zarr_images import zarr_folders
from imgcuda.zarr_images.folder_draft import draft_of, put
from imgcuda.zarr_images.image_files import losses, opened_file, write_tiff
from imgcuda.zarr_images.metadata_files import Metadata, is_zarr
from imgcuda.zarr_images.new_image import write_image
from imgcuda.zarr_images.zarr_image import ZarrImage


@dataclass(frozen=True)
class ZarrOptions:
    """How a run from or to Zarr reads and writes."""

    device: Device
    clobber: Clobber = "ours"
    max_pixels: int = images.MAX_PIXELS
    frame: int | None = None
    """Which picture of an image file is read; by default the only one."""
    auto_orient: bool = True
    strict: bool = False


def run_zarr(filters: Sequence[Filter], source: Path, target: Path, options: ZarrOptions) -> tuple[str, ...]:
    """Read an image, run the filters, and write the result; return in sentences what was left out.

    One of the two paths is Zarr. The write is atomic: if anything fails, what was there before is still there.
    """
    members = devices.members(options.device)
    if not is_zarr(target):
        return _to_tiff(members, filters, source, target, options)
    zarr_folders.check_target(target, options.clobber)
    _check_apart(source, target)
    if not is_zarr(source):
        request = images.ReadRequest(options.frame, False, options.auto_orient, False, options.max_pixels)
        with opened_file(source, request, options.strict) as picture:
            _write(target, options, lambda draft: write_image(members, filters, picture, draft, options.max_pixels))
            return losses(picture)
    image = ZarrImage.open(source)
    _write(target, options, lambda draft: image.write_filtered(members, filters, draft, options.max_pixels))
    return image.left_out(filters, in_zarr=True)


def _to_tiff(
    members: Sequence[Device], filters: Sequence[Filter], source: Path, target: Path, options: ZarrOptions
) -> tuple[str, ...]:
    format = images.check_output(target, clobber=options.clobber)
    if format.name != "TIFF":
        raise ImageError(f"{target} cannot be written: from Zarr, a TIFF or Zarr can be made, not {format.name}")
    image = ZarrImage.open(source)
    lost = write_tiff(
        members,
        filters,
        image,
        target,
        clobber=options.clobber,
        software=_software(),
        max_pixels=options.max_pixels,
    )
    return (*image.left_out(filters, in_zarr=False), *lost)


def _check_apart(source: Path, target: Path) -> None:
    """Raise ImageError if one of two folders lies in the other."""
    one, other = source.resolve(), target.resolve()
    if one != other and (one.is_relative_to(other) or other.is_relative_to(one)):
        raise ImageError(f"{target} cannot be written: one of input and output lies in the other")


def _write(target: Path, options: ZarrOptions, write: Callable[[Path], Metadata]) -> None:
    """Write a folder beside its place, mark it, and move it there."""
    place = target.resolve()
    with draft_of(place) as draft:
        root = write(draft)
        zarr_folders.marked(root, draft, _software()).write(draft)
        zarr_folders.check_target(target, options.clobber)  # once more, since this took its time
        put(draft, place)


def _software() -> str:
    return f"imgcuda {imgcuda.__version__}"
