"""An image of the host through a chain of filters and back: whole, or in strips, on one device or on several.

In strips, one's copies overlap another's kernels, and no more than some strips need be on the device at a time: the
image may be larger than its memory. Several devices each take a share of the rows. The bytes are always the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import cycle
from typing import Any, NamedTuple

import numpy.typing as npt

from imgcuda.engine import Device, DeviceArray, DeviceSession, Lane, Session
from imgcuda.errors import DeviceMemoryError
from imgcuda.strips import Cut, Strip, fewer_rows, rows_of_size, shares, strips

Chain = Callable[[Session, DeviceArray], DeviceArray]
"""What runs filters over an image on a device. The image is its to release."""

ALL_LANES = 1 << 10
"""More lanes than any device has."""


class Whole(NamedTuple):
    """That an image cannot be cut for a chain, and why, in words: "edges reads the image as a whole"."""

    why: str


def run(devices: Sequence[Device], chain: Chain, image: npt.NDArray[Any], cut: Cut | Whole) -> npt.NDArray[Any]:
    """Return what a chain makes of an image (height, width, channels): on the first device, if it cannot be cut."""
    if isinstance(cut, Whole):
        return _whole(devices[0], chain, image, cut.why)
    try:
        return _on_one(devices[0], chain, image, cut) if len(devices) == 1 else _on_several(devices, chain, image, cut)
    except _ResizedError:
        return _whole(devices[0], chain, image, "the result has another size than the image")


def _whole(device: Device, chain: Chain, image: npt.NDArray[Any], why: str) -> npt.NDArray[Any]:
    try:
        with device.session() as session:
            return _run_whole(session, chain, image)
    except DeviceMemoryError as error:
        raise DeviceMemoryError(f"{error}; strips, which need less, are not possible: {why}") from error


def _run_whole(session: Session, chain: Chain, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return session.download(chain(session, session.upload(image)))


def _on_one(device: Device, chain: Chain, image: npt.NDArray[Any], cut: Cut) -> npt.NDArray[Any]:
    height, job = len(image), _Job(chain, image, cut)
    rows = height
    try:
        with device.session() as session:
            rows = job.rows(session, height)
            if rows >= height:
                return _run_whole(session, chain, image)
            job.make(session, 0, height, rows)
    except DeviceMemoryError:
        if rows < height or height <= cut.step:
            raise
        with device.session() as session:  # the one before has given back what it took
            job.make(session, 0, height, fewer_rows(height, cut))
    return job.result()


def _on_several(devices: Sequence[Device], chain: Chain, image: npt.NDArray[Any], cut: Cut) -> npt.NDArray[Any]:
    job = _Job(chain, image, cut)
    parts = shares(len(image), len(devices), cut)

    def work(device: Device, first: int, last: int) -> None:
        with device.session() as session:
            job.make(session, first, last, job.rows(session, last - first))

    with ThreadPoolExecutor(len(parts), thread_name_prefix="imgcuda-device") as pool:
        working = [pool.submit(work, device, *part) for device, part in zip(devices, parts, strict=False)]
        try:
            for future in as_completed(working):
                future.result()
        except BaseException:
            job.stopped.set()
            raise
    return job.result()


class _ResizedError(Exception):
    """The chain's result has another size than the image: what strips make of it does not fit together."""


class _Job:
    """One image on its way through a chain in strips."""

    def __init__(self, chain: Chain, image: npt.NDArray[Any], cut: Cut) -> None:
        self.stopped = threading.Event()
        """Set when there is no use in going on: another device has failed."""
        self._chain, self._image, self._cut = chain, image, cut
        self._result: npt.NDArray[Any] | None = None
        self._lock = threading.Lock()

    def result(self) -> npt.NDArray[Any]:
        assert self._result is not None
        return self._result

    def rows(self, session: DeviceSession, height: int) -> int:
        """Return how many rows of an image, or a share of it, a session takes at a time."""
        wish = session.strip_bytes
        return height if wish is None else rows_of_size(height, self._image[0].nbytes, wish, self._cut)

    def make(self, session: DeviceSession, first: int, last: int, rows: int) -> None:
        """Make rows `first` to `last` of the result: `rows` at a time, fewer where the device's memory is too small."""
        lanes = ALL_LANES
        while first < last and not self.stopped.is_set():
            coming = strips(first, last, len(self._image), rows, self._cut)
            done, lack = self._pass(session, coming, lanes)
            first = coming[done].first if done < len(coming) else last
            if lack:
                if lanes == 1 and rows <= self._cut.step:
                    raise DeviceMemoryError(f"{lack}; even strips of {rows} rows need more")
                lanes, rows = 1, fewer_rows(rows, self._cut)

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
                    if self.stopped.is_set():
                        break
            except DeviceMemoryError as error:
                lack = str(error)  # and not the error itself, which would keep this frame, and the result with it
            for lane in lanes:
                lane.wait()
        return done, lack

    def _stage(self, strip: Strip, lane: Lane) -> Callable[[], DeviceArray]:
        return lane.stage(self._image[strip.top : strip.bottom])

    def _make_strip(self, strip: Strip, lane: Lane, image: DeviceArray) -> None:
        made = self._chain(lane, image)
        lane.fetch(made, strip.first - strip.top, self._target(lane, strip, made))
        lane.free(made)

    def _target(self, lane: Lane, strip: Strip, made: DeviceArray) -> npt.NDArray[Any]:
        """Return the result's rows that a strip makes; the first strip says what the result is like."""
        height, width, _ = self._image.shape
        if made.shape[:2] != (strip.bottom - strip.top, width):
            raise _ResizedError
        with self._lock:
            if self._result is None:
                self._result = lane.host_empty((height, width, made.channels), made.dtype)
        return self._result[strip.first : strip.last]
