"""Strided loads and stores, like one channel of interleaved pixels: whole registers and shuffles.

The lanes are served in groups that fill a register of 64 bytes; the memory of one group spans `step` registers, where
`step` is the stride in elements. Nothing is read outside the span from the first to the last lane's element, and a
store writes only the lanes' elements.
"""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.cpu.ir import picked
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.conversions import suffix

REGISTER = 64
"""Bytes of the longest vector register; LLVM splits it for processors with shorter ones."""


def longest_load_stride(size: int) -> int:
    """Return the longest stride at which this is faster than single loads, for elements of `size` bytes."""
    return 16 if size < 4 else 8


def longest_store_stride(size: int) -> int:
    """Return the longest stride at which this is faster than single stores; only the newest processors mask fast."""
    return 16 if size < 4 else 4


def strided_load(state: State, place: str, cell: str, size: int, step: int) -> str:
    """Load every `step`th element, beginning at an address; an element of type `cell` has `size` bytes.

    The step may be negative.
    """
    if step < 0:
        return _reversed(state, strided_load(state, _last(state, place, cell, step), cell, size, -step), cell)
    group = min(state.v.width, REGISTER // size)
    parts = [_read_group(state, _at(state, place, cell, first * step), cell, size, step, group)
             for first in range(0, state.v.width, group)]  # fmt: skip
    return joined(state, parts, cell, group)


def _read_group(state: State, place: str, cell: str, size: int, step: int, group: int) -> str:
    """Return the elements of one group: each loaded register contributes the lanes that lie in it."""
    final = (group - 1) * step + 1 - group  # the last register ends with the last lane's element
    starts = [*range(0, (step - 1) * group, group), final]
    shape, made = f"<{group} x {cell}>", "poison"
    for start in starts:
        loaded = state.b.op(f"load {shape}, ptr {_at(state, place, cell, start)}, align {size}")
        picks = [_pick(lane, lane * step - start, group) for lane in range(group)]
        made = _shuffled(state, shape, made, loaded, picks)
    return made


def _pick(lane: int, offset: int, group: int) -> int | None:
    """Return the source of a lane in a shuffle: an element of the new register, the old value, or None for neither."""
    return lane if offset < 0 else group + offset if offset < group else None


def strided_store(state: State, place: str, cell: str, size: int, step: int, vector: str) -> None:
    """Store a vector to every `step`th element, beginning at an address; the step may be negative."""
    width = state.v.width
    if step < 0:
        place, vector, step = _last(state, place, cell, step), _reversed(state, vector, cell), -step
    group = min(width, REGISTER // size)
    shape = f"<{group} x {cell}>"
    for start in range(0, (width - 1) * step + 1, group):
        lanes = [at // step if at % step == 0 and at // step < width else None for at in range(start, start + group)]
        mask = ", ".join(f"i1 {'false' if lane is None else 'true'}" for lane in lanes)
        wide = f"<{width} x {cell}>"
        spread = state.b.op(f"shufflevector {wide} {vector}, {wide} poison, {picked(lanes)}")
        arguments = [(shape, spread), (f"ptr align {size}", _at(state, place, cell, start)),
                     (f"<{group} x i1>", f"<{mask}>")]  # fmt: skip
        state.b.call(f"llvm.masked.store.{suffix(shape)}.p0", "void", arguments)


def joined(state: State, parts: list[str], cell: str, size: int) -> str:
    """Return the vectors of the groups concatenated; their number is a power of two."""
    while len(parts) > 1:
        shape, both = f"<{size} x {cell}>", picked(range(2 * size))
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [state.b.op(f"shufflevector {shape} {left}, {shape} {right}, {both}") for left, right in pairs]
        size *= 2
    return parts[0]


def _reversed(state: State, vector: str, cell: str) -> str:
    """Return a vector with its lanes in reverse order."""
    shape = f"<{state.v.width} x {cell}>"
    return _shuffled(state, shape, vector, "poison", range(state.v.width - 1, -1, -1))


def _last(state: State, place: str, cell: str, step: int) -> str:
    """Return the address of the last lane's element."""
    return _at(state, place, cell, (state.v.width - 1) * step)


def _shuffled(state: State, shape: str, left: str, right: str, picks: Sequence[int | None]) -> str:
    return state.b.op(f"shufflevector {shape} {left}, {shape} {right}, {picked(picks)}")


def _at(state: State, place: str, cell: str, index: int) -> str:
    return state.b.op(f"getelementptr {cell}, ptr {place}, i64 {index}") if index else place
