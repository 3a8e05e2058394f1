"""The modules that every worker of a batch needs; the server that workers are forked from imports them once for all.

No plugin is among them: its code may fail, or start threads, which would not be in the workers.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from io import BytesIO

import numpy as np

import imgcuda.batch.worker
import imgcuda.cpu.device
import imgcuda.hookspecs
import imgcuda.images.png_inflate
import imgcuda.parameter_types  # noqa: F401
from imgcuda import images
from imgcuda.images import fast_deflate


def _read_and_write() -> None:
    """Read and write a picture of each common format, which imports what that takes."""
    for name in ("JPEG", "PNG"):
        file = BytesIO()
        images.write(file, images.Image(np.zeros((8, 8, 3), np.uint8)), format=images.by_name(name))
        file.seek(0)
        images.read(file)
    fast_deflate.inflater()  # large pictures use it


with suppress(Exception):  # which would end the server; a file that needs it tells of it
    _read_and_write()
gc.freeze()  # a worker that looked through all of this for garbage would copy its memory
