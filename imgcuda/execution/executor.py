"""Runs a chain of filters over an image on a device: one after the other, consecutive per-pixel filters fused."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from imgcuda.containment import ends_the_process, in_words
from imgcuda.engine.protocol import DeviceArray, Session
from imgcuda.errors import CheckError, FilterError, ImgcudaError, KernelError, last_line
from imgcuda.execution.alpha import filter_premultiplied
from imgcuda.execution.gpu import Gpu, compiler_of
from imgcuda.execution.point import functions, layout, point_source, result_channels
from imgcuda.execution.schedule import result_size, step
from imgcuda.execution.tables import by_table
from imgcuda.filters import Alpha, Filter, GeometryFilter, MeasuringFilter, PointFilter
from imgcuda.pixels import has_alpha
from imgcuda.programs.strips import STEP, Rows, all_rows

FUSED = 16
"""The most per-pixel filters fused into one kernel: its compile time grows faster than their number."""
_refused: set[tuple[str, ...]] = set()
"""The names of the per-pixel filters in each kernel that an engine's compiler refused: they run in halves."""


def run_chain(
    session: Session, filters: Sequence[Filter], image: DeviceArray, spans: Sequence[Rows] = ()
) -> DeviceArray:
    """Return the result of a chain of filters on an image, or on a strip, which has the rows `spans[0]` of an image.

    The other spans are the rows that each GeometryFilter computes. The image and all intermediate results are freed.
    """
    pending, coming = list(filters), iter(spans)
    rows = next(coming, None) or all_rows(image.height)
    while pending:
        head = pending[0]
        if isinstance(head, MeasuringFilter):
            pending[0] = resolved(head, measure(session, head, image, rows))
            continue
        group = _group(pending)
        wanted = _rows_computed(head, image, rows, coming if spans else None)
        try:
            made = run_group(session, group, image, rows, wanted)
        except CheckError:
            raise
        except (
            KernelError
        ):  # the fused kernel may be too large; if a filter of it is wrong, it says so when it runs alone
            if len(group) == 1:
                raise
            _refused.add(_names(group))
            continue
        session.free(image)
        image, rows = made, wanted
        del pending[: len(group)]
    return image


def run_group(session: Session, filters: Sequence[Filter], image: DeviceArray, rows: Rows, wanted: Rows) -> DeviceArray:
    """Run one filter over an image on the device, or several per-pixel filters fused. The image is not changed.

    Raises FilterError, with the filter's name, if a filter raises an error that is no ImgcudaError.
    """
    head = filters[0]
    with _naming_the_filter(filters):
        if isinstance(head, PointFilter):
            return _run_points(session, tuple(filters), image, rows)  # type: ignore[arg-type]
        if _alpha_mode(head) != "straight" and has_alpha(image.channels):
            return filter_premultiplied(
                session, image, lambda colors: _run(session, head, colors, rows, wanted), head.alpha_mode
            )
        return _run(session, head, image, rows, wanted)


def _alpha_mode(filter: Filter) -> Alpha:
    """Return how a filter runs on images with alpha; FilterError if it is not one of the ways."""
    if filter.alpha_mode in get_args(Alpha):
        return filter.alpha_mode
    ways = ", ".join(f'"{way}"' for way in get_args(Alpha))
    raise FilterError(f"{filter.name}: alpha_mode must be one of {ways}; it is {filter.alpha_mode!r}")


def run_plain(session: Session, filter: Filter, image: DeviceArray, rows: Rows) -> DeviceArray:
    """Run a filter for another filter, without premultiplying alpha. The image is not changed."""
    if isinstance(filter, MeasuringFilter | GeometryFilter):
        raise FilterError(f"{filter.name} cannot be applied by another filter: it needs the whole image")
    if isinstance(filter, PointFilter):
        return _run_points(session, (filter,), image, rows)
    return _run(session, filter, image, rows, rows)


def measure(session: Session, filter: MeasuringFilter, image: DeviceArray, rows: Rows) -> npt.NDArray[Any]:
    """Return the measurement of a filter on an image, or on some of its rows."""
    with _naming_the_filter([filter]), _gpu(session, filter, image, rows, rows) as gpu:
        return total([session.download(filter.measure(gpu, image))])


def total(found: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return the sum of the measurements of strips, in a type that does not overflow."""
    return np.asarray(np.sum(found, axis=0, dtype=np.int64 if found[0].dtype.kind in "iub" else np.float64))


def resolved(filter: MeasuringFilter, found: npt.NDArray[Any]) -> Filter:
    """Return the filter that a two-phase filter builds from its measurement."""
    with _naming_the_filter([filter]):
        made = filter.resolve(found)
        if not isinstance(made, Filter):
            raise FilterError(f"{filter.name}: resolve() must return a filter; it returned {made!r}")
        return made


def _group(pending: Sequence[Filter]) -> list[Filter]:
    """Return the filters that come next and run as one kernel."""
    group = list(islice(takewhile(_is_point, pending), FUSED)) or [pending[0]]
    while _names(group) in _refused:
        group = group[: len(group) // 2]
    return group


def _names(filters: Sequence[Filter]) -> tuple[str, ...]:
    return tuple(filter.name for filter in filters)


def _is_point(filter: Filter) -> bool:
    return isinstance(filter, PointFilter)


def _rows_computed(filter: Filter, image: DeviceArray, rows: Rows, coming: Iterator[Rows] | None) -> Rows:
    """Return the rows that a filter computes: in a strip, those of its input, except for a GeometryFilter."""
    if coming is None:
        return all_rows(result_size(filter, image.width, image.height)[1])
    return next(coming) if isinstance(filter, GeometryFilter) else rows


def _gpu(session: Session, filter: Filter, image: DeviceArray, rows: Rows, wanted: Rows) -> Gpu:
    return Gpu(session, filter.source(), image, filter.constants(), filter.layout, rows, wanted, run_plain)


def _run(session: Session, filter: Filter, image: DeviceArray, rows: Rows, wanted: Rows) -> DeviceArray:
    with _gpu(session, filter, image, rows, wanted) as gpu:
        result = filter.run(gpu, image)
        _check_blocks(filter, gpu)
        _check_result(filter, image, result, rows, wanted)
        return gpu.keep(result)


def _run_points(session: Session, filters: tuple[PointFilter, ...], image: DeviceArray, rows: Rows) -> DeviceArray:
    made, values = functions(filters, image.channels, image.dtype, compiler_of(session))
    with Gpu(session, point_source(made), image, {}, layout(image.dtype), rows) as gpu:
        if (found := by_table(session, gpu, image, made, values)) is not None:
            return found
        shape = (image.height, image.width, made[-1].result_channels)
        return gpu.keep(gpu.launch("point", image, rows.first, rows.height, *values, shape=shape))


def _check_blocks(filter: Filter, gpu: Gpu) -> None:
    """Raise FilterError if a filter runs in strips and has blocks of threads that may cross their boundaries."""
    cuttable = filter.halo is not None or isinstance(filter, GeometryFilter)
    for rows in gpu.block_rows:
        if cuttable and step(filter) % rows:
            raise FilterError(
                f"{filter.name}: a launch's blocks make {rows} rows, where strips of an image begin at multiples of "
                f"{step(filter)}; use as many rows in the filter's own `layout`, or a divisor of {STEP} in the launch"
            )


def _check_result(filter: Filter, image: DeviceArray, result: object, rows: Rows, wanted: Rows) -> None:
    """Raise FilterError if a result does not have the size and channels that the filter declares."""
    if not isinstance(result, DeviceArray) or len(result.shape) != 3 or result is image:
        returned = "the image that it was given" if result is image else _in_words(result)
        raise FilterError(f"{filter.name}: run() must return a new image, as gpu.launch does; it returned {returned}")
    width, _ = filter.result_size(image.width, rows.height)
    declared = (wanted.number, width, result_channels(filter, image.channels)), image.dtype
    if (result.shape, result.dtype) != declared:
        made, expected = (f"{shape} {dtype}" for shape, dtype in ((result.shape, result.dtype), declared))
        raise FilterError(
            f"{filter.name}: run() returned an array of {made}, but by what the filter declares it is {expected}; "
            "another size is declared by `result_size` of a GeometryFilter, another number of colors by `channels`"
        )


def _in_words(result: object) -> str:
    """Return the type of an object in words: "None", "a numpy.ndarray", "an array of (3, 4) uint8"."""
    if isinstance(result, DeviceArray):
        return f"an array of {result.shape} {result.dtype}"
    kind = type(result)
    return "None" if result is None else f"a {kind.__module__}.{kind.__qualname__}".replace("builtins.", "")


@contextmanager
def _naming_the_filter(filters: Sequence[Filter]) -> Iterator[None]:
    """Turn any error of a filter, which may be third-party code, into a FilterError with the filter's name."""
    process = os.getpid()
    try:
        yield
    except (ImgcudaError, MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit, too
        if ends_the_process(error, process):
            raise
        names = " and ".join(filter.name for filter in filters)
        raise FilterError(f"{names} failed{_place(filters, error)}: {in_words(error)}") from error


def _place(filters: Sequence[Filter], error: BaseException) -> str:
    """Return the innermost line of the traceback that lies in a file of the filters: " at blur.py:30"."""
    files = (getattr(sys.modules.get(type(filter).__module__), "__file__", None) for filter in filters)
    place = last_line(error, {Path(file).resolve() for file in files if file})
    return f" at {place[0].name}:{place[1]}" if place else ""
