"""An explanation: what a run did, summed over the pieces of its image, as plain data for text, JSON and drawings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from imgcuda.engine.code_origins import CodeOrigin
from imgcuda.engine.protocol import KernelCall
from imgcuda.errors import ParameterError
from imgcuda.explain.run_records import LaunchRecord, PieceRecord, StepRecord
from imgcuda.filters import Filter
from imgcuda.programs.layout import Dim3

CodeState: TypeAlias = Literal["compiled", "cache", "memory"]
"""Where a kernel's code came from: a compiler, the cache on disk, or an earlier run of this process."""


@dataclass(frozen=True)
class KernelSummary:
    """All launches of one kernel in a step, over all pieces."""

    file: str
    kernel: str
    grid: Dim3
    """The grid of the first launch; strips at the end of an image may have smaller ones."""
    block: Dim3
    shared_bytes: int
    launches: int
    read_bytes: int
    written_bytes: int
    seconds: float
    code: CodeState
    code_seconds: float


@dataclass(frozen=True)
class StepSummary:
    """What one filter does, or several that run as one kernel, over all pieces."""

    filters: tuple[str, ...]
    phase: str
    kernels: tuple[KernelSummary, ...]
    moved_bytes: int
    seconds: float


@dataclass(frozen=True)
class PassSummary:
    """A pass over the image: all pieces for which the same steps ran."""

    devices: tuple[str, ...]
    streams: int
    """How many streams the strips ran in; 0 for an image that runs whole."""
    pieces: int
    rows_read: int
    """The rows of the largest piece, as it was uploaded."""
    rows_made: int
    """The most rows of the result that a piece makes; 0 for a pass that only measures."""
    channels: int
    upload_bytes: int
    upload_seconds: float
    download_bytes: int
    download_seconds: float
    steps: tuple[StepSummary, ...]


@dataclass(frozen=True)
class FilterFacts:
    """A filter of the chain, as its author declares it."""

    text: str
    halo: int | None
    """How many pixels around a pixel it reads; None for the whole image."""


@dataclass(frozen=True)
class Explanation:
    """What a chain does with an image on a device. The steps' times are of a run that waits after each launch."""

    shape: tuple[int, ...]
    dtype: str
    image_bytes: int
    result_shape: tuple[int, ...]
    device: str
    description: str
    filters: tuple[FilterFacts, ...]
    halo: int | None
    """The halo of the whole chain, in rows; None if it cannot run in strips."""
    why_whole: str
    """Why the chain cannot run in strips, in words; empty if it can."""
    passes: tuple[PassSummary, ...]
    first_seconds: float
    """The time of the first run, in which code is compiled or loaded."""
    seconds: float
    """The time of the fastest of the runs after the second, as a user's run is: nothing is recorded."""
    steps_seconds: float
    """The time of all steps in the recorded run."""
    copy_seconds: float
    """The time of a plain copy of the image, in the memory of the device."""


def summarize_passes(pieces: Iterable[PieceRecord], origins: Sequence[CodeOrigin]) -> tuple[PassSummary, ...]:
    """Return the passes of a run, in order. Pieces without steps, as a lack of memory leaves them, are left out."""
    groups: dict[object, list[PieceRecord]] = {}
    for piece in pieces:
        if piece.steps:
            key = piece.given[2], tuple((tuple(map(id, step.filters)), step.phase) for step in piece.steps)
            groups.setdefault(key, []).append(piece)
    state = _states(origins)
    return tuple(_pass(group, state) for group in groups.values())


def filter_text(filter: Filter) -> str:
    """Return a filter as a user types it; its name alone if it holds an array."""
    from imgcuda.recipes.chain_text import write_chain

    try:
        return write_chain([filter])
    except ParameterError:
        return filter.name


_State: TypeAlias = Callable[[KernelCall], tuple[CodeState, float]]


def _states(origins: Sequence[CodeOrigin]) -> _State:
    """Return the function that tells where a kernel's code came from, and in how many seconds."""
    known: dict[object, CodeOrigin] = {}
    for each in origins:
        known.setdefault((each.program.text, each.kernel, each.block), each)

    def state(call: KernelCall) -> tuple[CodeState, float]:
        text = call.program.text
        found = known.get((text, call.kernel, call.block)) or known.get((text, None, None))
        return (found.origin, found.seconds) if found else ("memory", 0.0)

    return state


def _pass(pieces: Sequence[PieceRecord], state: _State) -> PassSummary:
    return PassSummary(
        devices=tuple(sorted({piece.device for piece in pieces})),
        streams=len({(piece.device, piece.stream) for piece in pieces if piece.stream is not None}),
        pieces=len(pieces),
        rows_read=max(piece.given[0] for piece in pieces),
        rows_made=max(piece.made_rows for piece in pieces),
        channels=pieces[0].given[2],
        upload_bytes=sum(piece.uploaded for piece in pieces),
        upload_seconds=sum(piece.upload_seconds for piece in pieces),
        download_bytes=sum(piece.downloaded for piece in pieces),
        download_seconds=sum(piece.download_seconds for piece in pieces),
        steps=tuple(_step(steps, state) for steps in zip(*(piece.steps for piece in pieces), strict=True)),
    )


def _step(steps: Sequence[StepRecord], state: _State) -> StepSummary:
    """Return the sum of what a step did with each piece."""
    launches: dict[KernelCall, list[LaunchRecord]] = {}
    for launch in (launch for step in steps for launch in step.launches):
        launches.setdefault(launch.call, []).append(launch)
    return StepSummary(
        filters=tuple(map(filter_text, steps[0].filters)),
        phase=steps[0].phase,
        kernels=tuple(_kernel(call, found, state) for call, found in launches.items()),
        moved_bytes=sum(step.moved for step in steps),
        seconds=sum(step.seconds for step in steps),
    )


def _kernel(call: KernelCall, launches: Sequence[LaunchRecord], state: _State) -> KernelSummary:
    code, code_seconds = state(call)
    return KernelSummary(
        file=call.program.name,
        kernel=call.kernel,
        grid=launches[0].grid,
        block=call.block,
        shared_bytes=launches[0].shared,
        launches=len(launches),
        read_bytes=sum(launch.reads for launch in launches),
        written_bytes=sum(launch.writes for launch in launches),
        seconds=sum(launch.seconds for launch in launches),
        code=code,
        code_seconds=code_seconds,
    )
