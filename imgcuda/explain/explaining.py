"""Explains a chain on an image: times runs as a user has them, and records other runs, launch by launch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np

from imgcuda.engine import code_origins
from imgcuda.engine.protocol import Device
from imgcuda.execution.chain_plan import plan_for
from imgcuda.execution.in_rows import RowsOfResult
from imgcuda.execution.row_source import RowSource
from imgcuda.execution.streaming import filter_by_plan, schedule_for
from imgcuda.explain.explanation import Explanation, FilterFacts, filter_text, summarize_passes
from imgcuda.explain.plain_copy import seconds_of_a_copy
from imgcuda.explain.recording_device import RecordingDevice
from imgcuda.explain.run_records import PieceRecord
from imgcuda.filters import Filter

Run = Callable[[Sequence[Device]], tuple[int, ...]]
"""Runs a chain on devices and returns the shape of the result."""


def explain(
    filters: Sequence[Filter], image: RowSource, devices: Sequence[Device], repeat: int = 3, most: int | None = None
) -> Explanation:
    """Return what a chain does with an image (height, width, channels) on a device, or on several that share its rows.

    An array runs as arrays do, and any other image as a large file does. The chain runs 2 * repeat + 2 times.
    ImageError if a filter makes more than `most` pixels.
    """
    run, origins = _run_of(filters, image, most), list[code_origins.CodeOrigin]()
    with code_origins.told(origins.append):
        first, made = _timed(run, devices)
        run(devices)  # some filters run in another way the second time, and get tables of what they make of each level
        seconds = min(_timed(run, devices)[0] for _ in range(repeat))
        recorded = min((_recorded(run, devices) for _ in range(repeat)), key=_steps_seconds)
    schedule = schedule_for(filters, image)
    return Explanation(
        shape=image.shape,
        dtype=image.dtype.name,
        image_bytes=_bytes(image),
        result_shape=made,
        device=", ".join(device.name for device in devices),
        description=devices[0].description,
        filters=tuple(FilterFacts(filter_text(filter), filter.halo) for filter in filters),
        halo=None if schedule.whole else schedule.tiling.halo,
        why_whole=schedule.whole,
        passes=summarize_passes(recorded, origins),
        first_seconds=first,
        seconds=seconds,
        steps_seconds=_steps_seconds(recorded),
        copy_seconds=seconds_of_a_copy(devices[0], image),
    )


def _run_of(filters: Sequence[Filter], image: RowSource, most: int | None) -> Run:
    """Return the function that runs a chain on an image, in the way that a user's run takes."""
    if not isinstance(image, np.ndarray):
        return lambda devices: _run_in_rows(filters, image, devices, most)
    plan = plan_for(filters, image.shape, image.dtype, most)
    return lambda devices: filter_by_plan(devices, plan, image).shape


def _run_in_rows(
    filters: Sequence[Filter], image: RowSource, devices: Sequence[Device], most: int | None
) -> tuple[int, ...]:
    result, last = RowsOfResult(devices, filters, image, most), 0
    for rows in result.in_strips():
        last = rows.shape[2]
    return result.height, result.width, last


def _timed(run: Run, devices: Sequence[Device]) -> tuple[float, tuple[int, ...]]:
    started = perf_counter()
    made = run(devices)
    return perf_counter() - started, made


def _recorded(run: Run, devices: Sequence[Device]) -> list[PieceRecord]:
    """Return the pieces of one run."""
    pieces: list[PieceRecord] = []
    run([RecordingDevice(device, pieces) for device in devices])
    return pieces


def _steps_seconds(pieces: Sequence[PieceRecord]) -> float:
    return sum(piece.seconds for piece in pieces)


def _bytes(image: RowSource) -> int:
    height, width, channels = image.shape
    return height * width * channels * image.dtype.itemsize
