"""Runs a chain over an image in host memory, whole or in strips, on one device or several.

In strips, the copies of one strip overlap the kernels of another, and only a few strips are on the device at a time:
the image may be larger than its memory. Several devices share the rows. The result is always the same to the bit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import Device, DeviceArray, DeviceSession, Stream
from imgcuda.errors import DeviceMemoryError
from imgcuda.execution.chain_plan import ChainPlan, plan_for
from imgcuda.execution.channel_groups import channel_groups, joined
from imgcuda.execution.executor import measure, resolved, run_chain, total
from imgcuda.execution.rehearsal import kernel_calls
from imgcuda.execution.row_source import RowSource
from imgcuda.execution.schedule import Schedule, Strip, chain_size
from imgcuda.filters import Filter, MeasuringFilter
from imgcuda.pixels import MOST_CHANNELS
from imgcuda.programs.strips import Rows, all_rows, fewer_rows, rows_of_size, shares

Image = npt.NDArray[Any]
Measurement = npt.NDArray[Any]

ALL_STREAMS = 1 << 10
"""More streams than any device has."""


def filter_image(devices: Sequence[Device], filters: Sequence[Filter], image: Image) -> Image:
    """Return the result of a chain on an image (height, width, channels); without strips, on the first device."""
    return filter_by_plan(devices, plan_for(filters, image.shape, image.dtype), image)


def filter_by_plan(devices: Sequence[Device], plan: ChainPlan, image: Image, out: Image | None = None) -> Image:
    """Return the result of a plan's chain on an image, in the memory of `out` where that takes no copy.

    `out` is an array of the result's shape and type, C-contiguous, that shares no memory with the image. An image of
    more than four channels runs in groups of them; ImageError if a filter does not treat each channel by itself.
    """
    if image.shape[2] > MOST_CHANNELS:
        groups = channel_groups(plan.filters, image.shape[2])
        parts = (np.ascontiguousarray(image[:, :, group]) for group in groups)
        return joined(groups, (filter_image(devices, plan.filters, part) for part in parts), out)
    if plan.schedule.whole:
        return _whole(devices[0], plan, image, out)
    if len(devices) > 1:
        return _in_strips(devices, plan, image, out)
    return _on_one(devices[0], plan, image, out)


def filter_rows(devices: Sequence[Device], filters: Sequence[Filter], image: RowSource, first: int, last: int) -> Image:
    """Return rows `first` to `last` of a chain's result; `first` is a multiple of its step.

    Only the rows that they need are read. No filter is a two-phase filter, and the chain can run in strips.
    """
    result = _ImageRun(schedule_for(filters, image), image, filters, rows=(first, last))
    result.share(devices)
    return result.image()


def measure_rows(
    devices: Sequence[Device],
    filters: Sequence[Filter],
    measuring: MeasuringFilter,
    image: RowSource,
    first: int,
    last: int,
) -> Image:
    """Return a two-phase filter's measurement of rows `first` to `last` of the result of the filters before it."""
    sums = _MeasurementRun(image, filters, measuring, (first, last))
    sums.share(devices)
    return total(sums.found)


def measure_image(
    devices: Sequence[Device], filters: Sequence[Filter], measuring: MeasuringFilter, image: Image
) -> Measurement:
    """Return a two-phase filter's measurement of the whole result of the filters before it, on the first device."""
    made = filter_image(devices, filters, image)
    with devices[0].session() as session:
        return measure(session, measuring, session.upload(made), all_rows(len(made)))


def settle(
    filters: Sequence[Filter],
    image: RowSource,
    measured: Callable[[Sequence[Filter], MeasuringFilter], Measurement],
    most: int | None,
) -> list[Filter]:
    """Return a chain with its two-phase filters replaced by what they resolve to for an image.

    `measured` returns what a two-phase filter measures on the result of the filters before it. ImageError if a filter
    makes more than `most` pixels, where that is known only now.
    """
    chain = list(filters)
    for number, filter in enumerate(filters):
        while isinstance(filter, MeasuringFilter):
            filter = chain[number] = resolved(filter, measured(chain[:number], filter))
            chain_size(chain, image.shape[1], image.shape[0], most)
    return chain


def _whole(device: Device, plan: ChainPlan, image: Image, out: Image | None) -> Image:
    try:
        with device.session() as session:
            return _run_whole(session, plan, image, out)
    except DeviceMemoryError as error:
        raise DeviceMemoryError(f"{error}; strips, which need less, are not possible: {plan.schedule.whole}") from error


def _run_whole(session: DeviceSession, plan: ChainPlan, image: Image, out: Image | None) -> Image:
    given, steps = session.upload(image), plan.steps(session)
    # A lambda would hold the image and the session, which holds it: their memory would wait for Python's collector.
    session.foresee(partial(kernel_calls, plan.filters, image.shape, image.dtype, session.packs))
    made = run_chain(session, plan.filters, given, (), steps, lambda: session.offer(out), plan.most)
    return session.download(made)


def _on_one(device: Device, plan: ChainPlan, image: Image, out: Image | None) -> Image:
    """Run the image whole if one strip holds it; in strips if the device prefers them or has too little memory."""
    short, schedule = False, plan.schedule
    try:
        with device.session() as session:
            target_bytes = session.strip_bytes
            if target_bytes is None or rows_of_strips(schedule, image, target_bytes) >= schedule.height:
                return _run_whole(session, plan, image, out)
    except DeviceMemoryError:
        short = schedule.height > schedule.tiling.step
        if not short:
            raise
    return _in_strips([device], plan, image, out, short)


def filter_on_device(session: DeviceSession, plan: ChainPlan, image: DeviceArray) -> DeviceArray:
    """Return the result of a plan's chain on an image that is on the device, whole; the result stays there."""
    return run_chain(session, plan.filters, image, (), plan.steps(session), most=plan.most)


def schedule_for(filters: Sequence[Filter], image: RowSource) -> Schedule:
    """Return the schedule of a chain for an image of this size."""
    return Schedule(filters, image.shape[1], image.shape[0])


def rows_of_strips(schedule: Schedule, image: RowSource, target_bytes: int) -> int:
    """Return the number of rows of strips of about `target_bytes` bytes."""
    pixel_bytes = image.shape[2] * image.dtype.itemsize
    return rows_of_size(schedule.height, schedule.row_size * pixel_bytes, target_bytes, schedule.tiling)


def _in_strips(
    devices: Sequence[Device], plan: ChainPlan, image: Image, out: Image | None, short: bool = False
) -> Image:
    """Run in strips, each at most half of the image if `short`. Each two-phase filter takes a pass of its own first."""

    def measured(before: Sequence[Filter], filter: MeasuringFilter) -> Measurement:
        if schedule_for([*before, filter], image).whole:
            return measure_image(devices, before, filter, image)
        sums = _MeasurementRun(image, before, filter)
        sums.share(devices, short)
        return total(sums.found)

    settled = settle(plan.filters, image, measured, plan.most)
    schedule = schedule_for(settled, image)
    if schedule.whole:
        return _whole(devices[0], ChainPlan(settled, image.shape, image.dtype), image, out)
    result = _ImageRun(schedule, image, settled, out=out)
    result.share(devices, short)
    return result.image()


class _StripRun:
    """A run of a chain over one image in strips; subclasses collect the results of the strips."""

    def __init__(
        self, schedule: Schedule, image: RowSource, filters: Sequence[Filter], rows: tuple[int, int] | None = None
    ) -> None:
        self._schedule, self._image, self._filters = schedule, image, filters
        self._first, self._last = rows or (0, schedule.height)
        """The rows of the result that are computed."""
        self._stopped = threading.Event()
        """Set if another device has failed: the remaining strips are not run."""
        self._lock = threading.Lock()

    def share(self, devices: Sequence[Device], short: bool = False) -> None:
        """Compute the rows, a share of them on each device; if `short`, in strips of at most half a share."""
        top = self._first
        parts = [(top + a, top + b) for a, b in shares(self._last - top, len(devices), self._schedule.tiling)]
        if len(parts) == 1:
            self._work(devices[0], *parts[0], short)
            return
        from concurrent.futures import ThreadPoolExecutor, as_completed  # importing it takes longer than a small image

        with ThreadPoolExecutor(len(parts), thread_name_prefix="imgcuda-device") as pool:
            working = [
                pool.submit(self._work, device, *part, short) for device, part in zip(devices, parts, strict=False)
            ]
            try:
                for future in as_completed(working):
                    future.result()
            except BaseException:
                self._stopped.set()
                raise

    def deliver(self, stream: Stream, strip: Strip, made: DeviceArray) -> None:
        """Copy the result of a strip to the host, without its halo."""
        raise NotImplementedError

    def _work(self, device: Device, first: int, last: int, short: bool) -> None:
        with device.session() as session:
            rows = self._good_rows(session, last - first)
            self._make(session, first, last, fewer_rows(rows, self._schedule.tiling) if short else rows)

    def _good_rows(self, session: DeviceSession, height: int) -> int:
        target_bytes = session.strip_bytes
        return height if target_bytes is None else rows_of_strips(self._schedule, self._image, target_bytes)

    def _make(self, session: DeviceSession, first: int, last: int, rows: int) -> None:
        """Compute rows `first` to `last` of the result, `rows` at a time, or fewer if device memory runs out."""
        streams, tiling = ALL_STREAMS, self._schedule.tiling
        while first < last and not self._stopped.is_set():
            coming = self._schedule.strips(first, last, rows)
            done, lack = self._pass(session, coming, streams)
            first = coming[done].first if done < len(coming) else last
            if lack:
                if streams == 1 and rows <= tiling.step:
                    raise DeviceMemoryError(f"{lack}; even strips of {rows} rows need more")
                streams, rows = 1, fewer_rows(rows, tiling)

    def _pass(self, session: DeviceSession, coming: Sequence[Strip], most: int) -> tuple[int, str]:
        """Run strips until device memory runs out: return how many are done, and the error message, if any."""
        done, lack = 0, ""
        with session.streams(min(most, len(coming))) as streams:
            work = list(zip(coming, cycle(streams), strict=False))
            try:
                arriving: list[Callable[[], DeviceArray]] = []
                for strip, stream in work:
                    while len(arriving) < min(done + len(streams), len(work)):  # one staged strip for each stream
                        arriving.append(self._stage(*work[len(arriving)]))
                    self._make_strip(strip, stream, arriving[done]())
                    done += 1
                    if self._stopped.is_set():
                        break
            except DeviceMemoryError as error:
                lack = str(error)  # not the error itself: its traceback would keep the result alive
            for stream in streams:
                stream.wait()
        return done, lack

    def _stage(self, strip: Strip, stream: Stream) -> Callable[[], DeviceArray]:
        return stream.stage(self._image[strip.read.first : strip.read.last])

    def _make_strip(self, strip: Strip, stream: Stream, image: DeviceArray) -> None:
        made = run_chain(stream, self._filters, image, strip.spans)
        self.deliver(stream, strip, made)
        stream.free(made)


class _ImageRun(_StripRun):
    """A run that collects the resulting image."""

    def __init__(
        self,
        schedule: Schedule,
        image: RowSource,
        filters: Sequence[Filter],
        rows: tuple[int, int] | None = None,
        out: Image | None = None,
    ) -> None:
        super().__init__(schedule, image, filters, rows)
        self._out = out
        self._result: Image | None = None

    def image(self) -> Image:
        assert self._result is not None
        return self._result

    def deliver(self, stream: Stream, strip: Strip, made: DeviceArray) -> None:
        with self._lock:
            if self._result is None:  # the first strip tells the result's shape and type
                shape = (self._last - self._first, *made.shape[1:])
                fits = self._out is not None and self._out.shape == shape
                self._result = self._out if fits else stream.host_empty(shape, made.dtype)
            result = self._result
            assert result is not None
        place = result[strip.first - self._first : strip.last - self._first]
        stream.fetch(made, strip.first - strip.spans[-1].first, place)


class _MeasurementRun(_StripRun):
    """A run that collects the measurements of a two-phase filter, on the result of the filters before it."""

    def __init__(
        self,
        image: RowSource,
        filters: Sequence[Filter],
        measuring: MeasuringFilter,
        rows: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(schedule_for([*filters, measuring], image), image, filters, rows)
        self._measuring = measuring
        self.found: list[npt.NDArray[Any]] = []
        """The measurement of each strip."""

    def deliver(self, stream: Stream, strip: Strip, made: DeviceArray) -> None:
        given, wanted = strip.spans[-1], Rows(strip.first, strip.last, self._schedule.height)
        if not self._measuring.phase_halo:
            # These rows begin at a multiple of the step, or where the strip does, so they are aligned as the strip is.
            made, given = made.part(strip.first - given.first, strip.last - given.first), wanted
        found = measure(stream, self._measuring, made, given, wanted)
        with self._lock:
            self.found.append(found)
