"""Resize: an image with more or fewer pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from imgcuda import Alpha, DeviceArray, GeometryFilter, Gpu, Layout, ParameterError, Rows, Size, param
from imgcuda_plugins.geometry.resize_weights import Method, Side, few_weights, nearest, weights

Shape = tuple[int, int, int]

TILE = 256
"""Samples of a row that a block holds: with 33 rows, 33 KiB of shared memory."""


class Resize(GeometryFilter):
    """Make an image larger or smaller.

    A pixel of the result stands for the same part of the picture as before: (x + 0.5) / width stays what it is. Where
    an image shrinks, all of its pixels count: the weights of bilinear, bicubic and lanczos reach further, by as much as
    it shrinks. At the edge, weights for what would lie outside are left out, and the others make up for them. All that
    is so in Pillow, too; of OpenCV's methods only its area looks at all pixels.
    """

    channelwise = True
    only_launches = True
    layout = Layout(over="pixels", block=(32, 8), rows=4)
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"scale": {}, "rescale": {}}

    width: int = param(
        default=0, ge=0, le=100_000, help="width of the result, in pixels; 0 for what keeps the proportions"
    )
    height: int = param(
        default=0, ge=0, le=100_000, help="height of the result, in pixels; 0 for what keeps the proportions"
    )
    scale: float = param(
        default=0.5, ge=0.001, le=100, help="what the size is multiplied by, if neither width nor height is given"
    )
    fit: Size = param(default=Size(), help="the largest size within this one, as 1600x1200; proportions stay")
    fill: Size = param(
        default=Size(), help="exactly this size, as 1600x1200; what is too wide or too high is cut off evenly"
    )
    only_shrink: bool = param(default=False, help="whether an image that would grow keeps its size")
    method: Method = param(
        default="bicubic",
        help="how a pixel is made: nearest copies one, area is the mean of what it covers; bilinear, bicubic (a = -0.5)"
        " and lanczos (3 lobes) weigh more and more around it, for more and more sharpness",
    )

    @property
    def alpha_mode(self) -> Alpha:
        """Pixels that are only copied stay as they are."""
        return "straight" if self.method == "nearest" else "premultiplied"

    def __post_init__(self) -> None:
        super().__post_init__()
        given = [name for name in ("fit", "fill") if getattr(self, name) != Size()]
        if given and (len(given) > 1 or self.width or self.height):
            raise ParameterError("resize takes one size: width and height, or fit, or fill")

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        columns, rows = self._sides(width, height)
        return columns.made, rows.made

    def _sides(self, width: int, height: int) -> tuple[Side, Side]:
        """Return what becomes of an image's width and height."""
        if self.fill != Size():
            return self._filled(width, height)
        made = self._size(width, height)
        if self.only_shrink and (made[0] > width or made[1] > height):
            made = width, height
        return Side(width, made[0]), Side(height, made[1])

    def _size(self, width: int, height: int) -> tuple[int, int]:
        if self.fit != Size():
            scale = min(self.fit.width / width, self.fit.height / height)
            return min(rounded(width * scale), self.fit.width), min(rounded(height * scale), self.fit.height)
        if not self.width and not self.height:
            return rounded(width * self.scale), rounded(height * self.scale)
        return self.width or rounded(width * self.height / height), self.height or rounded(height * self.width / width)

    def _filled(self, width: int, height: int) -> tuple[Side, Side]:
        """Return the middle part of both sides that has the proportions of `fill`."""
        scale = max(self.fill.width / width, self.fill.height / height)
        scale = min(scale, 1.0) if self.only_shrink else scale
        return _middle(width, self.fill.width, scale), _middle(height, self.fill.height, scale)

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int]:
        columns, rows = self._sides(width, height)
        if self.method == "nearest":
            found = nearest(rows)
            return int(found[wanted.first]), int(found[wanted.last - 1]) + 1
        if columns.grows(self.method) and rows.grows(self.method):
            starts, table = few_weights(rows, self.method)
            return int(starts[wanted.first]), int(starts[wanted.last - 1]) + table.shape[1]
        spans, _ = weights(rows, self.method)
        return int(spans[wanted.first, 0]), int(spans[wanted.last - 1, 1])

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        columns, rows = self._sides(image.width, gpu.rows.height)
        shape = gpu.wanted.number, columns.made, image.channels
        if self.method == "nearest":
            return self._nearest(gpu, image, shape, columns, rows)
        if self.method == "area" and columns.averages(image.channels) and rows.averages():
            return self._average(gpu, image, shape, columns, rows)
        if columns.grows(self.method) and rows.grows(self.method):
            return self._enlarged(gpu, image, shape, columns, rows)
        return self._weighted(gpu, image, shape, columns, rows)

    def _enlarged(self, gpu: Gpu, image: DeviceArray, shape: Shape, columns: Side, rows: Side) -> DeviceArray:
        row_starts, down = few_weights(rows, self.method)
        mine = slice(gpu.wanted.first, gpu.wanted.last)
        row_starts = row_starts[mine] - np.int32(gpu.rows.first)
        column_starts, across = few_weights(columns, self.method)
        tables = row_starts, down[mine], column_starts, across
        taps = {"ROW_TAPS": down.shape[1], "COLUMN_TAPS": across.shape[1]}
        # 480 threads are no whole number of 64: with AVX-512 a vector then has 32, whose values fit into the registers
        cpu = Layout(over="samples", block=(480 if across.shape[1] > 2 else 512, 1), rows=32)
        layout = Layout(over="samples", block=(128, 1), rows=32, pack=4, cpu=cpu)
        return gpu.launch("enlarge", image, *tables, image.width, shape=shape, constants=taps, layout=layout)

    def _weighted(self, gpu: Gpu, image: DeviceArray, shape: Shape, columns: Side, rows: Side) -> DeviceArray:
        spans, table = weights(rows, self.method)
        mine = slice(gpu.wanted.first, gpu.wanted.last)
        of_rows = spans[mine] - np.int32(gpu.rows.first), table[mine], table.shape[1]
        spans, table = weights(columns, self.method)
        of_columns = spans, table, table.shape[1]
        tile = {"COLUMNS": TILE // image.channels // 4 * 4}
        return gpu.launch("resize", image, *of_rows, *of_columns, image.width, shape=shape, constants=tile)

    def _average(self, gpu: Gpu, image: DeviceArray, shape: Shape, columns: Side, rows: Side) -> DeviceArray:
        across, down = int(columns.step), int(rows.step)
        first_row = int(rows.begin) + gpu.wanted.first * down - gpu.rows.first
        factors, cpu = {"ACROSS": across, "DOWN": down}, Layout(over="pixels", block=(1024, 1))
        layout = Layout(over="pixels", block=(128, 2), cpu=cpu)
        places = first_row, int(columns.begin), image.width
        return gpu.launch("average", image, *places, shape=shape, constants=factors, layout=layout)

    def _nearest(self, gpu: Gpu, image: DeviceArray, shape: Shape, columns: Side, rows: Side) -> DeviceArray:
        row_numbers = nearest(rows)[gpu.wanted.first : gpu.wanted.last] - gpu.rows.first
        far = 2 * columns.made <= image.width and image.height * image.width > 1  # else neighbors are read together
        words = far and image.dtype.itemsize == 1 and image.channels > 2
        cpu = Layout(over="pixels", block=(64, 1), rows=8) if words else None
        layout = Layout(over="samples", block=(128, 1), rows=8, pack=4, cpu=cpu)
        arguments = nearest(columns), row_numbers, image.width
        return gpu.launch("nearest", image, *arguments, shape=shape, constants={"WORDS": words}, layout=layout)


def rounded(size: float) -> int:
    """Return a size in whole pixels, at least one."""
    return max(1, int(size + 0.5))


def _middle(size: int, wanted: int, scale: float) -> Side:
    """Return the middle part of a side that becomes `wanted` pixels, or as many as there are, by a scale."""
    made = min(wanted, rounded(size * scale))
    extent = min(made / scale, size)
    return Side(size, made, (size - extent) / 2, extent)
