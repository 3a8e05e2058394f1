"""How much memory a file takes while it is filtered, as its header tells, and how much memory there is."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from imgcuda.batch.processing import Work
from imgcuda.batch.units import FileUnit
from imgcuda.errors import ImageError, ParameterError
from imgcuda.execution.in_rows import STRIP_BYTES
from imgcuda.file_run import opened_large
from imgcuda.images import count_pixels
from imgcuda.images.formats import by_extension

PER_SAMPLE_BYTE = 24
"""Bytes of memory for each pixel, for each byte of its samples: the most that was measured for a color picture that is
read, filtered and written is 17, without alpha, except for JPEG 2000, which takes up to 43."""

WORKER = 160 * 2**20
"""Bytes that a worker takes without a picture."""

SMALLEST = 2**28
"""The least bytes that --memory may be: one worker with a small picture."""

_SAMPLE_BYTES = {"PNG": 2, "PPM": 2, "PSD": 2, "TIFF": 4, "JPEG2000": 2}
"""The bytes of a sample that pictures of a format may have; the others have one."""
_BYTES_AT_DEPTH = {"8": 1, "16": 2, "float": 4}
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
_UNUSED = 0.75
"""The part of the memory that is free now that a batch takes by default."""
_WITHOUT_NUMBERS = 2**32
"""Bytes that are taken to be free on a system that does not say."""


def needed(unit: FileUnit, work: Work) -> int:
    """Return about how many bytes it takes to make a unit; 0 if its header cannot be read, which is reported later."""
    options = work.options
    if not unit.source.is_file():
        return 0
    try:
        if _runs_in_strips(unit, work):
            return PER_SAMPLE_BYTE * STRIP_BYTES
        format, pixels = count_pixels(unit.source, frame=options.frame)
    except ImageError:
        return 0
    wanted = 4 if options.linear else _BYTES_AT_DEPTH.get(options.depth or "8", 1)
    twice = 2 if "JPEG2000" in (format, options.format and options.format.name) else 1
    return min(pixels, options.max_pixels) * PER_SAMPLE_BYTE * max(wanted, _sample_bytes(format, unit, pixels)) * twice


def _runs_in_strips(unit: FileUnit, work: Work) -> bool:
    with suppress(Exception):  # a plugin's filter, asked what rows it needs, may raise anything; the worker tells of it
        format = work.options.format or by_extension(unit.target.suffix.lower())
        with opened_large(work.filters, unit.source, format, work.options) as large:
            return large is not None
    return False


def _sample_bytes(format: str, unit: FileUnit, pixels: int) -> int:
    """Return the most bytes that a file's samples have, by what its format allows and how large it is."""
    most = _SAMPLE_BYTES.get(format, 1)
    if format == "PNG":
        with suppress(OSError, IndexError), unit.source.open("rb") as file:
            return 2 if file.read(25)[24] == 16 else 1
    return most


def resident(process: int) -> int:
    """Return how many bytes a process has in memory; 0 if it is gone, or if the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return os.sysconf("SC_PAGE_SIZE") * int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return 0


def size(text: str) -> int:
    """Return the bytes that a text means: 4G, 512M. Raises ParameterError."""
    found = _SIZE.fullmatch(text.strip())
    number = int(float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ")) if found else 0
    if number < SMALLEST:
        raise ParameterError(f"--memory takes a size of at least 256M, as 4G; got '{text[:60]}'")
    return number


def default() -> int:
    """Return the default memory limit of a batch: three quarters of the free memory."""
    return max(SMALLEST, int(_UNUSED * min(_free(), default=_WITHOUT_NUMBERS)))


def _free() -> Iterator[int]:
    """Yield the bytes that are free, by each of the system's limits."""
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        yield 1024 * int(next(line.split()[1] for line in lines if line.startswith("MemAvailable:")))
    for limit, taken in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        with suppress(OSError, ValueError):  # no such group, or "max"
            yield max(0, int(Path(limit).read_text("ascii")) - int(Path(taken).read_text("ascii")))
    if sys.platform == "darwin":
        with suppress(OSError, ValueError):
            yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
