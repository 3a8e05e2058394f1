"""Quantize, beside Pillow's median cut, which chooses other boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image
from task import Picture, Task

from imgcuda_plugins.stylize.quantize import CELLS, counted, median_cut

COLORS = 16


def exact(picture: Picture) -> Any:
    pixels = picture.reshape(-1, 3).astype(np.int64)
    cells = (pixels >> 4) @ (256, 16, 1)
    weights = [None, *(pixels.T & 15)]
    palette = median_cut(*counted(np.stack([np.bincount(cells, each, CELLS) for each in weights])), COLORS)
    nearest = [(np.square(part[:, None] - palette)).sum(axis=2).argmin(axis=1) for part in np.array_split(pixels, 500)]
    return palette[np.concatenate(nearest)].reshape(picture.shape)


def pillow(picture: Picture) -> Any:
    return Image.fromarray(picture).quantize(COLORS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")


TASKS = [Task("quantize", {"colors": COLORS}, exact=exact, host={"Pillow": pillow}, loose={"Pillow": 255})]
