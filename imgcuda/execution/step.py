"""A step of a chain: one filter, or several per-pixel filters fused, over images of one size and type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np

from imgcuda.engine.protocol import DeviceArray, Session
from imgcuda.engine.replay import Replay
from imgcuda.errors import FilterError
from imgcuda.execution.gpu import Apply, Gpu, KnownLaunches
from imgcuda.execution.point import result_channels
from imgcuda.execution.schedule import step
from imgcuda.filters import Alpha, Filter, GeometryFilter
from imgcuda.programs.strips import STEP, Rows


class Step:
    """A step of a chain, with everything its first run computed that the next image of the same shape and type needs.

    Only what filters declare is kept. Their `run` may depend on anything, and is called for each image.
    """

    def __init__(self, filters: Sequence[Filter], rows: Rows, wanted: Rows) -> None:
        self.filters, self.head, self.rows, self.wanted = tuple(filters), filters[0], rows, wanted
        self.replay: Replay | None = None
        """All that it does, if that is the core's work alone."""
        self._alpha_mode: Alpha | None = None
        self._constants: Mapping[str, int | float] | None = None
        """The macros of the filter's fields."""
        self._launches: KnownLaunches = {}
        self._block_rows: set[int] = set()
        """The numbers of rows in blocks of threads that were checked."""
        self._declared: tuple[tuple[int, ...], np.dtype[Any]] | None = None

    @property
    def alpha_mode(self) -> Alpha:
        """How the filter runs on images with alpha; FilterError if it is not one of the ways."""
        if self._alpha_mode is None:
            mode: Alpha = self.head.alpha_mode
            if mode not in get_args(Alpha):
                ways = ", ".join(f'"{way}"' for way in get_args(Alpha))
                raise FilterError(f"{self.head.name}: alpha_mode must be one of {ways}; it is {mode!r}")
            self._alpha_mode = mode
        return self._alpha_mode

    def gpu(self, session: Session, image: DeviceArray, apply: Apply) -> Gpu:
        """Return the argument of the filter's `run` or `measure`."""
        if self._constants is None or type(self.head).constants is not Filter.constants:
            self._constants = self.head.constants()
        source, layout = self.head.source(), self.head.layout
        return Gpu(session, source, image, self._constants, layout, self.rows, self.wanted, apply, self._launches)

    def check(self, image: DeviceArray, result: object, block_rows: set[int]) -> None:
        """Raise FilterError if a result is not what the filter declares, or does not fit strips of an image."""
        if not block_rows <= self._block_rows:
            _check_blocks(self.head, block_rows)
            self._block_rows |= block_rows
        if not isinstance(result, DeviceArray) or len(result.shape) != 3 or result is image:
            returned = "the image that it was given" if result is image else _in_words(result)
            raise FilterError(
                f"{self.head.name}: run() must return a new image, as gpu.launch does; it returned {returned}"
            )
        if (result.shape, result.dtype) != self._declared:
            self._declared = self._checked_shape(image, result)

    def _checked_shape(self, image: DeviceArray, result: DeviceArray) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Return the declared shape and type of the result; FilterError if it has others."""
        width, _ = self.head.result_size(image.width, self.rows.height)
        declared = (self.wanted.number, width, result_channels(self.head, image.channels)), image.dtype
        if (result.shape, result.dtype) != declared:
            made, expected = (f"{shape} {dtype}" for shape, dtype in ((result.shape, result.dtype), declared))
            raise FilterError(
                f"{self.head.name}: run() returned an array of {made}, but by what the filter declares it is "
                f"{expected}; another size is declared by `result_size` of a GeometryFilter, another number of colors "
                "by `channels`"
            )
        return declared


def _check_blocks(filter: Filter, block_rows: set[int]) -> None:
    """Raise FilterError if a filter runs in strips and has blocks of threads that may cross their boundaries."""
    cuttable = filter.halo is not None or isinstance(filter, GeometryFilter)
    for rows in block_rows:
        if cuttable and step(filter) % rows:
            raise FilterError(
                f"{filter.name}: a launch's blocks make {rows} rows, where strips of an image begin at multiples of "
                f"{step(filter)}; use as many rows in the filter's own `layout`, or a divisor of {STEP} in the launch"
            )


def _in_words(result: object) -> str:
    """Return the type of an object in words: "None", "a numpy.ndarray", "an array of (3, 4) uint8"."""
    if isinstance(result, DeviceArray):
        return f"an array of {result.shape} {result.dtype}"
    kind = type(result)
    return "None" if result is None else f"a {kind.__module__}.{kind.__qualname__}".replace("builtins.", "")
