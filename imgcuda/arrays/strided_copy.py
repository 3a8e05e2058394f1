"""Copies an image with any strides to C-contiguous memory, or back, on its device; types of samples are converted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from imgcuda.arrays.stored_types import STORED
from imgcuda.engine.protocol import DeviceArray, Session
from imgcuda.execution.gpu import Gpu
from imgcuda.programs.layout import Layout
from imgcuda.programs.source import Source

LAYOUT = Layout(over="pixels", block=(32, 8))

_NAMES = {"STORED_PIXEL": 0, **{name: number for number, (name, _) in enumerate(STORED.values(), 1)}}


def read_strided(session: Session, image: DeviceArray, strides: Sequence[int], computed: np.dtype[Any]) -> DeviceArray:
    """Return a copy, in a type that is computed, of an image whose samples lie `strides` samples apart."""
    stored = _as_kernels_take_it(image)
    with Gpu(session, source(), replace(image, dtype=computed), constants(image.dtype), LAYOUT) as gpu:
        return gpu.keep(gpu.launch("read_strided", stored, *strides, dtype=computed))


def write_strided(session: Session, image: DeviceArray, target: DeviceArray, strides: Sequence[int]) -> None:
    """Write an image to a target of its shape, and of any type, whose samples lie `strides` samples apart."""
    stored = _as_kernels_take_it(target)
    with Gpu(session, source(), image, constants(target.dtype), LAYOUT) as gpu:
        gpu.launch("write_strided", image, *strides, out=stored)


def constants(stored: np.dtype[Any]) -> dict[str, int | float]:
    """Return the constants of the kernels for strided samples of a type."""
    return {**_NAMES, "STORED": _NAMES[STORED[stored][0] if stored in STORED else "STORED_PIXEL"]}


@cache
def source() -> Source:
    return Source.read(Path(__file__).with_name("strided_copy.cu"))


def _as_kernels_take_it(image: DeviceArray) -> DeviceArray:
    return replace(image, dtype=STORED[image.dtype][1]) if image.dtype in STORED else image
