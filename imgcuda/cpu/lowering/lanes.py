"""Code that runs lane by lane, in the order of the threads: for atomic operations and printf."""

from __future__ import annotations

from collections.abc import Callable

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.value import Value

_WORD = 8
"""The bytes in a general register."""


def for_each_lane(state: State, action: Callable[[str], None], unroll: int = 1) -> None:
    """Compile a loop over the active lanes, in order; `action` is given the number of a lane."""
    if state.mask is None:
        _for_all(state, action, unroll)
    else:
        _for_active(state, state.mask, action)


def _for_all(state: State, action: Callable[[str], None], unroll: int) -> None:
    """Compile a loop over all lanes."""
    b, count = state.b, state.b.slot("i64")
    b.do(f"store i64 0, ptr {count}")
    head = b.label("lanes")
    b.place(head)
    before = b.count
    lane = b.op(f"load i64, ptr {count}")
    action(lane)
    next, end = b.op(f"add nuw nsw i64 {lane}, 1"), b.label("end")
    b.do(f"store i64 {next}, ptr {count}")
    b.unrolled += (unroll - 1) * (b.count - before)
    note = b.loop_note(f'!"llvm.loop.unroll.count", i32 {unroll}')
    b.branch(b.op(f"icmp eq i64 {next}, {state.v.width}"), end, head, note)
    b.place(end)


def _for_active(state: State, mask: str, action: Callable[[str], None]) -> None:
    """Compile a loop over the set lanes of a mask, in order."""
    b, bits = state.b, f"i{state.v.width}"
    left = b.slot(bits)
    active = b.op(f"bitcast {state.v.type('i1')} {mask} to {bits}")
    b.do(f"store {bits} {active}, ptr {left}")
    head, body, end = (b.label(hint) for hint in ("lanes", "lane", "end"))
    b.place(head)
    now = b.op(f"load {bits}, ptr {left}")
    b.branch(b.op(f"icmp eq {bits} {now}, 0"), end, body)
    b.place(body)
    lane = b.call(f"llvm.cttz.{bits}", bits, [(bits, now), ("i1", "true")])
    lane = lane if bits == "i64" else b.op(f"zext {bits} {lane} to i64")
    action(lane)
    less = b.op(f"sub {bits} {now}, 1")
    b.do(f"store {bits} {b.op(f'and {bits} {now}, {less}')}, ptr {left}")
    b.jump(head)
    b.place(end)


def for_each_byte(state: State, vector: str, action: Callable[[str, str], None]) -> None:
    """Compile code for all lanes, in order; `action` is given the number of a lane, and its byte of a vector.

    Eight bytes at a time come out of the vector, or straight from the memory that it was loaded from. To read bytes one
    by one that were just stored together takes half as long again as a histogram does.
    """
    b, count = state.b, state.v.width // _WORD
    shape = f"<{count} x i64>"
    whole = b.op(f"bitcast {state.v.type('i8')} {vector} to {shape}")
    words = [b.op(f"extractelement {shape} {whole}, i32 {number}") for number in range(count)]
    # Else LLVM takes each byte out of the vector by an instruction of its own, which takes longer than a shift.
    words = [b.op(f'call i64 asm "", "=r,0"(i64 {word})') for word in words]
    for lane in range(state.v.width):
        byte = b.op(f"trunc i64 {b.op(f'lshr i64 {words[lane // _WORD]}, {lane % _WORD * 8}')} to i8")
        action(str(lane), byte)


def numbers_of_lanes(state: State, value: Value) -> Callable[[str], str]:
    """Return a function that emits the value of a lane."""
    if value.scalar:
        return lambda lane: value.ir
    return lanes_of(state, value.type.ir, state.v.of(value))


def lanes_of(state: State, cell: str, vector: str) -> Callable[[str], str]:
    """Return a function that emits the element of a vector for a lane."""
    b = state.b
    slot = b.slot(state.v.type(cell))
    b.do(f"store {state.v.type(cell)} {vector}, ptr {slot}")
    return lambda lane: b.op(f"load {cell}, ptr {b.op(f'getelementptr {cell}, ptr {slot}, i64 {lane}')}")
