"""Processes one unit of a batch, in this process or in a worker: reads, filters and writes its file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from imgcuda import devices, images
from imgcuda.batch import stamps
from imgcuda.batch.stamps import Stamp
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.containment import in_words
from imgcuda.errors import ImageError, ImgcudaError, out_of_memory
from imgcuda.file_run import Apply, FileOptions, FileResult, Transcode, on_device, run_file
from imgcuda.filters import Filter


@dataclass(frozen=True)
class Work:
    """What is done with every file of a batch: the filters, and how files are read and written."""

    filters: tuple[Filter, ...]
    options: FileOptions
    device: str | None = None
    """The name of the device to run on, as `devices.choose` takes it."""
    all_notes: bool = False
    """Whether an outcome's notes tell of metadata that was left out, too."""


class OnServer(NamedTuple):
    """What the device server does for a worker."""

    filter: Apply
    transcode: Transcode


def process_unit(unit: FileUnit, work: Work, server: OnServer | None = None) -> Outcome:
    """Make one file. An error of any kind is an outcome, not an exception.

    `server` runs the filters in another process; without it they run here, on the device of the work.
    """
    began = perf_counter()
    try:
        return _made(unit, work, began, server)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # a plugin may raise anything, SystemExit too
        return Outcome.failure(unit, _sentence(error), perf_counter() - began, _lacked_memory(error))


def _sentence(error: BaseException) -> str:
    """Return why a unit failed."""
    if isinstance(error, ImgcudaError):
        return str(error)
    if isinstance(error, MemoryError):
        return out_of_memory(error)
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename} cannot be used: {error.strerror.lower()}"
    return f"something happened that should not: {in_words(error)}"


def _lacked_memory(error: BaseException | None) -> bool:
    """Return whether an error, or one that led to it, is a lack of memory."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _made(unit: FileUnit, work: Work, began: float, server: OnServer | None) -> Outcome:
    unit.target.parent.mkdir(parents=True, exist_ok=True)
    # A file written with --strip has no mark; whether it may be replaced is decided when the output is known.
    clobber = True if unit.ours and work.options.clobber else work.options.clobber
    format = images.check_output(unit.target, clobber=True if work.options.strip and clobber else clobber)
    device = partial(devices.choose, work.device)  # for a large picture, also where a server filters the others
    run = server.filter if server else on_device(work.filters, device(), work.options.max_pixels)
    before = stamps.taken(unit.source)
    if unit.times and before and unit.times != (before.size, before.mtime_ns):
        # Workers may be given a unit again, after one has ended in the moment in which it replaced the input.
        raise ImageError("it was changed after the batch began with it, and is left as it is")
    options = replace(work.options, format=format, clobber=clobber, options=work.options.options.fitting(format))
    transcode = server.transcode if server and options.codecs == "gpu" else None
    made = run_file(work.filters, unit.source, unit.target, options, run, transcode=transcode, device=device)
    return Outcome(
        unit,
        "done",
        notes=tuple(_notes(unit, made, work)),
        seconds=perf_counter() - began,
        source_stamp=before if before and (unit.source == unit.target or _is_still(unit.source, before)) else None,
        target_stamp=stamps.taken(unit.target),
    )


def _is_still(source: Path, before: Stamp) -> bool:
    """Return whether a source is as before."""
    with suppress(OSError):
        return before.has_times_of(source.stat())
    return False


def _notes(unit: FileUnit, made: FileResult, work: Work) -> list[str]:
    """Return what was lost, each sentence with the name of the file that it is about."""
    of_source = (f"{unit.source}: {loss}" for loss in made.of_source(work.all_notes))
    return [*of_source, *(f"{unit.target}: {loss}" for loss in made.of_target(work.all_notes))]
