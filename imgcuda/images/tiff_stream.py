"""Writes a TIFF of one uncompressed page from rows that come one after the other, with the bytes of `images.write`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np

from imgcuda.images import atomic_write, tiff_writer
from imgcuda.images.atomic_write import Clobber
from imgcuda.images.error_messages import translated_errors
from imgcuda.images.formats import by_name
from imgcuda.images.image import Image, Pixels, pixels_shape, without_memory
from imgcuda.images.mark import RunningChecksum
from imgcuda.images.writing import Written, hard_links_kept, held_by


class WrittenRows:
    """The pixels (height, width, channels) of a page that is written already, whose rows are read from the file."""

    def __init__(self, file: IO[bytes], start: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._file, self._start, self._stored = file, start, dtype
        self.shape = shape if len(shape) == 3 else (*shape, 1)
        self.dtype: np.dtype[Any] = dtype.newbyteorder("=")
        self._row = self.shape[1] * self.shape[2] * dtype.itemsize

    def __getitem__(self, rows: slice, /) -> Pixels:
        place, size = self._start + rows.start * self._row, (rows.stop - rows.start) * self._row
        data = b"".join(_read(self._file, place, size))
        return np.frombuffer(data, self._stored).reshape(-1, *self.shape[1:]).astype(self.dtype, copy=False)


Shrink: TypeAlias = Callable[[WrittenRows, int, int], Iterable[Pixels]]
"""Returns the rows of a smaller copy of a picture, of a height and a width."""


def stand_in_for(rows: Iterable[Pixels], height: int) -> tuple[Pixels, Iterator[Pixels]]:
    """Return pixels without memory, of the shape and type of a picture that is to come as `rows`, and the rows.

    The first of them are taken at once, since they tell the width, the channels and the type.
    """
    rest = iter(rows)
    first = next(rest)
    return without_memory(pixels_shape((height, *first.shape[1:])), first.dtype), chain([first], rest)


def write_rows(
    path: Path,
    image: Image,
    rows: Iterable[Pixels],
    *,
    clobber: Clobber,
    software: str,
    levels: Sequence[tuple[int, int]] = (),
    shrink: Shrink | None = None,
) -> Written:
    """Write an image from an iterator of `rows`; of the image's own pixels, only the shape and type are used.

    Options and errors are those of `images.write`. An error that `rows` raises leaves the old file as it was. `levels`
    are the heights and widths of smaller copies to write, each of which `shrink` makes from the one before.
    """
    channels = image.pixels.shape[2:]
    smaller = [without_memory((*size, *channels), image.pixels.dtype) for size in levels]
    with translated_errors(str(path), "written"):
        fitting, losses, left_out = held_by(image, by_name("TIFF"), software, complete=False)
        head, order = tiff_writer.head_of_one(fitting, left_out, smaller)
        losses += hard_links_kept(path)
    pages = [image.pixels, *smaller]
    size = len(head) + sum(page.size * page.dtype.itemsize for page in pages)
    stored = image.pixels.dtype.newbyteorder("<" if order == "<" else ">")

    def put(file: IO[bytes]) -> None:
        file.write(head)
        running, place = RunningChecksum.of_head(head, size, software) if software else (None, 0)
        for part in _all_rows(file, rows, pages, stored, shrink):
            data = part.astype(stored, copy=False).tobytes()
            file.write(data)
            if running:
                running.add(data)
        if running:
            file.seek(place)
            file.write(running.digits)

    with translated_errors(str(path), "written"):
        atomic_write.replace(path, put, clobber=clobber)
    return Written(tuple(losses), tuple(left_out))


def _all_rows(
    file: IO[bytes], rows: Iterable[Pixels], pages: Sequence[Pixels], stored: np.dtype[Any], shrink: Shrink | None
) -> Iterator[Pixels]:
    """Yield the rows of a page and then of its levels, each made from what was written before it."""
    start = file.tell()
    yield from rows
    for page, level in pairwise(pages):
        assert shrink
        file.flush()
        yield from shrink(WrittenRows(file, start, page.shape, stored), *level.shape[:2])
        start += page.size * page.dtype.itemsize


def _read(file: IO[bytes], place: int, size: int) -> Iterator[bytes]:
    """Yield the bytes at a place in a file, which goes on to be written at its end."""
    while size:
        data = os.pread(file.fileno(), size, place)
        if not data:
            raise OSError("what was written is gone")
        yield data
        place, size = place + len(data), size - len(data)
