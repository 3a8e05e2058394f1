"""Rotate: an image turned."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, cos, floor, radians, sin
from typing import Any, ClassVar, Literal

from imgcuda import Alpha, Border, DeviceArray, GeometryFilter, Gpu, Layout, Rows, param

TAPS = {"nearest": 1, "bilinear": 2, "bicubic": 4}

PIXEL_BYTES = 8
"""The largest pixel for which a square of 64 pixels to a side fits into shared memory, and not only one of 32."""


class Rotate(GeometryFilter):
    """Turn an image counter-clockwise, about its middle.

    The direction is that of Pillow and OpenCV; ImageMagick turns the other way. By default the result has room for all
    of the image, as a picture that is turned should not lose its corners, and one that is turned by 90 degrees not its
    sides. Multiples of 90 degrees copy pixels, whatever the method. By other angles, an image without alpha gets black
    corners, and one with alpha transparent ones.
    """

    channelwise = True
    only_launches = True
    layout = Layout(over="pixels", block=(64, 8), rows=8)
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"rot90": {"angle": 90.0}}

    angle: float = param(
        default=90.0, ge=-360, le=360, help="how far it is turned counter-clockwise, in degrees; negative for clockwise"
    )
    expand: bool = param(
        default=True, help="whether the result is as large as it must be to hold all of the image, else as the image is"
    )
    method: Literal["nearest", "bilinear", "bicubic"] = param(
        default="bilinear", help="how many pixels around the place where a pixel was make it: 1, 4 or 16 (a = -0.5)"
    )
    border: Border = param(
        default="constant",
        constant=True,
        help="what is seen where the image does not reach; constant is transparent, or black where there is no alpha",
    )

    @property
    def quarters(self) -> int | None:
        """How many quarter turns it is, from 0 to 3; None if it is not a number of them."""
        turns = self.angle / 90
        return int(turns) % 4 if turns == int(turns) else None

    @property
    def direction(self) -> tuple[float, float]:
        """Cosine and sine of the angle; those of quarter turns are exact."""
        if self.quarters is not None:
            return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[self.quarters]
        return cos(radians(self.angle)), sin(radians(self.angle))

    @property
    def taps(self) -> int:
        """Of how many columns, and rows, of pixels one is made: of one, it is a copy."""
        return 1 if self.quarters is not None else TAPS[self.method]

    @property
    def alpha_mode(self) -> Alpha:
        return "straight" if self.taps == 1 else "premultiplied"

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        if not self.expand:
            return width, height
        along, across = map(abs, self.direction)
        return enough(width * along + height * across), enough(width * across + height * along)

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int] | None:
        """Return the rows for rows of the result, if these lie so flat in the image that they need few of its rows."""
        if self.quarters == 0:
            return wanted.first, wanted.last
        if self.quarters == 2:
            return height - wanted.last, height - wanted.first
        across, down = self.direction
        slope = self.result_size(width, height)[0] / 2 * abs(down)  # how far a row of the result rises, and falls
        if self.quarters is not None or slope > height / 4 or self.border not in ("constant", "nearest"):
            return None
        ends = [(height - 1) / 2 + (y - (wanted.height - 1) / 2) * across for y in (wanted.first, wanted.last - 1)]
        return floor(min(ends) - slope) - self.taps, ceil(max(ends) + slope) + self.taps + 1

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        height = gpu.rows.height
        width, _ = self.result_size(image.width, height)
        shape = gpu.wanted.number, width, image.channels
        if self.quarters in (0, 2):
            return self._half_turn(gpu, image)
        if self.quarters is not None and (width, gpu.wanted.height) == (height, image.width):
            return self._quarter_turn(gpu, image, self.quarters)
        places = self._places(image.width, height, (width, gpu.wanted.height), gpu.wanted.first)
        sizes = gpu.rows.first, image.width, height
        steep = abs(self.direction[1]) > 0.5  # then a square block reads fewer pages of memory than a row does
        cpu = Layout(over="pixels", block=(32, 32) if steep else (64, 1))
        layout = Layout(over="pixels", block=(64, 4), cpu=cpu)
        return gpu.launch("rotate", image, *places, *sizes, shape=shape, constants={"TAPS": self.taps}, layout=layout)

    def _half_turn(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        top = gpu.rows.height - 1 - gpu.wanted.first if self.quarters else gpu.wanted.first
        shape, layout = (gpu.wanted.number, *image.shape[1:]), Layout(over="pixels", block=(256, 1))
        quarters = {"QUARTERS": self.quarters or 0}
        return gpu.launch("half_turn", image, top - gpu.rows.first, shape=shape, constants=quarters, layout=layout)

    def _quarter_turn(self, gpu: Gpu, image: DeviceArray, quarters: int) -> DeviceArray:
        side = 64 if image.channels * image.dtype.itemsize <= PIXEL_BYTES else 32
        shape, layout = (image.width, image.height, image.channels), Layout("pixels", (side, 8), rows=side // 8)
        return gpu.launch("quarter_turn", image, shape=shape, constants={"QUARTERS": quarters}, layout=layout)

    def _places(self, width: int, height: int, made: tuple[int, int], first: int) -> list[int]:
        """Return where the first tap of pixel (0, first) is, and how far it moves from column to column and row to row.

        For each of x and y, in 2^-32 of a pixel. The middle of the image is turned into the middle of the result.
        """
        across, down = self.direction
        x, y = (1 - made[0]) / 2, (1 - made[1]) / 2
        tap = 0.5 if self.taps == 1 else 1 - self.taps // 2  # of one, it is the nearest
        places = (width - 1) / 2 + x * across - y * down + tap, (height - 1) / 2 + x * down + y * across + tap
        # From row 0 on in whole numbers, so that a strip has the places that the whole has.
        x_origin, y_origin, along, rise, fall = (round(number * 2**32) for number in (*places, across, down, -down))
        return [x_origin + first * fall, along, fall, y_origin + first * along, rise, along]


def enough(size: float) -> int:
    """Return the number of whole pixels that hold a size, ignoring rounding errors in the size."""
    return max(1, ceil(size - 1e-6))
