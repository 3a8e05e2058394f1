"""Color matrix: each channel a weighted sum of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from imgcuda import Argument, Matrix, ParameterError, PointFilter, param


class ColorMatrix(PointFilter):
    """Mix the channels: each becomes a weighted sum of red, green and blue.

    A row of the matrix has the weights of red, green and blue in one channel of the result, and may have a fourth
    number, which is added: 1 is white. So have it OpenCV's `transform`, Pillow's `convert("RGB", matrix)`, whose fourth
    number is in levels of 255, and the channel mixers of GIMP and Photoshop. A gray image becomes one of three colors.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"channel-mixer": {}, "recolor": {}}
    channels: ClassVar[Literal[3]] = 3

    matrix: Matrix = param(help="3 rows of 3 weights, or of 3 weights and what is added")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.matrix.shape not in ((3, 3), (3, 4)):
            rows, columns = self.matrix.shape
            raise ParameterError(f"matrix must have 3 rows of 3 or 4 numbers; got {rows} of {columns}")

    def arguments(self) -> Mapping[str, Argument]:
        rows = self.matrix.array
        return {"matrix": np.pad(rows, [(0, 0), (0, 4 - rows.shape[1])]).astype(np.float32)}
