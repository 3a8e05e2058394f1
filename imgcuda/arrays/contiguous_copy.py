"""Copies an image with any strides to C-contiguous memory, on the device that it is on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from imgcuda.engine.protocol import DeviceArray, Session
from imgcuda.execution.gpu import Gpu
from imgcuda.programs.layout import Layout
from imgcuda.programs.source import Source

LAYOUT = Layout(over="pixels", block=(32, 8))


def contiguous(session: Session, image: DeviceArray, strides: Sequence[int]) -> DeviceArray:
    """Return a copy of an image (height, width, channels) whose samples lie `strides` samples apart."""
    with Gpu(session, source(), image, {}, LAYOUT) as gpu:
        return gpu.keep(gpu.launch("contiguous_copy", image, *strides))


@cache
def source() -> Source:
    return Source.read(Path(__file__).with_name("contiguous_copy.cu"))
