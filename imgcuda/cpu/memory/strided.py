"""Every second, third ... element of memory, also backwards, as one channel of pixels: whole registers, shuffled.

The lanes are served in groups that fill a register of 64 bytes. What a group's lanes have between them is `step`
registers. Nothing is read before the first lane's element or behind the last one's, and nothing between is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.conversions import suffix

REGISTER = 64
"""Bytes in the longest register; LLVM cuts it up for a processor that has shorter ones."""


def longest_load_stride(size: int) -> int:
    """Return the largest step at which elements of so many bytes are read so: beyond, one by one is as fast."""
    return 16 if size < 4 else 8


def longest_store_stride(size: int) -> int:
    """Return the largest step at which they are written so. Longer ones are slow to mask, but on the newest."""
    return 16 if size < 4 else 4


def strided_load(state: State, place: str, cell: str, size: int, step: int) -> str:
    """Return a vector of every `step`th element from an address on; an element of type `cell` has `size` bytes.

    A negative step goes backwards.
    """
    if step < 0:
        return _reversed(state, strided_load(state, _last(state, place, cell, step), cell, size, -step), cell)
    group = min(state.v.width, REGISTER // size)
    parts = [_read_group(state, _at(state, place, cell, first * step), cell, size, step, group)
             for first in range(0, state.v.width, group)]  # fmt: skip
    return _joined(state, parts, cell, group)


def _read_group(state: State, place: str, cell: str, size: int, step: int, group: int) -> str:
    """Return the elements of one group: from each register those that it has, the others left as they are."""
    final = (group - 1) * step + 1 - group  # the last register ends where the last lane's element does
    starts = [*range(0, (step - 1) * group, group), final]
    shape, made = f"<{group} x {cell}>", "poison"
    for start in starts:
        loaded = state.b.op(f"load {shape}, ptr {_at(state, place, cell, start)}, align {size}")
        picks = [_pick(lane, lane * step - start, group) for lane in range(group)]
        made = _shuffled(state, shape, made, loaded, picks)
    return made


def _pick(lane: int, offset: int, group: int) -> int | None:
    """Return what a lane takes: its element of the new register, or what it has, or nothing yet."""
    return lane if offset < 0 else group + offset if offset < group else None


def strided_store(state: State, place: str, cell: str, size: int, step: int, vector: str) -> None:
    """Write a vector to every `step`th element from an address on; backwards with a negative step."""
    width = state.v.width
    if step < 0:
        place, vector, step = _last(state, place, cell, step), _reversed(state, vector, cell), -step
    group = min(width, REGISTER // size)
    shape = f"<{group} x {cell}>"
    for start in range(0, (width - 1) * step + 1, group):
        lanes = [at // step if at % step == 0 and at // step < width else None for at in range(start, start + group)]
        teeth = ", ".join(f"i1 {'false' if lane is None else 'true'}" for lane in lanes)
        wide = f"<{width} x {cell}>"
        spread = state.b.op(f"shufflevector {wide} {vector}, {wide} poison, {_picks(lanes)}")
        arguments = [(shape, spread), (f"ptr align {size}", _at(state, place, cell, start)),
                     (f"<{group} x i1>", f"<{teeth}>")]  # fmt: skip
        state.b.call(f"llvm.masked.store.{suffix(shape)}.p0", "void", arguments)


def _joined(state: State, parts: list[str], cell: str, size: int) -> str:
    """Return the vectors of some groups, a power of two of them, as one."""
    while len(parts) > 1:
        shape, both = f"<{size} x {cell}>", _picks(range(2 * size))
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [state.b.op(f"shufflevector {shape} {left}, {shape} {right}, {both}") for left, right in pairs]
        size *= 2
    return parts[0]


def _reversed(state: State, vector: str, cell: str) -> str:
    """Return a vector with its last lane first."""
    shape = f"<{state.v.width} x {cell}>"
    return _shuffled(state, shape, vector, "poison", range(state.v.width - 1, -1, -1))


def _last(state: State, place: str, cell: str, step: int) -> str:
    """Return the address of the last lane's element."""
    return _at(state, place, cell, (state.v.width - 1) * step)


def _shuffled(state: State, shape: str, left: str, right: str, picks: Sequence[int | None]) -> str:
    return state.b.op(f"shufflevector {shape} {left}, {shape} {right}, {_picks(picks)}")


def _picks(lanes: Sequence[int | None]) -> str:
    """Return which element each lane of a shuffle takes; None for any."""
    return f"<{len(lanes)} x i32> <{', '.join('i32 poison' if lane is None else f'i32 {lane}' for lane in lanes)}>"


def _at(state: State, place: str, cell: str, index: int) -> str:
    return state.b.op(f"getelementptr {cell}, ptr {place}, i64 {index}") if index else place
