"""Trim: an image without its borders of one color."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from imgcuda import Color, DeviceArray, Filter, Gpu, Layout, MeasuringFilter, Table, param, white_level
from imgcuda_plugins.geometry.window import Window, levels

SIDE = 128
"""Rows and columns of the square that a block looks through."""
FURTHEST = 2**30
"""Further than the edge of any image."""


@dataclass(frozen=True)
class BorderColor:
    """The color of a border, `BorderColor.of("white")`; `BorderColor()` is that of the upper left pixel."""

    words: ClassVar[str] = "a color, as white or #ff8800, or corner"

    color: Color | None = None

    @classmethod
    def of(cls, value: object) -> Self:
        """Return "corner", or the color that `Color.of` reads; else raise ValueError."""
        if isinstance(value, cls):
            return value
        return cls() if value == "corner" else cls(Color.of(value))

    @classmethod
    def example(cls) -> Self:
        """Return white."""
        return cls.of("#ffffff")

    def __str__(self) -> str:
        return str(self.color or "corner")


class Trim(MeasuringFilter):
    """Cut away the borders of an image, as far as they are of one color.

    The color is that of the upper left pixel, unless one is given. Rows and columns at the edges are cut away as long
    as no sample in them differs from it by more than `tolerance`. So does ImageMagick's -trim, whose -fuzz is the
    tolerance, and so do libvips' find_trim and Pillow's getbbox; as in these two, each channel counts by itself. Color
    counts in proportion to alpha, so all transparent pixels are alike. What is not a number is never border. An image
    of one color stays as it is. The samples that are left do not change.
    """

    decides_size = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"autocrop": {}, "auto-crop": {}}

    tolerance: float = param(default=0.0, ge=0, le=1, help="how far a border's samples are from its color at most")
    color: BorderColor = param(default=BorderColor(), help="the border's color; corner is that of the upper left pixel")
    margin: int = param(default=0, ge=0, le=100_000, help="pixels of the border that stay on each side")

    def passes(self, dtype: npt.DTypeLike) -> int:
        return 1 if self.color.color else 2

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return counts of where the image differs from its border.

        If that has the color of the corner, and not all rows are there, the first pass returns the corner's samples.
        """
        if self.color.color:
            samples = np.array(levels(self.color.color, image.channels, white_level(image.dtype)), np.float32)
            return self._content(gpu, image, samples if image.dtype.kind == "f" else np.rint(samples))
        if gpu.rows.number == gpu.rows.height:
            return self._content(gpu, image, None)
        shape, layout = (1, 1, image.channels), Layout(over="samples", block=(32, 1))
        return gpu.launch("corner", image, int(gpu.rows.first == 0), shape=shape, dtype=np.float32, layout=layout)

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        if found.dtype.kind == "f":
            samples = Table.of(found.ravel().astype(np.float32))
            return TrimSamples(samples=samples, tolerance=self.tolerance, margin=self.margin)
        down, across = (np.flatnonzero(counts) for counts in found[:, :, 0])
        if not down.size:
            return Rectangle(right=FURTHEST, bottom=FURTHEST)
        return Rectangle(
            left=max(int(across[0]) - self.margin, 0),
            top=max(int(down[0]) - self.margin, 0),
            right=int(across[-1]) + 1 + self.margin,
            bottom=int(down[-1]) + 1 + self.margin,
        )

    def _content(self, gpu: Gpu, image: DeviceArray, border: npt.NDArray[np.float32] | None) -> DeviceArray:
        """Return in how many blocks each row and each column differs from the border: (2, longest side, 1).

        `border` is its samples; None stands for those of the first pixel.
        """
        longest, white = max(image.width, gpu.rows.height), white_level(image.dtype)
        limit = self.tolerance * white if image.dtype.kind == "f" else round(self.tolerance * white, 3)
        color = np.zeros(4, np.float32) if border is None else border
        return gpu.reduce(
            "content",
            image,
            color,
            int(border is None),
            limit,
            gpu.rows.first,
            longest,
            shape=(2, longest, 1),
            dtype=np.uint32,
            layout=Layout(over="pixels", block=(SIDE, 1), rows=SIDE),
        )


class TrimSamples(Trim):
    """Cut away the borders of an image whose samples are known."""

    name = Trim.name

    samples: Table = param(help="a pixel of the border")

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return self._content(gpu, image, self.samples.array)


class Rectangle(Window):
    """Cut a rectangle out of an image, as far as it reaches."""

    left: int = param(default=0, ge=0, help="the first column")
    top: int = param(default=0, ge=0, help="the first row")
    right: int = param(ge=1, help="the column after the last")
    bottom: int = param(ge=1, help="the row after the last")

    def origin(self, width: int, height: int) -> tuple[int, int]:
        return self.left, self.top

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        return min(self.right, width) - self.left, min(self.bottom, height) - self.top
