"""Writes a TIFF of one uncompressed page from rows that come one after the other, with the bytes of `images.write`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import IO

from imgcuda.images import atomic_write, tiff_writer
from imgcuda.images.atomic_write import Clobber
from imgcuda.images.error_messages import translated_errors
from imgcuda.images.formats import by_name
from imgcuda.images.image import Image, Pixels
from imgcuda.images.mark import RunningChecksum
from imgcuda.images.writing import Written, hard_links_kept, held_by


def write_rows(path: Path, image: Image, rows: Iterable[Pixels], *, clobber: Clobber, software: str) -> Written:
    """Write an image from an iterator of `rows`; of the image's own pixels, only the shape and type are used.

    Options and errors are those of `images.write`. An error that `rows` raises leaves the old file as it was.
    """
    with translated_errors(str(path), "written"):
        fitting, losses, left_out = held_by(image, by_name("TIFF"), software, complete=False)
        head, order = tiff_writer.head_of_one(fitting, left_out)
        losses += hard_links_kept(path)
    size = len(head) + image.pixels.size * image.pixels.dtype.itemsize

    def put(file: IO[bytes]) -> None:
        file.write(head)
        running = RunningChecksum(head, size, software) if software else None
        for part in rows:
            data = part.astype(part.dtype.newbyteorder("<" if order == "<" else ">"), copy=False).tobytes()
            file.write(data)
            if running:
                running.add(data)
        if running:
            file.seek(running.place)
            file.write(running.digits)

    with translated_errors(str(path), "written"):
        atomic_write.replace(path, put, clobber=clobber)
    return Written(tuple(losses), tuple(left_out))
