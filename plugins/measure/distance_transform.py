"""Distance transform: how far it is to the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from imgcuda import DeviceArray, Filter, Gpu, Layout, param

WHOLE_COLUMN = 1 << 24
"""More rows for a thread than any image has: so one compiled kernel serves all heights."""

SEGMENT = 16
"""Columns of a row that are passed over together if none of them can be near."""

LARGE = 16384
"""Rows or columns up to which squares of distances, and sums of two, are exact in 32 bits."""


class DistanceTransform(Filter):
    """Measure how far each bright pixel is from the nearest dark one.

    Pixels whose luminance of Rec. 601, multiplied by alpha, is at most `threshold` are the background, as for
    `threshold`; what is not a number is, too. They become 0, and all others their distance to the nearest of them in
    pixels, between the middles of both: exactly the nearest, as SciPy's distance_transform_edt and
    distance_transform_cdt and OpenCV's distanceTransform with DIST_MASK_PRECISE. A level is a pixel, times `scale`:
    floats are the distance itself, levels are rounded and end at white. Without any background all is white, and for
    floats infinite.
    """

    only_launches = True
    layout = Layout(over="pixels", block=(256, 1), rows=1)
    channels: ClassVar[Literal[1]] = 1
    result_alpha = False
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"distance": {}, "distance-map": {}}

    metric: Literal["euclidean", "cityblock", "chessboard"] = param(
        default="euclidean",
        constant=True,
        help="how far: euclidean is as the crow flies, cityblock along rows and columns, chessboard as a king moves",
    )
    threshold: float = param(default=0.5, ge=0, le=1, help="what a pixel must be brighter than not to be background")
    scale: float = param(default=1.0, ge=1e-6, le=65535, help="levels a pixel of distance")

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        rows, columns, _ = image.shape
        sizes = {"SEGMENT": SEGMENT, "LARGE": int(max(rows, columns) > LARGE)}
        whole = Layout(over="pixels", block=(64, 1), rows=WHOLE_COLUMN)
        down = gpu.launch(
            "along_columns",
            image,
            self.threshold,
            shape=(rows, columns, 1),
            dtype=np.int32,
            constants=sizes,
            layout=whole,
        )
        segments = -(-columns // SEGMENT)
        least = gpu.launch("least", down, columns, shape=(rows, segments, 1), constants=sizes)
        shape = (rows, columns, 1)
        return gpu.launch("across", down, least, segments, self.scale, shape=shape, dtype=image.dtype, constants=sizes)
