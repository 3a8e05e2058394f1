"""Filters in a row, run on one device: an image goes in once and comes out once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import devices
from imgcuda.errors import DeviceMemoryError, FilterError, out_of_memory
from imgcuda.execution import streaming
from imgcuda.execution.point import stages
from imgcuda.execution.schedule import allow
from imgcuda.filters import Filter
from imgcuda.pixels import as_array, as_image


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

    def __call__(
        self, array: npt.ArrayLike, *, device: str | None = None, max_pixels: int | None = None
    ) -> npt.NDArray[Any]:
        """Return the image filtered, in its own type; the input is not changed.

        `array` is (height, width), or (height, width, channels) with 1 (grey), 2 (grey, alpha), 3 (RGB) or 4
        (RGB, alpha) channels, of uint8, uint16, or float32 with a nominal range of 0 to 1 that is not clipped.
        `device` is "auto", "cuda", "cuda:N" or "cpu", or several GPUs that share the work, "cuda:0,1" or "cuda:all";
        by default what IMGCUDA_DEVICE says, else "auto". A large image runs in strips of rows, so it may be larger than
        a GPU's memory; the bytes are the same. No filter may make more than `max_pixels`, which is held against all
        sizes before anything is done; by default there is no limit but memory. Raises ImageError for any other array,
        and for more pixels, DeviceError for a device that cannot be had, DeviceMemoryError where there is too little
        memory, of a device for what cannot run in strips, or of the host.
        """
        given = as_array(array)
        image = as_image(given)
        allow(self.filters, image.shape[1], image.shape[0], max_pixels)
        chosen = devices.members(devices.choose(device))
        try:
            result = streaming.filter_image(chosen, self.filters, image)
            return self._like(given, result, copy=np.shares_memory(result, given))
        except MemoryError as error:
            raise DeviceMemoryError(out_of_memory(error)) from error

    def _like(self, given: npt.NDArray[Any], result: npt.NDArray[Any], copy: bool) -> npt.NDArray[Any]:
        """Return a result in the form of what was given: as if the filters had run one by one, of which each makes one
        channel two-dimensional unless it was given one of three."""
        channels = stages(self.filters, given.shape[2] if given.ndim == 3 else 1)
        if result.shape[2] == 1 and not (given.ndim == 3 and set(channels) == {1}):
            result = result[:, :, 0]
        return result.copy() if copy else result
