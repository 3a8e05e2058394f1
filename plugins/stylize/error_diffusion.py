"""Error diffusion: reduces colors to few levels, and adds the error of each pixel to the pixels after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Filter, Gpu, Layout, color_channels, param

PARTS = {
    "floyd-steinberg": (16, [[0, 0, 0, 7, 0], [0, 3, 5, 1, 0], [0, 0, 0, 0, 0]]),
    "jarvis": (48, [[0, 0, 0, 7, 5], [3, 5, 7, 5, 3], [1, 3, 5, 3, 1]]),
    "stucki": (42, [[0, 0, 0, 8, 4], [2, 4, 8, 4, 2], [1, 2, 4, 2, 1]]),
    "sierra": (32, [[0, 0, 0, 5, 3], [2, 4, 5, 4, 2], [0, 2, 3, 2, 0]]),
    "atkinson": (8, [[0, 0, 0, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]]),
}
"""In how many parts an error is divided, and how many of them its neighbors get: in its row, in the next one and in the
one after that, from 2 to the left to 2 to the right."""

DIVISOR = 672
"""The least common multiple of these numbers of parts, so that one compiled kernel serves all methods."""

WAVE = 256
"""The rows that are made at once, by a block of as many threads."""

DELAY = 3
"""How many pixels a row is behind the one above it: more than errors come from the right."""

GAP, SLACK = 4, 32
"""The least steps between two rows of a thread, so that no error of one is an error of the other; and between the step
that makes an error of the last row of a wave and the one that needs it."""

WHOLE_COLUMN = 1 << 24
"""More rows for a thread than any image has: so one compiled kernel serves all heights."""


class ErrorDiffusion(Filter):
    """Reduce each color to a few levels, and make up for each pixel's error in the pixels after it.

    A color goes to the nearest level; what it is more or less than that is divided among the neighbors to the right and
    in the rows below, in the proportions of Floyd and Steinberg (1976), Jarvis, Judice and Ninke (1976), Stucki (1981),
    Sierra (1989), or Atkinson, who passes on three quarters of it. All rows run from left to right. Errors are whole
    numbers, 65536ths of the distance of two levels, so that each computer chooses the same levels. The levels are
    evenly apart from black to white; floats outside are clipped, and what is not a number is black. Alpha stays.
    `dither` mixes levels in a pattern instead.
    """

    channelwise = True
    only_launches = True
    layout = Layout(block=(32, 8), cpu=Layout(block=(64, 1)))
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "floyd-steinberg": {"method": "floyd-steinberg"},
        "atkinson": {"method": "atkinson"},
    }

    levels: int = param(default=2, ge=2, le=256, help="how many levels are left of each color, with black and white")
    method: Literal["floyd-steinberg", "jarvis", "stucki", "sierra", "atkinson"] = param(
        default="floyd-steinberg", help="how an error is divided among the neighbors"
    )

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        rows, columns, _ = image.shape
        period = max(columns + GAP, DELAY * WAVE + SLACK)
        steps = (rows - 1) // WAVE * period + columns + DELAY * (WAVE - 1)
        size, top = (columns, rows, period), self.levels - 1
        sizes = {"WAVE": WAVE, "DELAY": DELAY, "DIVISOR": DIVISOR}
        skewed = gpu.launch(
            "skew",
            image,
            *size,
            top,
            shape=(steps, WAVE * color_channels(image.channels), 1),
            dtype=np.int32,
            constants=sizes,
            layout=Layout(block=(64, 1), rows=32),
        )
        wave = Layout(block=(WAVE, 1), rows=WHOLE_COLUMN)
        gpu.launch("diffuse", skewed, *size, top, weights(self.method), out=skewed, constants=sizes, layout=wave)
        return gpu.launch("levels", skewed, image, period, top, shape=image.shape, dtype=image.dtype, constants=sizes)


def weights(method: str) -> npt.NDArray[np.int32]:
    """Return what a pixel gets of the errors before it, in parts of DIVISOR: (3, 5).

    In the first row are the errors of the row two above, in the last its own; from 2 to the left to 2 to the right.
    """
    number, parts = PARTS[method]
    return np.ascontiguousarray(np.array(parts, np.int32)[::-1, ::-1] * (DIVISOR // number))
