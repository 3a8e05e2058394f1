"""Runs neighborhood filters on images with alpha: on premultiplied color, which is divided by alpha again after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from imgcuda.engine.protocol import DeviceArray, Session
from imgcuda.execution.gpu import Gpu
from imgcuda.filters import Alpha
from imgcuda.programs.layout import Layout
from imgcuda.programs.source import Source

LAYOUT = Layout(over="pixels", block=(256, 1))


def filter_premultiplied(
    session: Session, image: DeviceArray, filter: Callable[[DeviceArray], DeviceArray], alpha: Alpha
) -> DeviceArray:
    """Return the result of a filter that runs on premultiplied float color, in the type of the image.

    With `alpha="color"` the result has the alpha of the image, else the filtered alpha.
    """
    source = Source.read(Path(__file__).with_name("alpha.cu"))
    with Gpu(session, source, image, {"KEEP_ALPHA": int(alpha == "color")}, LAYOUT) as gpu:
        premultiplied = gpu.keep(gpu.launch("premultiply", image, dtype=np.float32))
        try:
            filtered = filter(premultiplied)
        finally:
            session.free(premultiplied)
        try:
            made = {"MADE_CHANNELS": filtered.channels}
            return gpu.keep(gpu.launch("unpremultiply", filtered, image, dtype=image.dtype, constants=made))
        finally:
            session.free(filtered)
