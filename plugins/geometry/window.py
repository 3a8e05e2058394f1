"""Window: the base class of filters that show another rectangle of an image, and copy every sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, get_args

import numpy as np
import numpy.typing as npt

from imgcuda import Border, Color, DeviceArray, GeometryFilter, Gpu, Layout, Rows, white_level

TRANSPARENT = Color(0.0, 0.0, 0.0, 0.0)
BORDERS = get_args(Border)


class Window(GeometryFilter, abstract=True):
    """A filter whose result is a rectangle of the image, which a border rule continues beyond its edges.

    It defines `origin` and `result_size`. All have one kernel, which is compiled for each border rule.
    """

    channelwise = True
    only_launches = True
    alpha_mode = "straight"
    layout = Layout(over="samples", block=(256, 1), pack=4, cpu=Layout(over="image", block=(32, 1), rows=128))
    rule: ClassVar[Border] = "constant"
    """The border rule of a filter without a border field."""

    def origin(self, width: int, height: int) -> tuple[int, int]:
        """Return the column and the row of an image of this size where the result begins; they may be negative."""
        raise NotImplementedError

    def constants(self) -> Mapping[str, int | float]:
        names = {f"BORDER_{name.upper()}": number for number, name in enumerate(BORDERS)}
        return {**names, "BORDER": BORDERS.index(self._rule)}

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int] | None:
        top = self.origin(width, height)[1]
        rows = folded(np.arange(wanted.first + top, wanted.last + top), height, self._rule)
        return int(rows.min()), int(rows.max()) + 1

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        height = gpu.rows.height
        left, top = self.origin(image.width, height)
        shape = gpu.wanted.number, self.result_size(image.width, height)[0], image.channels
        places = left, top + gpu.wanted.first, image.width, height, gpu.rows.first
        fill = levels(getattr(self, "color", TRANSPARENT), image.channels, white_level(image.dtype))
        return gpu.launch("window", image, *places, *fill, shape=shape)

    @property
    def _rule(self) -> Border:
        found: Border = getattr(self, "border", self.rule)
        return found


def folded(rows: npt.NDArray[np.int64], height: int, border: Border) -> npt.NDArray[np.int64]:
    """Return the rows of the image that rows beyond its edge are read from; constant ones count as the nearest."""
    if border == "reflect":
        rows = rows % (2 * height)
        return np.minimum(rows, 2 * height - 1 - rows)
    if border == "mirror":
        period = max(2 * height - 2, 1)
        return np.minimum(rows % period, period - rows % period)
    return rows % height if border == "wrap" else rows.clip(0, height - 1)


def levels(color: Color, channels: int, white: float) -> tuple[float, float, float, float]:
    """Return a color as four samples: its own, or for an image without color its luminance by Rec. 601, and alpha."""
    red, green, blue = color.rgb
    gray = (19595 * red + 38470 * green + 7471 * blue) / 65536
    parts = (gray, color.alpha, 0.0, 0.0) if channels < 3 else (red, green, blue, color.alpha)
    return white * parts[0], white * parts[1], white * parts[2], white * parts[3]
