"""Runs a chain of filters on one device: the image is uploaded once, and the result is downloaded once."""

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
    """A chain of filters that run one after the other; the image stays on the device in between.

    `Pipeline([Blur(sigma=3), Edges()])(array)` returns the same bits as the filters called one by one.
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

        `array` is (height, width), or (height, width, channels) with 1 (gray), 2 (gray, alpha), 3 (RGB) or 4
        (RGB, alpha) channels, of uint8, uint16, or float32 with a nominal range of 0 to 1 that is not clipped.
        `device` is "auto", "cuda", "cuda:N" or "cpu", or several GPUs that share the work, "cuda:0,1" or "cuda:all";
        by default the value of IMGCUDA_DEVICE, else "auto". A large image runs in strips of rows, so it may be larger
        than a GPU's memory; the result is the same to the byte. No filter's result may have more than `max_pixels`
        pixels; all sizes are checked before any work is done. By default only memory limits them. Raises ImageError for
        any other array and for too many pixels, DeviceError for a device that is not available, DeviceMemoryError if
        the host has too little memory, or if a device has too little for a chain that cannot run in strips.
        """
        given = as_array(array)
        image = as_image(given)
        allow(self.filters, image.shape[1], image.shape[0], max_pixels)
        chosen = devices.members(devices.choose(device))
        try:
            result = streaming.filter_image(chosen, self.filters, image)
            return self._shaped_like(given, result, copy=np.shares_memory(result, given))
        except MemoryError as error:
            raise DeviceMemoryError(out_of_memory(error)) from error

    def _shaped_like(self, given: npt.NDArray[Any], result: npt.NDArray[Any], copy: bool) -> npt.NDArray[Any]:
        """Return a result with the number of dimensions that the filters would give one by one: a filter returns one
        channel as a two-dimensional array, unless its input had three dimensions and one channel."""
        channels = stages(self.filters, given.shape[2] if given.ndim == 3 else 1)
        if result.shape[2] == 1 and not (given.ndim == 3 and set(channels) == {1}):
            result = result[:, :, 0]
        return result.copy() if copy else result
