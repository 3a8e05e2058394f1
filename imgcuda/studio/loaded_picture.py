"""The picture that the studio works on: its file's bytes, its pixels, and a smaller copy for use while dragging."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import images
from imgcuda.errors import ImageError
from imgcuda.images import Image
from imgcuda.parameter_text import read_file
from imgcuda.pixels import as_image, has_alpha
from imgcuda.studio.proxy_side import SIDES
from imgcuda.studio.uploads import LARGEST

Pixels = npt.NDArray[Any]

Extent = Literal["proxy", "full"]
"""What is filtered: the smaller copy, or the picture itself."""


class LoadedPicture:
    """A picture and its file. The file's bytes are kept, since it may change before the user saves the result."""

    def __init__(self, name: str, data: bytes, max_pixels: int = images.MAX_PIXELS) -> None:
        self.name, self.data = name, data
        self.image: Image = images.read(BytesIO(data), name=name, max_pixels=max_pixels)
        self.pixels: Pixels = as_image(self.image.pixels, more_channels=True)
        self._proxies: dict[int, Pixels] = {}

    @classmethod
    def from_file(cls, path: Path, max_pixels: int) -> LoadedPicture:
        """Return the picture of a file that the user has named in the command."""
        try:
            return cls(str(path), read_file(path, LARGEST), max_pixels)
        except ValueError as error:
            raise ImageError(str(error)) from error

    def proxy(self, side: int = SIDES[0]) -> Pixels:
        """Return the copy of at most so many pixels across and down; the picture itself if that is small."""
        if side not in self._proxies:
            self._proxies[side] = reduced(self.pixels, side)
        return self._proxies[side]

    def described(self) -> dict[str, Any]:
        """Return what the page shows of it."""
        height, width = self.pixels.shape[:2]
        scale = self.proxy().shape[1] / width
        words = images.describe(self.image.pixels)
        return {"name": Path(self.name).name, "width": width, "height": height, "words": words, "scale": scale,
                "losses": list(self.image.losses)}  # fmt: skip


def reduced(pixels: Pixels, side: int) -> Pixels:
    """Return an image of at most `side` pixels across and down: each is the mean of the area that it covers.

    Color is weighted with alpha, so that the color of transparent pixels is not seen.
    """
    height, width = pixels.shape[:2]
    scale = max(height, width) / side
    if scale <= 1:
        return pixels
    rows, columns = max(1, round(height / scale)), max(1, round(width / scale))
    weights = pixels[..., -1:].astype(np.float32) if has_alpha(pixels.shape[2]) else None
    if weights is None:
        return _as(_means(pixels, rows, columns), pixels.dtype)
    alpha = _means(weights, rows, columns)
    color = _means(pixels[..., :-1] * weights, rows, columns) / np.maximum(alpha, np.float32(1e-6))
    return _as(np.concatenate([color, alpha], axis=-1), pixels.dtype)


def _means(pixels: Pixels, rows: int, columns: int) -> Pixels:
    """Return the means of areas that are as equal as whole pixels allow."""
    across = _means_along(pixels, columns, 1)
    return _means_along(across, rows, 0)


def _means_along(pixels: Pixels, count: int, axis: int) -> Pixels:
    length = pixels.shape[axis]
    starts = np.arange(count) * length // count
    sums = np.add.reduceat(pixels, starts, axis=axis, dtype=np.float32)
    sizes = np.diff([*starts, length]).astype(np.float32)
    shape = [1] * pixels.ndim
    shape[axis] = count
    means: Pixels = sums / sizes.reshape(shape)
    return means


def _as(means: Pixels, dtype: np.dtype[Any]) -> Pixels:
    return means.astype(np.float32) if dtype.kind == "f" else np.rint(means).astype(dtype)
