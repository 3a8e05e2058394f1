"""Filters in a row, run on one device: an image goes in once and comes out once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import devices, host_to_host
from imgcuda.alpha import filter_premultiplied
from imgcuda.engine import DeviceArray, Session
from imgcuda.errors import FilterError, ImageError, ImgcudaError
from imgcuda.filters import Filter, NeighborhoodFilter, PointFilter
from imgcuda.gpu import Gpu
from imgcuda.host_to_host import Whole
from imgcuda.kernels import PIXEL_TYPES
from imgcuda.point import arguments, layout, point_source, stages
from imgcuda.strips import STEP, Cut, block_rows


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
        result = host_to_host.run(chosen, self.run, image, cut(self.filters))
        return _like(given, result, copy=np.shares_memory(result, given))

    def run(self, session: Session, image: DeviceArray) -> DeviceArray:
        """Run the filters over an image on the device, releasing each step's input, and return the last result."""
        for group in _groups(self.filters):
            made = run(session, group, image)
            session.free(image)
            image = made
        return image


def run(session: Session, filters: Sequence[Filter], image: DeviceArray) -> DeviceArray:
    """Run one filter over an image on the device, or several that are per-pixel. The image itself is left as it is.

    Raises FilterError, with the filter's name, for what a filter raises that is no ImgcudaError.
    """
    try:
        return _run_any(session, filters, image)
    except ImgcudaError:
        raise
    except Exception as error:  # a filter may be anybody's code
        names = " and ".join(filter.name for filter in filters)
        raise FilterError(f"{names} failed: {type(error).__name__}: {error}") from error


def cut(filters: Sequence[Filter]) -> Cut | Whole:
    """Return how an image may be cut into strips for filters in a row, or why it may not."""
    halos: list[int] = []
    for filter in filters:
        if filter.halo is None:
            return Whole(f"{filter.name} reads the image as a whole")
        if filter.halo and getattr(filter, "border", None) == "wrap":
            return Whole(f"{filter.name} with border=wrap reads at one end of the image what lies at the other")
        halos.append(filter.halo)
    after = [sum(halos[number + 1 :]) for number in range(len(halos))]
    steps = [_step(filter) for filter in filters]
    inner = max((rows for rows, step in zip(after, steps, strict=True) if step > 1), default=0)
    return Cut(sum(halos), lcm(*steps), inner)


def _step(filter: Filter) -> int:
    """Return the rows that strips begin at a multiple of: for per-pixel filters, any."""
    return 1 if isinstance(filter, PointFilter) else lcm(STEP, block_rows(filter.layout), filter.row_step)


def _check_blocks(filter: Filter, gpu: Gpu) -> None:
    """Hold a filter that runs in strips to blocks that begin where strips do."""
    for rows in gpu.block_rows:
        if filter.halo is not None and _step(filter) % rows:
            raise FilterError(
                f"{filter.name}: a launch's blocks make {rows} rows, where strips of an image begin at multiples of "
                f"{_step(filter)}; use as many rows in the filter's own `layout`, or a divisor of {STEP} in the launch"
            )


def _groups(filters: Sequence[Filter]) -> Iterator[list[Filter]]:
    """Yield the filters in order: runs of per-pixel ones together, the others one by one."""
    for together, group in groupby(filters, key=lambda filter: isinstance(filter, PointFilter)):
        if together:
            yield list(group)
        else:
            yield from ([filter] for filter in group)


def _run_any(session: Session, filters: Sequence[Filter], image: DeviceArray) -> DeviceArray:
    points = tuple(filter for filter in filters if isinstance(filter, PointFilter))
    if points:
        return _run_points(session, points, image)
    (filter,) = filters
    if isinstance(filter, NeighborhoodFilter) and image.channels in (2, 4):
        return filter_premultiplied(session, image, lambda colors: _run(session, filter, colors), filter.alpha)
    return _run(session, filter, image)


def as_image(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an array as (height, width, channels), C-contiguous; ImageError if it is no image."""
    if array.dtype not in PIXEL_TYPES:
        types = ", ".join(dtype.name for dtype in PIXEL_TYPES)
        raise ImageError(f"an image's samples must be {types}; got {array.dtype}; convert with array.astype")
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        raise ImageError(
            f"an image must be (height, width) or (height, width, 1 to 4 channels); got shape {array.shape}"
        )
    if array.size == 0:
        raise ImageError(f"an image must have at least one pixel; got shape {array.shape}")
    return np.ascontiguousarray(array if array.ndim == 3 else array[:, :, None])


def _run(session: Session, filter: Filter, image: DeviceArray) -> DeviceArray:
    with Gpu(session, filter.source(), image, filter.constants(), filter.layout) as gpu:
        result = filter.run(gpu, image)
        _check_blocks(filter, gpu)
        if not isinstance(result, DeviceArray) or len(result.shape) != 3 or result is image:
            raise FilterError(
                f"{filter.name}: run() must return a new image, as gpu.launch does; it returned {result!r}"
            )
        return gpu.keep(result)


def _run_points(session: Session, filters: tuple[PointFilter, ...], image: DeviceArray) -> DeviceArray:
    channels = stages(filters, image.channels)[-1]
    source = point_source(filters, image.channels)
    with Gpu(session, source, image, {"RESULT_CHANNELS": channels}, layout(image.dtype)) as gpu:
        shape = (image.height, image.width, channels)
        return gpu.keep(gpu.launch("point", image, *arguments(filters), shape=shape))


def _like(given: npt.NDArray[Any], result: npt.NDArray[Any], copy: bool) -> npt.NDArray[Any]:
    """Return a result in the form of what was given: one channel is two-dimensional unless it was not before."""
    if result.shape[2] == 1 and not (given.ndim == 3 and given.shape[2] == 1):
        result = result[:, :, 0]
    return result.copy() if copy else result
