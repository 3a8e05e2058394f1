"""An image of the host through a chain of filters and back: whole, or in strips, on one device or on several.

In strips, one's copies overlap another's kernels, and no more than some strips need be on the device at a time: the
image may be larger than its memory. Several devices each take a share of the rows. The bytes are always the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import cycle
from typing import Any

import numpy.typing as npt

from imgcuda.engine.protocol import Device, DeviceArray, DeviceSession, Lane
from imgcuda.errors import DeviceMemoryError
from imgcuda.execution.executor import measure, settled, total
from imgcuda.execution.executor import run as run_filters
from imgcuda.execution.schedule import Plan, Strip
from imgcuda.filters import Filter, MeasuringFilter
from imgcuda.programs.strips import all_rows, fewer_rows, rows_of_size, shares

Image = npt.NDArray[Any]

ALL_LANES = 1 << 10
"""More lanes than any device has."""


def run(devices: Sequence[Device], filters: Sequence[Filter], image: Image) -> Image:
    """Return what filters in a row make of an image (height, width, channels). What cannot be cut runs on the first."""
    plan = _plan(filters, image)
    if plan.whole:
        return _whole(devices[0], filters, image, plan.whole)
    if len(devices) > 1:
        return _in_strips(devices, filters, image)
    return _on_one(devices[0], filters, image, plan)


def _plan(filters: Sequence[Filter], image: Image) -> Plan:
    return Plan(filters, image.shape[1], image.shape[0])


def _whole(device: Device, filters: Sequence[Filter], image: Image, why: str) -> Image:
    try:
        with device.session() as session:
            return _run_whole(session, filters, image)
    except DeviceMemoryError as error:
        raise DeviceMemoryError(f"{error}; strips, which need less, are not possible: {why}") from error


def _run_whole(session: DeviceSession, filters: Sequence[Filter], image: Image) -> Image:
    return session.download(run_filters(session, filters, session.upload(image)))


def _on_one(device: Device, filters: Sequence[Filter], image: Image, plan: Plan) -> Image:
    """Run whole, if strips would be as long; in strips where the device is better at that, or has too little memory."""
    short = False
    try:
        with device.session() as session:
            wish = session.strip_bytes
            if wish is None or _rows(plan, image, wish) >= plan.height:
                return _run_whole(session, filters, image)
    except DeviceMemoryError:
        short = plan.height > plan.cut.step
        if not short:
            raise
    return _in_strips([device], filters, image, short)


def _rows(plan: Plan, image: Image, wish: int) -> int:
    """Return how many rows strips of about so many bytes have."""
    return rows_of_size(plan.height, plan.row_size * image[0, 0].nbytes, wish, plan.cut)


def _in_strips(devices: Sequence[Device], filters: Sequence[Filter], image: Image, short: bool = False) -> Image:
    """Run in strips, that are of no more than half the image if `short`: up to each filter that measures, then all."""
    pending = list(filters)
    for number, filter in enumerate(filters):
        while isinstance(filter, MeasuringFilter):
            sums = _Sums(_plan(pending[:number], image), image, pending[:number], filter)
            sums.share(devices, short)
            filter = pending[number] = settled(filter, total(sums.found))
    plan = _plan(pending, image)
    if plan.whole:
        return _whole(devices[0], pending, image, plan.whole)
    result = _StripedImage(plan, image, pending)
    result.share(devices, short)
    return result.made()


class _StripedRun:
    """One image on its way through filters in strips."""

    def __init__(self, plan: Plan, image: Image, filters: Sequence[Filter]) -> None:
        self._plan, self._image, self._filters = plan, image, filters
        self._stopped = threading.Event()
        """Set when there is no use in going on: another device has failed."""
        self._lock = threading.Lock()

    def share(self, devices: Sequence[Device], short: bool) -> None:
        """Make the whole result, each device a share of it; `short`: in strips of no more than half of that."""
        parts = shares(self._plan.height, len(devices), self._plan.cut)
        if len(parts) == 1:
            self._work(devices[0], *parts[0], short)
            return
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

    def deliver(self, lane: Lane, strip: Strip, made: DeviceArray) -> None:
        """Take to the host what is wanted of what was made of a strip."""
        raise NotImplementedError

    def _work(self, device: Device, first: int, last: int, short: bool) -> None:
        with device.session() as session:
            rows = self._good_rows(session, last - first)
            self._make(session, first, last, fewer_rows(rows, self._plan.cut) if short else rows)

    def _good_rows(self, session: DeviceSession, height: int) -> int:
        wish = session.strip_bytes
        return height if wish is None else _rows(self._plan, self._image, wish)

    def _make(self, session: DeviceSession, first: int, last: int, rows: int) -> None:
        """Make rows `first` to `last` of the result: `rows` at a time, fewer where the device's memory is too small."""
        lanes, cut = ALL_LANES, self._plan.cut
        while first < last and not self._stopped.is_set():
            coming = self._plan.strips(first, last, rows)
            done, lack = self._pass(session, coming, lanes)
            first = coming[done].first if done < len(coming) else last
            if lack:
                if lanes == 1 and rows <= cut.step:
                    raise DeviceMemoryError(f"{lack}; even strips of {rows} rows need more")
                lanes, rows = 1, fewer_rows(rows, cut)

    def _pass(self, session: DeviceSession, coming: Sequence[Strip], most: int) -> tuple[int, str]:
        """Make strips until the device's memory is too small: return how many were made, and what was lacking."""
        done, lack = 0, ""
        with session.lanes(min(most, len(coming))) as lanes:
            work = list(zip(coming, cycle(lanes), strict=False))
            try:
                arriving: list[Callable[[], DeviceArray]] = []
                for strip, lane in work:
                    while len(arriving) < min(done + len(lanes), len(work)):  # as many ahead as there are lanes
                        arriving.append(self._stage(*work[len(arriving)]))
                    self._make_strip(strip, lane, arriving[done]())
                    done += 1
                    if self._stopped.is_set():
                        break
            except DeviceMemoryError as error:
                lack = str(error)  # and not the error itself, which would keep this frame, and the result with it
            for lane in lanes:
                lane.wait()
        return done, lack

    def _stage(self, strip: Strip, lane: Lane) -> Callable[[], DeviceArray]:
        return lane.stage(self._image[strip.read.first : strip.read.last])

    def _make_strip(self, strip: Strip, lane: Lane, image: DeviceArray) -> None:
        made = run_filters(lane, self._filters, image, strip.spans)
        self.deliver(lane, strip, made)
        lane.free(made)


class _StripedImage(_StripedRun):
    """The image that the filters make."""

    _result: Image | None = None

    def made(self) -> Image:
        assert self._result is not None
        return self._result

    def deliver(self, lane: Lane, strip: Strip, made: DeviceArray) -> None:
        with self._lock:
            if self._result is None:  # the first strip says what the result is like
                self._result = lane.host_empty((self._plan.height, *made.shape[1:]), made.dtype)
        lane.fetch(made, strip.first - strip.spans[-1].first, self._result[strip.first : strip.last])


class _Sums(_StripedRun):
    """What a filter finds in the image that the filters before it make."""

    def __init__(self, plan: Plan, image: Image, filters: Sequence[Filter], measuring: MeasuringFilter) -> None:
        super().__init__(plan, image, filters)
        self._measuring = measuring
        self.found: list[npt.NDArray[Any]] = []
        """A part for each strip."""

    def deliver(self, lane: Lane, strip: Strip, made: DeviceArray) -> None:
        top = strip.spans[-1].first
        # These rows begin at a multiple of the step, or where the strip does: as aligned as the strip itself.
        own = made.part(strip.first - top, strip.last - top)
        rows = all_rows(self._plan.height)._replace(first=strip.first, last=strip.last)
        found = measure(lane, self._measuring, own, rows)
        with self._lock:
            self.found.append(found)
