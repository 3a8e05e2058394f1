"""The time of a plain copy of an image on a device, with a kernel: each step of a chain is compared with it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from time import perf_counter

import numpy as np

from imgcuda.engine.protocol import Device
from imgcuda.execution.gpu import Gpu
from imgcuda.execution.row_source import RowSource
from imgcuda.programs.layout import Layout
from imgcuda.programs.source import Source

LARGEST = 1 << 26
"""The most bytes that are copied; the time of a larger image is taken in proportion."""

TIMES = 7
"""How often an image is copied; the fastest counts."""


@cache
def source() -> Source:
    """Return the source of the kernel."""
    return Source.read(Path(__file__).with_name("plain_copy.cu"))


def layout(dtype: np.dtype[np.generic]) -> Layout:
    """Return the layout of the kernel: on a GPU a thread copies 16 bytes at a time."""
    return Layout(over="image", block=(256, 1), rows=4, pack=16 // dtype.itemsize)


def seconds_of_a_copy(device: Device, image: RowSource) -> float:
    """Return the seconds in which a device copies an image of up to four channels in its own memory."""
    height, width, channels = image.shape
    rows = min(height, max(1, LARGEST // (width * channels * image.dtype.itemsize)))
    with device.session() as session:
        given = session.upload(image[0:rows])
        found = []
        with Gpu(session, source(), given, {}, layout(image.dtype)) as gpu:
            for _ in range(TIMES):
                started = perf_counter()
                made = gpu.launch("copy", given)
                session.wait()
                found.append(perf_counter() - started)
                session.free(gpu.keep(made))
    return min(found) * height / rows
