"""Runs a chain of filters over an image on a device: one after the other, consecutive per-pixel filters fused."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.containment import ends_the_process, in_words
from imgcuda.engine.protocol import DeviceArray, Session
from imgcuda.errors import CheckError, FilterError, ImgcudaError, KernelError, last_line
from imgcuda.execution.alpha import filter_premultiplied
from imgcuda.execution.gpu import Gpu, compiler_of
from imgcuda.execution.observer import Phase, StepObserver
from imgcuda.execution.point import functions, layout, point_source
from imgcuda.execution.recorder import Recorder, may_be_replayed
from imgcuda.execution.schedule import result_size
from imgcuda.execution.step import Step
from imgcuda.execution.tables import by_table
from imgcuda.filters import Filter, GeometryFilter, MeasuringFilter, PointFilter
from imgcuda.pixels import has_alpha
from imgcuda.programs.strips import Rows, all_rows

FUSED = 16
"""The most per-pixel filters fused into one kernel: its compile time grows faster than their number."""
_refused: set[tuple[str, ...]] = set()
"""The names of the per-pixel filters in each kernel that an engine's compiler refused: they run in halves."""


def run_chain(
    session: Session,
    filters: Sequence[Filter],
    image: DeviceArray,
    spans: Sequence[Rows] = (),
    known: dict[int, Step] | None = None,
    before_last: Callable[[], None] = lambda: None,
    most: int | None = None,
) -> DeviceArray:
    """Return the result of a chain of filters on an image, or on a strip, which has the rows `spans[0]` of an image.

    The other spans are the rows that each GeometryFilter computes. The image and all intermediate results are freed.
    `known` are the steps of earlier runs over whole images of the same shape and type, by the number of filters that
    are still to run; this run adds its own. `before_last` is called before the step that makes the result.
    ImageError if a filter's result, of a whole image, would have more than `most` pixels.
    """
    pending, coming = list(filters), iter(spans)
    rows = next(coming, None) or all_rows(image.height)
    steps = {} if known is None or spans else known
    while pending:
        head = pending[0]
        if isinstance(head, MeasuringFilter):
            if before := preparation(head, image):
                pending[:0], steps = before, {}  # steps are counted from the end of the chain that was given
                continue
            pending[0] = resolved(head, measure(session, head, image, rows))
            steps = {}  # the filters that are run from here on may depend on the pixels
            continue
        step = steps.get(len(pending))
        if step is None:
            wanted = _rows_computed(head, image, rows, coming if spans else None, most)
            step = Step(_group(pending), rows, wanted)
        if len(step.filters) == len(pending):
            before_last()
        try:
            made = run_step(session, step, image)
        except CheckError:
            raise
        except KernelError:  # of a fused kernel that is too large, or of a filter: which, it says when it runs alone
            if len(step.filters) == 1:
                raise
            _refused.add(_names(step.filters))
            steps.pop(len(pending), None)
            continue
        session.free(image)
        steps[len(pending)] = step
        image, rows = made, step.wanted
        del pending[: len(step.filters)]
    return image


def run_step(session: Session, step: Step, image: DeviceArray) -> DeviceArray:
    """Run one filter over an image on the device, or several per-pixel filters fused. The image is not changed.

    Raises FilterError, with the filter's name, if a filter raises an error that is no ImgcudaError.
    """
    with _NamingTheFilter(step.filters, session):
        if step.replay:
            return step.replay.run(session, image)
        if not may_be_replayed(step.filters):
            return _run_step(session, step, image)
        recorder = Recorder(session, image)
        made = _run_step(recorder, step, image)
        step.replay = recorder.replay(made)
        return made


def _run_step(session: Session, step: Step, image: DeviceArray) -> DeviceArray:
    if isinstance(step.head, PointFilter):
        points = tuple(filter for filter in step.filters if isinstance(filter, PointFilter))
        return _run_points(session, points, image, step.rows)
    if step.alpha_mode != "straight" and has_alpha(image.channels):
        return filter_premultiplied(session, image, lambda colors: _run(session, step, colors), step.alpha_mode)
    return _run(session, step, image)


def run_plain(session: Session, filter: Filter, image: DeviceArray, rows: Rows) -> DeviceArray:
    """Run a filter for another filter, without premultiplying alpha. The image is not changed."""
    if isinstance(filter, MeasuringFilter | GeometryFilter):
        raise FilterError(f"{filter.name} cannot be applied by another filter: it needs the whole image")
    if isinstance(filter, PointFilter):
        return _run_points(session, (filter,), image, rows)
    return _run(session, Step([filter], rows, rows), image)


def measure(
    session: Session, filter: MeasuringFilter, image: DeviceArray, rows: Rows, wanted: Rows | None = None
) -> npt.NDArray[Any]:
    """Return the measurement of a filter on an image, or on some of its rows, of which it counts the rows `wanted`."""
    step = Step([filter], rows, wanted or rows)
    with _NamingTheFilter([filter], session, "measure"), step.gpu(session, image, run_plain) as gpu:
        return total([session.download(filter.measure(gpu, image))])


def preparation(filter: MeasuringFilter, image: DeviceArray) -> list[Filter]:
    """Return the filters to run before a two-phase filter measures an image."""
    with _NamingTheFilter([filter]):
        return list(filter.preparation(image.channels, image.dtype))


def total(found: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return the sum of the measurements of strips, in a type that does not overflow."""
    return np.asarray(np.sum(found, axis=0, dtype=np.int64 if found[0].dtype.kind in "iub" else np.float64))


def resolved(filter: MeasuringFilter, found: npt.NDArray[Any]) -> Filter:
    """Return the filter that a two-phase filter builds from its measurement."""
    with _NamingTheFilter([filter]):
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


def _rows_computed(
    filter: Filter, image: DeviceArray, rows: Rows, coming: Iterator[Rows] | None, most: int | None
) -> Rows:
    """Return the rows that a filter computes: in a strip, those of its input, except for a GeometryFilter."""
    if coming is None:
        return all_rows(result_size(filter, image.width, image.height, most)[1])
    return next(coming) if isinstance(filter, GeometryFilter) else rows


def _run(session: Session, step: Step, image: DeviceArray) -> DeviceArray:
    with step.gpu(session, image, run_plain) as gpu:
        result = step.head.run(gpu, image)
        step.check(image, result, gpu.block_rows)
        return gpu.keep(result)


def _run_points(session: Session, filters: tuple[PointFilter, ...], image: DeviceArray, rows: Rows) -> DeviceArray:
    made, values = functions(filters, image.channels, image.dtype, compiler_of(session))
    with Gpu(session, point_source(made), image, {}, layout(image.dtype), rows) as gpu:
        if (found := by_table(session, gpu, image, made, values)) is not None:
            return found
        shape = (image.height, image.width, made[-1].result_channels)
        return gpu.keep(gpu.launch("point", image, rows.first, rows.height, *values, shape=shape))


class _NamingTheFilter:
    """A context that turns any error of a filter, which may be third-party code, into a FilterError with its name.

    A session that observes steps is told when the filters begin and end. A class, since it is entered for each filter
    of each image: a generator takes several times as long.
    """

    def __init__(self, filters: Sequence[Filter], session: Session | None = None, phase: Phase = "run") -> None:
        self._filters, self._phase, self._process = filters, phase, os.getpid()
        self._observer: StepObserver | None = session if isinstance(session, StepObserver) else None

    def __enter__(self) -> None:
        if self._observer:
            self._observer.begin(self._filters, self._phase)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if self._observer:
            self._observer.end()
        if error is None or isinstance(error, ImgcudaError | MemoryError | KeyboardInterrupt):
            return
        if ends_the_process(error, self._process):  # SystemExit is an error, too
            return
        names = " and ".join(filter.name for filter in self._filters)
        raise FilterError(f"{names} failed{_place(self._filters, error)}: {in_words(error)}") from error


def _place(filters: Sequence[Filter], error: BaseException) -> str:
    """Return the innermost line of the traceback that lies in a file of the filters: " at blur.py:30"."""
    files = (getattr(sys.modules.get(type(filter).__module__), "__file__", None) for filter in filters)
    place = last_line(error, {Path(file).resolve() for file in files if file})
    return f" at {place[0].name}:{place[1]}" if place else ""
