"""TIFFs with pyramids for tests, and the pages of those that are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

Array = npt.NDArray[Any]


def write_pyramid(path: Path, image: Array, *, in_subs: bool = False, levels: int = 2, **options: Any) -> None:
    """Write a TIFF with levels that are black: as pages of their own, or as SubIFDs of the first."""
    options = {"photometric": "rgb" if image.ndim == 3 else "minisblack", "tile": (32, 48), **options}
    with tifffile.TiffWriter(path, byteorder=options.pop("byteorder", None)) as file:
        file.write(image, subifds=levels if in_subs else None, **options)
        for level in range(1, levels + 1):
            shape = (*(-(-size // 2**level) for size in image.shape[:2]), *image.shape[2:])
            file.write(np.zeros(shape, image.dtype), subfiletype=1, **options)


def read_pages(path: Path) -> list[Array]:
    """Return the pixels of all pages; all but the first say that they are reduced copies."""
    with tifffile.TiffFile(path) as file:
        pages = [page.aspage() for page in file.pages]
        assert [page.is_reduced for page in pages] == [False, *[True] * (len(pages) - 1)]
        return [page.asarray() for page in pages]
