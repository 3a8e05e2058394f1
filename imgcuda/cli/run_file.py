"""Runs a chain of filters over one image, from file to file, for a command: with its streams, deadline and reports."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from imgcuda import devices
from imgcuda.cli import streams
from imgcuda.cli.job import Job
from imgcuda.cli.timeout import Deadline
from imgcuda.engine.protocol import Device
from imgcuda.errors import DeviceError, ImageError, ParameterError
from imgcuda.filters import Filter
from imgcuda.parameter_types import picture_limit

if TYPE_CHECKING:
    from imgcuda.file_run import Examine, FileOptions, FileResult
    from imgcuda.images import Clobber, Format, Options

STANDARD = Path("-")
"""The name of standard input, and of standard output."""


@streams.ours_only()
def filter_file(make: Callable[[], Sequence[Filter]], job: Job, examine: Examine | None = None) -> None:
    """Read an image, run the filters over it and write the result; report losses on stderr.

    `make` returns the filters; it may read files that their parameters name.
    """
    deadline = Deadline(job.timeout)
    filters = filters_of(make, job, deadline)
    format = _output(job)
    options = file_options(job, format, complete=is_in_place(job))
    with devices.checked() if job.check else nullcontext():
        _filter_file(filters, job, deadline, device(job.device), options, examine if job.check else None)


def filters_of(make: Callable[[], Sequence[Filter]], job: Job, deadline: Deadline) -> Sequence[Filter]:
    """Return the filters of a command, within its deadline; files that their parameters name are read."""
    with deadline.holds("reading the parameters"), picture_limit(job.max_pixels):
        return make()


def doing(name: object, filters: Sequence[Filter]) -> str:
    """Return a file and its filters in words, for a message: "in.png: blur, invert"."""
    return f"{name}: {', '.join(filter.name for filter in filters) or 'converting it'}"


def _output(job: Job) -> Format:
    """Return the format to write; raise errors before any work is done."""
    from imgcuda import images  # imported late, since importing Pillow takes long

    format = images.by_name(job.format) if job.format else None
    if job.out_path != STANDARD:
        # A file written with --strip has no mark; whether it may be replaced is decided when the output is known.
        clobber = True if job.strip or same_file(job) else clobber_rule(job)
        format = images.check_output(job.out_path, clobber=False if job.no_clobber else clobber, format=format)
    elif format is None:
        raise ParameterError("--format says what is written to standard output, as --format png")
    elif streams.output().isatty():
        raise ImageError("a picture is not written to a terminal; write to a file, or into a pipe")
    if job.codec:
        raise ParameterError(f"--codec is for videos; {format.name} has no such choice")
    output_options(job).check(format)
    return format


def output_options(job: Job) -> Options:
    """Return the choices of a command for the format that it writes."""
    from imgcuda import images

    return images.Options(job.quality, job.compress, job.lossless, job.progressive)


def clobber_rule(job: Job) -> Clobber:
    """Return the rule for the files that OUT may replace."""
    return False if job.no_clobber else True if job.overwrite else "ours"


def same_file(job: Job) -> bool:
    return job.out_path.exists() and job.in_path.exists() and job.out_path.samefile(job.in_path)


def is_in_place(job: Job) -> bool:
    """Return whether the output replaces the input; ImageError if that was not asked for."""
    found = STANDARD not in (job.in_path, job.out_path) and same_file(job)
    if found and not job.overwrite:
        raise ImageError(f"{job.out_path} is the input itself; write to another file, or add --overwrite")
    return found


def file_options(job: Job, format: Format | None, complete: bool = False) -> FileOptions:
    """Return the part of a command's options that says how a file is read, filtered and written."""
    from imgcuda import images
    from imgcuda.file_run import FileOptions

    return FileOptions(
        format=format,
        options=output_options(job),
        clobber=clobber_rule(job),
        complete=complete,
        depth=job.depth,
        convert=job.convert,
        linear=job.linear,
        frame=job.frame,
        auto_orient=job.auto_orient,
        strip=job.strip,
        strict=job.strict,
        max_pixels=job.max_pixels or images.MAX_PIXELS,
    )


def _filter_file(
    filters: Sequence[Filter],
    job: Job,
    deadline: Deadline,
    chosen: Device,
    options: FileOptions,
    examine: Examine | None,
) -> None:
    from imgcuda import file_run

    def around(step: str) -> AbstractContextManager[None]:
        if step == "read":
            return deadline.holds(f"{_source(job)}: reading it")
        return deadline.holds(doing(_source(job), filters), _remedy(job))

    source = streams.input() if job.in_path == STANDARD else job.in_path
    target = streams.output().buffer if job.out_path == STANDARD else job.out_path
    run = file_run.on_device(filters, chosen, options.max_pixels)
    device = None if examine else lambda: chosen
    made = file_run.run_file(filters, source, target, options, run, around=around, examine=examine, device=device)
    if not job.quiet:
        note(_source(job), made.of_source(job.verbose))
        note("standard output" if job.out_path == STANDARD else job.out_path, made.of_target(job.verbose))
    if job.verbose:
        _report(chosen if filters else None, made)


def _source(job: Job) -> str:
    return "standard input" if job.in_path == STANDARD else str(job.in_path)


def _remedy(job: Job) -> str:
    """Return the remedy for filters that take too long; a checked run reports its own findings."""
    return "" if job.check else "; if that should not be, --check finds a kernel's loop that never ends"


def device(name: str) -> Device:
    """Return the device of --device; ParameterError for a text that names none."""
    try:
        return devices.choose(name)
    except DeviceError as error:
        if re.fullmatch(r"auto|cpu|cuda(:all|:\d+(,\d+)*)?", name.lower()):
            raise
        raise ParameterError(f"--device: {error}") from None  # not a valid name for a device


def note(name: object, losses: Sequence[str]) -> None:
    for loss in losses:
        streams.say(f"Note: {name}: {loss}")


def _report(device: Device | None, made: FileResult) -> None:
    from imgcuda.images import describe

    read, filtered, written = (1000 * seconds for seconds in made.times)
    several = f"; {len(made.image.frames)} pictures" if made.image.later else ""
    if device:
        streams.say(f"device: {device.name} ({device.description})")
    words = dict.fromkeys([describe(made.image.pixels), describe(made.result.pixels)])
    streams.say(f"image:  {' -> '.join(words)}{several}")
    streams.say(f"time:   read {read:.0f} ms, filter {filtered:.0f} ms, write {written:.0f} ms")
