"""Per-pixel filters of bytes by a table: the result of each of the 256 levels, which the filters' own kernel makes.

If each sample of a result depends on the same sample of the image alone, the fused kernel runs over a picture of all
levels, and one other kernel looks the image up in the result. So the bytes are the same, and cost the same for any
filters. On the CPU some tables are known as arithmetic, which is faster still, and filters that only move samples from
channel to channel are found, too.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from enum import Enum, IntEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import DeviceArray, Session
from imgcuda.execution.channelwise import names_a_compiler, sources_of
from imgcuda.execution.gpu import Gpu, specialized
from imgcuda.execution.point import PixelFunction, layout, point_source
from imgcuda.filters import Argument
from imgcuda.frontend.compilers import CPU, CUDA
from imgcuda.pixels import color_channels
from imgcuda.programs.layout import Layout
from imgcuda.programs.source import Program, Source

SMALLEST = 1 << 18
"""The fewest samples of an image for which looking them up is faster than the filters' kernel."""
SMALLEST_ONCE = 1 << 23
"""The fewest for which a table pays that is used once. Below it, filters get a table the second time they run."""
SMALLEST_ON_A_GPU = 1 << 24
"""The fewest on a GPU, where most filters run at the speed of memory anyway."""
LARGEST_ARGUMENT = 1 << 16
"""The largest array, in bytes, among the arguments of filters that get a table: all of it is compared."""

_ON_CPU = Layout(over="image", block=(256, 1), rows=2, pack=8)
"""A block's pixels fit a core's nearest cache: with AVX2 two vectors take turns, so that each line is read twice."""
LAYOUT = Layout(over="image", block=(256, 1), rows=4, pack=16, cpu=_ON_CPU)
LEVELS = 256


class Operation(IntEnum):
    """What tables.cu does with a sample."""

    LOOKUP = 0
    XOR = 1
    """It is inverted where the table's first byte has ones."""
    STEP = 2
    """It becomes the table's first byte up to a limit, and the last byte above it."""
    MOVE = 3
    """It is another sample of the pixel."""


class LevelTable(NamedTuple):
    """What each level becomes: (tables, 256) bytes, one for all color channels or one for each."""

    levels: npt.NDArray[np.uint8]
    operation: Operation
    limit: int = 0
    sources: tuple[int, ...] = ()
    """Only for MOVE: for each sample of a result, the number of the sample that it is taken from."""


class _Mark(Enum):
    """What is known of filters without a table."""

    SEEN = 1
    """They have run once."""
    NONE = 2
    """They have none."""


def by_table(
    session: Session, gpu: Gpu, image: DeviceArray, functions: tuple[PixelFunction, ...], values: Sequence[Argument]
) -> DeviceArray | None:
    """Return the result of filters on an image of bytes; None if their own kernel has to run, or is faster.

    `gpu` runs the filters' kernel.
    """
    table = _table(session, gpu, image, functions, values)
    if table is None or (session.packs and len(table.levels) > 1):
        return None
    constants = {"TABLES": len(table.levels), "OPERATION": int(table.operation)}
    constants |= {f"SOURCE_{number}": source for number, source in enumerate(table.sources)}
    with Gpu(session, source(), image, {**NAMES, **constants}, LAYOUT, gpu.rows) as own:
        return own.keep(own.launch("tables", image, table.levels.reshape(-1), table.limit))


NAMES = {f"OPERATION_{operation.name}": int(operation) for operation in Operation}


@cache
def source() -> Source:
    return Source.read(Path(__file__).with_name("tables.cu"))


def _table(
    session: Session, gpu: Gpu, image: DeviceArray, functions: tuple[PixelFunction, ...], values: Sequence[Argument]
) -> LevelTable | None:
    """Return the table of filters, made anew if it is not known; None if there is none, or it does not pay."""
    smallest = SMALLEST_ON_A_GPU if session.packs else SMALLEST
    if image.dtype != np.uint8 or image.nbytes < smallest or functions[-1].result_channels != image.channels:
        return None
    if session.tables is None or any(_size(value) > LARGEST_ARGUMENT for value in values):
        return None
    key = _program(image, functions, session.packs), *map(_known_by, values)
    known: LevelTable | _Mark | None = session.tables.get(key)
    if known is None and image.nbytes < SMALLEST_ONCE:
        known = _Mark.SEEN
        session.tables.put(key, known)
    elif known in (None, _Mark.SEEN):
        known = _Mark.NONE
        sources = _sources(functions, image, on_a_gpu=session.packs)
        if sources is not None:
            known = _recognized(_made(gpu, image.channels, values), sources, session.packs) or known
        session.tables.put(key, known)
    return known if isinstance(known, LevelTable) else None


def has_table(functions: tuple[PixelFunction, ...], image: DeviceArray, on_a_gpu: bool) -> bool:
    """Return whether each sample of the result is known to depend on the same sample of an image alone."""
    sources = _sources(functions, image, on_a_gpu)
    return sources is not None and _stay(sources)


def _stay(sources: tuple[int, ...]) -> bool:
    return sources == tuple(range(len(sources)))


def _sources(functions: tuple[PixelFunction, ...], image: DeviceArray, on_a_gpu: bool) -> tuple[int, ...] | None:
    """Return the sample of an image that each sample of the result is known to depend on alone; None if on several.

    Tables keep alpha, so filters that make another have none. The kernel is read as for the CPU; a GPU's compiler must
    not read anything else in it.
    """
    if any(each.result_alpha is not None for each in functions):
        return None
    if on_a_gpu and names_a_compiler(tuple(each.source.text for each in functions)):
        return None
    return sources_of(_program(image, functions, packs=False))


def _program(image: DeviceArray, functions: tuple[PixelFunction, ...], packs: bool) -> Program:
    """Return the program of the filters' kernel, as its launch makes it on a GPU (`packs`), or on the CPU."""
    fit = layout(image.dtype) if packs else layout(image.dtype).unpacked()
    constants = tuple(fit.constants.items())
    compiler = CUDA if packs else CPU
    return specialized(point_source(functions), image.dtype, image.channels, constants, compiler)


def _size(value: Argument) -> int:
    return value.nbytes if isinstance(value, np.ndarray) else 0


def _known_by(value: Argument) -> Hashable:
    """Return what tells an argument from all others: 0.0 from -0.0, too."""
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else repr(value)


def _made(gpu: Gpu, channels: int, values: Sequence[Argument]) -> npt.NDArray[np.uint8]:
    """Run the filters' kernel on a picture of all levels, and return what the color channels become."""
    levels = np.repeat(np.arange(LEVELS, dtype=np.uint8), channels).reshape(1, LEVELS, channels)
    made = gpu.download(gpu.launch("point", gpu.upload(levels), 0, 1, *values))
    return np.ascontiguousarray(made[0, :, : color_channels(channels)].T)


def _recognized(levels: npt.NDArray[Any], sources: tuple[int, ...], gpu: bool) -> LevelTable | None:
    """Return a table as what it is; on a GPU all run at the speed of memory. None of samples that move and change."""
    if not _stay(sources):
        moves = not gpu and len(sources) > 2 and bool((levels == np.arange(LEVELS)).all())
        return LevelTable(levels[:1], Operation.MOVE, sources=sources) if moves else None
    if (levels != levels[0]).any():
        return LevelTable(levels, Operation.LOOKUP)
    levels = levels[:1]
    steps = np.flatnonzero(np.diff(levels[0]))
    if not gpu and (levels[0] ^ np.arange(LEVELS, dtype=np.uint8) == levels[0, 0]).all():
        return LevelTable(levels, Operation.XOR)
    if not gpu and len(steps) == 1:
        return LevelTable(levels, Operation.STEP, int(steps[0]))
    return LevelTable(levels, Operation.LOOKUP)
