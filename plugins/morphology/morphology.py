"""Morphology: the base classes of the category's filters, with a footprint, and erosion and dilation by it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from imgcuda import DeviceArray, Gpu, Layout, Matrix, NeighborhoodFilter, ParameterError, param
from imgcuda_plugins.morphology.footprints import Footprint, Shape, named, runs

LARGEST = 201
"""The most rows or columns of a footprint: a block's shared memory must hold its pixels and this margin."""

NONE = Matrix.of([[1]])
"""The footprint that leaves an image as it is; as a parameter, none."""

ROWS = 8
"""The rows that a block makes by runs."""

FEW = 7
"""The largest radius of a shape for which there is a kernel of its own, that keeps all pixels in registers."""

TALLEST = 128
"""The most rows that a block makes of columns."""

NEAREST = {"BORDER": 2}
"""The border rule of the nearest pixel, which is the fastest."""

ANY_RADIUS = {"MARGIN": 0, "ROWS": ROWS}
"""The macros of a layout, the same for all radii: what differs is an argument of the kernel."""


class Morphology(NeighborhoodFilter, abstract=True):
    """A filter made of erosions and dilations by a footprint."""

    channelwise = True
    only_launches = True
    passes: ClassVar[int] = 1
    """How many erosions and dilations follow each other."""

    radius: int = param(default=1, ge=1, le=100, help="how far the shape reaches, in pixels: 1 is 3x3")
    shape: Shape = param(
        default="rectangle",
        help="which pixels within the radius count: a rectangle, an ellipse as of OpenCV's getStructuringElement, a"
        " disk or a diamond as of scikit-image, or a cross",
    )
    iterations: int = param(default=1, ge=1, le=100, help="how often it is done; a rectangle costs no more time")
    footprint: Matrix = param(
        default=NONE,
        help="any other shape, in place of `shape` and `radius`: a matrix of odd sides, whose numbers other than 0 say"
        " which pixels count",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        height, width = self.footprint.shape
        if height % 2 == 0 or width % 2 == 0 or max(height, width) > LARGEST:
            raise ParameterError(
                f"footprint must have an odd number of rows and of columns, at most {LARGEST}; got {height}x{width}"
            )
        if not self.footprint.array.any():
            raise ParameterError("footprint must have a number other than 0; got zeros only")

    @property
    def halo(self) -> int:
        return self.passes * self.iterations * (max(self._counting.shape) // 2)

    @property
    def row_step(self) -> int:
        return max(rows(self._reach[0]), ROWS)

    @property
    def _counting(self) -> Footprint:
        """The footprint: True for the neighbors that count."""
        return named(self.shape, self.radius) if self.footprint == NONE else self.footprint.array != 0

    @property
    def _reach(self) -> tuple[int, int]:
        """How far a rectangle reaches, with all iterations, above a pixel and beside it."""
        height, width = self._counting.shape
        return height // 2 * self.iterations, width // 2 * self.iterations

    def eroded(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the smallest samples under the footprint."""
        return self._least(gpu, image, self._counting, 0)

    def dilated(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the greatest samples under the footprint turned by half a turn, as mathematics has it."""
        every_bit = -(2**31) if image.dtype == np.float32 else -1
        return self._least(gpu, image, self._counting[::-1, ::-1], every_bit)

    def _least(self, gpu: Gpu, image: DeviceArray, counting: Footprint, flip: int) -> DeviceArray:
        above, beside = self._reach
        if not counting.all():
            by = self._small if self.footprint == NONE and self.radius <= FEW else self._by_runs
            for _ in range(self.iterations):
                image = by(gpu, image, counting, flip)
            return image
        if above == beside <= FEW:
            return self._small(gpu, image, named("rectangle", above), flip)
        while beside:  # a launch reads a limited part of a row
            part = min(beside, LARGEST // 2)
            image = self._by_runs(gpu, image, np.ones((1, 2 * part + 1), np.bool_), flip)
            beside -= part
        return self._by_columns(gpu, image, above, flip) if above else image

    def _small(self, gpu: Gpu, image: DeviceArray, counting: Footprint, flip: int) -> DeviceArray:
        radius = len(counting) // 2
        widths = [int(row.sum()) // 2 for row in counting[radius:]]
        shape = {"RADIUS": radius, "WIDTHS": sum(width << 4 * k for k, width in enumerate(widths))}
        layout = _small_columns(radius, image.dtype.itemsize)
        return gpu.launch("small", image, flip, constants={**shape, **self._border}, layout=layout)

    def _by_runs(self, gpu: Gpu, image: DeviceArray, counting: Footprint, flip: int) -> DeviceArray:
        # 3 more than are read, so that each word that is read from is made as a whole; and whole words
        margin = -(-(counting.shape[1] // 2 * image.channels + 3) // 4) * 4
        starts, table, levels = runs(counting, image.channels, margin)
        arguments = starts, table.ravel(), counting.shape[0], levels, margin, flip
        layout = tile(margin, 4 // image.dtype.itemsize)
        return gpu.launch("runs", image, *arguments, constants={**ANY_RADIUS, **self._border}, layout=layout)

    def _by_columns(self, gpu: Gpu, image: DeviceArray, radius: int, flip: int) -> DeviceArray:
        layout = columns(rows(radius), 4 // image.dtype.itemsize)
        return gpu.launch(
            "down", image, radius, layout.rows, flip, constants={**ANY_RADIUS, **self._border}, layout=layout
        )

    @property
    def _border(self) -> dict[str, int]:
        """A faster border rule to use where it gives the same result as the one that is asked for; else nothing.

        What the rules reflect, mirror and nearest read in place of a pixel beyond the edge lies no further away, along
        the rows and along the columns, so that each of the named shapes has it anyway.
        """
        same = self.border in ("reflect", "mirror") and (self.footprint == NONE or bool(self._counting.all()))
        return NEAREST if same else {}


class Residue(Morphology, abstract=True):
    """A filter made of the difference of two images; alpha stays as it is."""

    alpha_mode = "color"

    @staticmethod
    def difference(gpu: Gpu, image: DeviceArray, other: DeviceArray) -> DeviceArray:
        """Return an image minus another one; whole numbers are at least 0."""
        layout = Layout(over="samples", block=(256, 1), pack=4)
        return gpu.launch("difference", image, other, constants={"DIFFERENCE": 1}, layout=layout)


def rows(radius: int) -> int:
    """Return the rows that a block makes of columns: a power of two, and at most as many as a column is high."""
    return min(TALLEST, 1 << (2 * radius + 1).bit_length() - 1)


def tile(margin: int, pack: int) -> Layout:
    """Return the layout of `runs`: a block makes at least half of what it reads, if that is possible."""
    wide = next((block for block in (256, 512) if block * pack >= 4 * margin), 1024)
    cpu = Layout(over="samples", block=(1024, 1), rows=ROWS, margin=margin)
    return Layout(over="samples", block=(wide, 1), rows=ROWS, pack=pack, margin=margin, cpu=cpu)


def _small_columns(radius: int, size: int) -> Layout:
    """Return the layout of `small` for samples of `size` bytes.

    A loop over up to ten rows is unrolled on a CPU. That gains more than rows that are read again cost, where a row
    takes little else.
    """
    rows = 8 if radius == 1 and size < 4 else 4 if radius == 2 and size == 1 else 16
    return columns(16, 4 // size, rows)


def columns(rows: int, pack: int, cpu_rows: int = 0) -> Layout:
    """Return the layout of kernels whose threads walk down the image."""
    cpu = Layout(over="samples", block=(1024, 1), rows=cpu_rows or rows)
    return Layout(over="samples", block=(64, 1), rows=rows, pack=pack, cpu=cpu)
