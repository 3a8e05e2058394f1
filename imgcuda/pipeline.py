"""Filters in a row, run on one device: an image goes in once and comes out once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import devices, host_to_host
from imgcuda.arrays import as_image
from imgcuda.errors import FilterError
from imgcuda.filters import Filter


class Pipeline:
    """Filters to be run one after the other; the image stays on the device in between.

    `Pipeline([Blur(sigma=3), Edges()])(array)` gives what the filters give one by one, bit for bit.
    """

    def __init__(self, filters: Iterable[Filter]) -> None:
        self.filters = tuple(filters)
        for filter in self.filters:
            if not isinstance(filter, Filter):
                raise FilterError(f"a pipeline takes filters, as Blur(sigma=3); it was given {filter!r}")

    def __repr__(self) -> str:
        return f"Pipeline([{', '.join(map(repr, self.filters))}])"

    @property
    def halo(self) -> int | None:
        """How many pixels around a pixel the whole chain reads; None for the whole image."""
        halos = [filter.halo for filter in self.filters]
        return None if None in halos else sum(halo for halo in halos if halo)

    def __call__(self, array: npt.ArrayLike, *, device: str | None = None) -> npt.NDArray[Any]:
        """Return the image filtered, in its own type; the input is not changed.

        `array` is (height, width), or (height, width, channels) with 1 (grey), 2 (grey, alpha), 3 (RGB) or 4
        (RGB, alpha) channels, of uint8, uint16, or float32 with a nominal range of 0 to 1 that is not clipped.
        `device` is "auto", "cuda", "cuda:N" or "cpu", or several GPUs that share the work, "cuda:0,1" or "cuda:all";
        by default what IMGCUDA_DEVICE says, else "auto". A large image runs in strips of rows, so it may be larger than
        a GPU's memory; the bytes are the same. Raises ImageError for any other array, DeviceError for a device that
        cannot be had, DeviceMemoryError where there is too little memory for what cannot run in strips.
        """
        given = np.asarray(array)
        image = as_image(given)
        chosen = devices.members(devices.choose(device))
        result = host_to_host.run(chosen, self.filters, image)
        return _like(given, result, copy=np.shares_memory(result, given))


def _like(given: npt.NDArray[Any], result: npt.NDArray[Any], copy: bool) -> npt.NDArray[Any]:
    """Return a result in the form of what was given: one channel is two-dimensional unless it was not before."""
    if result.shape[2] == 1 and not (given.ndim == 3 and given.shape[2] == 1):
        result = result[:, :, 0]
    return result.copy() if copy else result
