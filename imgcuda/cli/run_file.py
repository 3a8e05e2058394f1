"""Runs a chain of filters over one image, from file to file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import imgcuda
from imgcuda import devices
from imgcuda.cli import streams
from imgcuda.cli.options import Job
from imgcuda.cli.timeout import Deadline
from imgcuda.engine.protocol import Device
from imgcuda.errors import DeviceError, ImageError, ParameterError
from imgcuda.execution.schedule import allow
from imgcuda.filters import Filter
from imgcuda.parameter_types import picture_limit
from imgcuda.pipeline import Pipeline

if TYPE_CHECKING:
    import numpy.typing as npt

    from imgcuda.images import Clobber, Format, Image, Options, Written

STANDARD = Path("-")
"""The name of standard input, and of standard output."""

Examine: TypeAlias = "Callable[[Sequence[Filter], npt.NDArray[Any]], None]"
"""A function that is called with --check after the filters have run, with the image; it raises the errors it finds."""


@streams.ours_only()
def filter_file(make: Callable[[], Sequence[Filter]], job: Job, examine: Examine | None = None) -> None:
    """Read an image, run the filters over it and write the result; report losses on stderr.

    `make` returns the filters; it may read files that their parameters name.
    """
    deadline = Deadline(job.timeout)
    with deadline.holds("reading the parameters"), picture_limit(job.max_pixels):
        filters = make()
    format = _output(job)
    in_place = STANDARD not in (job.in_path, job.out_path) and _same_file(job)
    if in_place and not job.overwrite:
        raise ImageError(f"{job.out_path} is the input itself; write to another file, or add --overwrite")
    with devices.checked() if job.check else nullcontext():
        _filter_file(filters, job, deadline, _device(job.device), format, in_place, examine if job.check else None)


def _output(job: Job) -> Format:
    """Return the format to write; raise errors before any work is done."""
    from imgcuda import images  # imported late, since importing Pillow takes long

    format = images.by_name(job.format) if job.format else None
    if job.out_path != STANDARD:
        # A file written with --strip has no mark; whether it may be replaced is decided when the output is known.
        clobber = True if job.strip or _same_file(job) else _clobber(job)
        format = images.check_output(job.out_path, clobber=False if job.no_clobber else clobber, format=format)
    elif format is None:
        raise ParameterError("--format says what is written to standard output, as --format png")
    elif streams.output().isatty():
        raise ImageError("a picture is not written to a terminal; write to a file, or into a pipe")
    _options(job).check(format)
    return format


def _options(job: Job) -> Options:
    from imgcuda import images

    return images.Options(job.quality, job.compress, job.lossless, job.progressive)


def _clobber(job: Job) -> Clobber:
    """Return the rule for the files that OUT may replace."""
    return False if job.no_clobber else True if job.overwrite else "ours"


def _same_file(job: Job) -> bool:
    return job.out_path.exists() and job.in_path.exists() and job.out_path.samefile(job.in_path)


def _filter_file(
    filters: Sequence[Filter],
    job: Job,
    deadline: Deadline,
    chosen: Device,
    format: Format,
    in_place: bool,
    examine: Examine | None,
) -> None:
    from imgcuda import images

    times = [perf_counter()]
    with deadline.holds(f"{_source(job)}: reading it"):
        image = _read(job, format)
    lost_in_reading = image.losses + (() if job.strip else image.left_out)
    if in_place and lost_in_reading:
        raise ImageError(f"{job.out_path} is not overwritten: {lost_in_reading[0]}; write to another file")
    times.append(perf_counter())
    with deadline.holds(f"{_source(job)}: {', '.join(filter.name for filter in filters)}", _remedy(job)):
        result = _filtered(image, filters, job, chosen, examine)
    result = result.stripped() if job.strip else result
    times.append(perf_counter())
    target: Path | IO[bytes] = streams.output().buffer if job.out_path == STANDARD else job.out_path
    lost = images.write(
        target,
        result,
        format=format,
        options=_options(job),
        clobber=_clobber(job),
        software="" if job.strip else f"imgcuda {imgcuda.__version__}",
        complete=in_place,
    )
    times.append(perf_counter())
    _tell_losses(job, image, result, lost)
    if job.verbose:
        _report(chosen, image, result, times)


def _tell_losses(job: Job, image: Image, result: Image, lost: Written) -> None:
    left_out, also_left_out = (result.left_out, lost.left_out) if job.verbose else ((), ())
    note(_source(job), (*result.losses, *left_out))
    of_the_output = (*_colors_left_out(image, job), *lost.losses, *also_left_out)
    note("standard output" if job.out_path == STANDARD else job.out_path, of_the_output)


def _source(job: Job) -> str:
    return "standard input" if job.in_path == STANDARD else str(job.in_path)


def _remedy(job: Job) -> str:
    """Return the remedy for filters that take too long; a checked run reports its own findings."""
    return "" if job.check else "; if that should not be, --check finds a kernel's loop that never ends"


def _read(job: Job, format: Format) -> Image:
    """Return the image to filter: as in the file, or converted as the options ask."""
    from imgcuda import images

    source: Path | IO[bytes] = streams.input() if job.in_path == STANDARD else job.in_path
    image = images.read(
        source,
        frame=job.frame,
        several=format.several,
        auto_orient=job.auto_orient,
        raw=job.convert == "F",
        max_pixels=job.max_pixels or images.MAX_PIXELS,
        strict=job.strict,
    )
    return images.convert(image, job.convert) if job.convert else image


def _filtered(
    image: Image, filters: Sequence[Filter], job: Job, device: Device, examine: Examine | None = None
) -> Image:
    """Return an image filtered, frame by frame. More bits are used from the start, fewer only for the result."""
    from imgcuda import images

    pipeline, most = Pipeline(filters), job.max_pixels or images.MAX_PIXELS
    _check_sizes(image, filters, most)
    if job.depth and images.is_deeper(job.depth, image.pixels.dtype):
        image = images.at_depth(image, job.depth)
    made = []
    for frame in image.frames:
        light = images.Light(frame.icc, frame.pixels) if job.linear else None
        given = light.linear() if light else frame.pixels
        pixels = pipeline(given, device=device.name)
        made.append(light.encoded(pixels) if light else pixels)
    if examine:
        examine(filters, given)
    done = image.filtered(made)
    return images.at_depth(done, job.depth) if job.depth else done


def _check_sizes(image: Image, filters: Sequence[Filter], most: int) -> None:
    """Raise ImageError if all frames of the result together have more pixels than --max-pixels."""
    made = sum(allow(filters, frame.pixels.shape[1], frame.pixels.shape[0], most) for frame in image.frames)
    if made > most:
        raise ImageError(
            f"{len(image.frames)} pictures would have {made:,} pixels, more than {most:,}; --max-pixels allows more"
        )


def _colors_left_out(image: Image, job: Job) -> Iterator[str]:
    """Report a color profile that --strip removes, without which the colors look different."""
    from imgcuda import images

    if job.strip and image.icc and "sRGB" not in images.profile_name(image.icc):
        yield f"without its color profile ({images.profile_name(image.icc)}) its colors look different"
    if job.strip and not image.icc and (other := images.other_than_srgb(image.color)):
        yield f"without what it says of its colors ({other}) they look different"


def _device(name: str) -> Device:
    try:
        return devices.choose(name)
    except DeviceError as error:
        if re.fullmatch(r"auto|cpu|cuda(:all|:\d+(,\d+)*)?", name.lower()):
            raise
        raise ParameterError(f"--device: {error}") from None  # not a valid name for a device


def note(name: object, losses: Sequence[str]) -> None:
    for loss in losses:
        streams.say(f"Note: {name}: {loss}")


def _report(device: Device, image: Image, result: Image, times: Sequence[float]) -> None:
    from imgcuda.images import describe

    read, filtered, written = (1000 * (end - start) for start, end in pairwise(times))
    several = f"; {len(image.frames)} pictures" if image.later else ""
    streams.say(f"device: {device.name} ({device.description})")
    words = dict.fromkeys([describe(image.pixels), describe(result.pixels)])
    streams.say(f"image:  {' -> '.join(words)}{several}")
    streams.say(f"time:   read {read:.0f} ms, filter {filtered:.0f} ms, write {written:.0f} ms")
