"""One image through a chain of filters, from file to file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import typer

from imgcuda import devices
from imgcuda.engine import Device
from imgcuda.errors import DeviceError, ImageError, ParameterError
from imgcuda.filters import Filter
from imgcuda.pipeline import Pipeline


def filter_file(
    filters: Sequence[Filter],
    in_path: Path,
    out_path: Path,
    *,
    device: str,
    check: bool,
    verbose: bool,
    overwrite: bool,
) -> None:
    """Read an image, run the filters over it and write the result; what is lost on the way is said on stderr."""
    from imgcuda import images  # Pillow takes its time

    images.check_output(out_path)
    in_place = out_path.exists() and in_path.exists() and out_path.samefile(in_path)
    if in_place and not overwrite:
        raise ImageError(f"{out_path} is the input itself; write to another file, or add --overwrite")
    with devices.checked() if check else nullcontext():
        _filter_file(filters, in_path, out_path, _device(device), in_place, verbose)


def _filter_file(
    filters: Sequence[Filter], in_path: Path, out_path: Path, chosen: Device, in_place: bool, verbose: bool
) -> None:
    from imgcuda import images

    times = [perf_counter()]
    image = images.read(in_path)
    if in_place and image.losses:
        raise ImageError(f"{out_path} is not overwritten: {image.losses[0]}; write to another file")
    times.append(perf_counter())
    result = Pipeline(filters)(image.pixels, device=chosen.name)
    times.append(perf_counter())
    lost = images.write(out_path, replace(image, pixels=result))
    times.append(perf_counter())
    _note(in_path, image.losses)
    _note(out_path, lost)
    if verbose:
        _report(chosen, [images.describe(image.pixels), images.describe(result)], times)


def _device(name: str) -> Device:
    try:
        return devices.choose(name)
    except DeviceError as error:
        if re.fullmatch(r"auto|cpu|cuda(:all|:\d+(,\d+)*)?", name.lower()):
            raise
        raise ParameterError(f"--device: {error}") from None  # a word that no device could have


def _note(path: Path, losses: Sequence[str]) -> None:
    for loss in losses:
        typer.echo(f"Note: {path}: {loss}", err=True)


def _report(device: Device, images: Sequence[str], times: Sequence[float]) -> None:
    read, filtered, written = (1000 * (end - start) for start, end in pairwise(times))
    typer.echo(f"device: {device.name} ({device.description})", err=True)
    typer.echo(f"image:  {' -> '.join(dict.fromkeys(images))}", err=True)
    typer.echo(f"time:   read {read:.0f} ms, filter {filtered:.0f} ms, write {written:.0f} ms", err=True)
