"""What is done with every file of a batch, in this process or in a worker."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from imgcuda import devices, images
from imgcuda.batch.units import FileUnit, Outcome
from imgcuda.containment import in_words
from imgcuda.errors import ImgcudaError, out_of_memory
from imgcuda.file_run import FileOptions, FileResult, run_file
from imgcuda.filters import Filter

_HASH_SIZE = 16
"""Bytes of a file's hash."""


@dataclass(frozen=True)
class Work:
    """What is done with every file of a batch: the filters, and how files are read and written."""

    filters: tuple[Filter, ...]
    options: FileOptions
    device: str | None = None
    """The name of the device to run on, as `devices.choose` takes it."""
    all_notes: bool = False
    """Whether an outcome's notes tell of metadata that was left out, too."""


def digest(path: Path) -> str:
    """Return the hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_HASH_SIZE)).hexdigest()


def do(unit: FileUnit, work: Work) -> Outcome:
    """Make one file. An error of any kind is an outcome, not an exception."""
    began = perf_counter()
    try:
        return _made(unit, work, began)
    except ImgcudaError as error:
        words = str(error)
    except MemoryError as error:
        words = out_of_memory(error)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # a plugin may raise anything, SystemExit too
        words = f"something happened that should not: {in_words(error)}"
    return Outcome.failure(unit, words, perf_counter() - began)


def _made(unit: FileUnit, work: Work, began: float) -> Outcome:
    # A file written with --strip has no mark; whether it may be replaced is decided when the output is known.
    clobber = work.options.clobber
    format = images.check_output(unit.target, clobber=True if work.options.strip and clobber else clobber)
    device = devices.choose(work.device)
    before = _digest_of_a_file(unit.source)
    options = replace(work.options, format=format, options=work.options.options.fitting(format))
    made = run_file(work.filters, unit.source, unit.target, options, device)
    return Outcome(
        unit,
        "done",
        notes=tuple(_notes(unit, made, work)),
        seconds=perf_counter() - began,
        source_hash=before,
        target_hash=digest(unit.target),
    )


def _digest_of_a_file(path: Path) -> str | None:
    """Return a regular file's hash. Anything else, such as a pipe, can only be read once."""
    try:
        return digest(path) if path.is_file() else None
    except OSError:
        return None  # the reader will meet the error, and reports it


def _notes(unit: FileUnit, made: FileResult, work: Work) -> list[str]:
    """Return what was lost, each sentence with the name of the file that it is about."""
    of_source = (f"{unit.source}: {loss}" for loss in made.of_source(work.all_notes))
    return [*of_source, *(f"{unit.target}: {loss}" for loss in made.of_target(work.all_notes))]
