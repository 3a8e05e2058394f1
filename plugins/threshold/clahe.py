"""CLAHE: contrast-limited adaptive histogram equalization, tile by tile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from imgcuda import (
    Argument,
    DeviceArray,
    Filter,
    Gpu,
    Layout,
    MeasuringFilter,
    ParameterError,
    PointFilter,
    Size,
    Table,
    color_channels,
    param,
)
from imgcuda_plugins.color.grayscale import Grayscale

MOST = 32
"""The most tiles in a row or a column."""

SPLITS = 4
"""The blocks of threads that share a tile's rows; for bytes each counts in a table of its own."""

Levels = npt.NDArray[np.float32]


class Clahe(MeasuringFilter):
    """Raise the contrast where it is low: equalize each tile of an image, up to a limit, and blend between tiles.

    That is contrast-limited adaptive histogram equalization (Zuiderveld 1994) as OpenCV's createCLAHE has it, to the
    bit for 8 and 16 bits. Of a color image the luminance of Rec. 601 is equalized, and each channel changes by as much
    as the luminance does, so Cb and Cr stay. Floats are counted in 65536 steps from 0 to 1, those outside at the ends,
    and become blends of steps; what is infinite or not a number is neither counted nor changed. Transparent pixels
    count as others do.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "equalize-adapthist": {},
        "equalize-clahe": {},
        "adaptive-equalize": {},
    }

    clip_limit: float = param(
        default=2.0, ge=0, le=1000, help="how many times the mean a level may count in a tile; 0 for no limit"
    )
    tiles: Size = param(default=Size(8, 8), help=f"tiles in a row and in a column, as 8x8; at most {MOST}x{MOST}")
    per_channel: bool = param(
        default=False, help="equalize each color by itself, which shifts hues, rather than the luminance"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (1 <= self.tiles.width <= MOST and 1 <= self.tiles.height <= MOST):
            raise ParameterError(f"tiles must be from 1x1 to {MOST}x{MOST}; got {self.tiles}")

    @property
    def channelwise(self) -> bool:
        return self.per_channel

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the counts, (splits, tiles * colors, levels): those of colors side by side for each tile."""
        if image.channels > 2 and not self.per_channel:
            image = gpu.apply(Grayscale(), image)
        columns, rows, colors = self.tiles.width, self.tiles.height, color_channels(image.channels)
        tile_width, tile_height = tile_size(image.width, gpu.rows.height, columns, rows)
        levels, splits = (256, SPLITS) if image.dtype == np.uint8 else (1 << 16, 1)
        counts = gpu.zeros((rows * columns * colors, splits * levels, 1), np.uint32)
        place = (image.width, gpu.rows.first, image.height, gpu.rows.height)
        return gpu.launch(
            "clahe",
            image,
            columns,
            tile_width,
            tile_height,
            *place,
            out=counts,
            constants={"SAMPLES": image.channels, "COLORS": colors},
            layout=Layout(block=(levels * splits // SPLITS if splits > 1 else 256, 1)),
        )

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        tiles = self.tiles.width * self.tiles.height
        levels = 256 if found.shape[1] == SPLITS * 256 else 1 << 16
        counts = found.reshape(tiles, -1, found.shape[1] // levels, levels).sum(axis=2)
        made = np.stack([[equalized(tile, self.clip_limit) for tile in color] for color in counts.swapaxes(0, 1)])
        return ClaheLevels(table=Table.of(made), tiles=self.tiles, per_channel=self.per_channel)


class ClaheLevels(PointFilter):
    """Look levels up in the tables of the four tiles around each pixel, and interpolate between the results."""

    table: Table = param(help="what each level becomes, of (channels, tiles, levels)")
    tiles: Size = param(help="tiles in a row and in a column")
    per_channel: bool = param(constant=True, help="whether each channel is looked up, rather than the luminance")

    def arguments(self) -> Mapping[str, Argument]:
        colors, tiles, levels = self.table.array.shape
        next_color = tiles * levels if colors > 1 else 0
        columns, rows = self.tiles.width, self.tiles.height
        return {"table": self.table.array, "columns": columns, "rows": rows, "levels": levels, "next_color": next_color}


def tile_size(width: int, height: int, columns: int, rows: int) -> tuple[int, int]:
    """Return the size of a tile. As in OpenCV, tiles are a pixel larger both ways if they do not fit either way."""
    larger = 1 if width % columns or height % rows else 0
    return width // columns + larger, height // rows + larger


def equalized(counts: npt.NDArray[np.int64], clip_limit: float) -> Levels:
    """Return what each level becomes in a tile, in levels: in single precision, so that it rounds as in OpenCV.

    What levels count beyond the limit is shared out: the same for all, and what is left one each, evenly spaced.
    """
    levels, area = len(counts), int(counts.sum())
    if area == 0:
        return np.arange(levels, dtype=np.float32)
    if clip_limit > 0:
        limit = max(int(clip_limit * area / levels), 1)
        clipped = np.minimum(counts, limit)
        share, left = divmod(area - int(clipped.sum()), levels)
        counts = clipped + share
        if left:
            counts[:: max(levels // left, 1)][:left] += 1
    scale = np.float32(levels - 1) / np.float32(area)
    made: Levels = np.rint(np.cumsum(counts).astype(np.float32) * scale)
    return np.minimum(made, np.float32(levels - 1))
