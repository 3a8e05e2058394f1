"""Gathers of bytes that lie near each other, as where an image is enlarged: loads and a shuffle in place of a loop.

The lanes are served in groups of 16, of which each reads a window of 32 bytes. It begins a little before the first
lane's byte, since the next lanes may go back by a pixel. A window may reach beyond the array, but not into another page
of memory than the first lane's byte, so that it can be read.
"""

from __future__ import annotations

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.memory.addresses import PAGE

_GROUP = 16
_WINDOW = 32
_BACK = 4
"""The bytes of a window before the first lane's byte."""
_SHUFFLES = {64: ("+avx512bw", "llvm.x86.avx512.pshuf.b.512"), 32: ("+avx2", "llvm.x86.avx2.pshuf.b")}
"""By the number of lanes: a feature of a processor, and its instruction that picks bytes within each 16."""


def gather_near(state: State, width: int, one_by_one: str) -> str:
    """Add a helper that gathers the bytes `%i` after `%base`, by `one_by_one` if they are not near; return its name.

    For a processor without an instruction for it, `one_by_one` is returned.
    """
    feature, shuffle = _SHUFFLES.get(width, ("", ""))
    if not shuffle or feature not in Machine.host().features:
        return one_by_one
    bytes = f"<{width} x i8>"
    state.b.declarations.setdefault(shuffle, f"declare {bytes} @{shuffle}({bytes}, {bytes})")
    return state.b.helper(f"near.{one_by_one}", _text(width, one_by_one, shuffle, state.b.likely()))


def _text(width: int, one_by_one: str, shuffle: str, likely: str) -> str:
    """Return the LLVM IR of the helper."""
    bytes, given, starts = f"<{width} x i8>", f"ptr %base, <{width} x i32> %i", range(0, width, _GROUP)
    return "\n".join([
        f"define internal {bytes} @near.{one_by_one}({given}) alwaysinline nounwind #0 {{",
        *_offsets(width),
        *(line for start in starts for line in _readable(width, start)),
        *_all_of(["%together", *(f"%inside{start}" for start in starts)], "%near"),
        f"  br i1 %near, label %window, label %far{likely}",
        "window:",
        *_windows(width, 0, "%low"),
        *_windows(width, _GROUP, "%high"),
        f"  %picks = trunc <{width} x i32> %offset to {bytes}",
        f"  %of_low = call {bytes} @{shuffle}({bytes} %low, {bytes} %picks)",
        f"  %of_high = call {bytes} @{shuffle}({bytes} %high, {bytes} %picks)",
        f"  %is_high = icmp uge {bytes} %picks, splat (i8 {_GROUP})",
        f"  %found = select <{width} x i1> %is_high, {bytes} %of_high, {bytes} %of_low",
        f"  ret {bytes} %found",
        "far:",
        f"  %all = call {bytes} @{one_by_one}({given})",
        f"  ret {bytes} %all",
        "}",
    ])  # fmt: skip


def _offsets(width: int) -> list[str]:
    """Return instructions for the place of each lane's byte in its window, and whether all lie inside."""
    indices = f"<{width} x i32>"
    firsts = ", ".join(f"i32 {lane // _GROUP * _GROUP}" for lane in range(width))
    return [
        f"  %first = shufflevector {indices} %i, {indices} poison, {indices} <{firsts}>",
        f"  %start = sub {indices} %first, splat (i32 {_BACK})",
        f"  %offset = sub {indices} %i, %start",
        f"  %fits = icmp ult {indices} %offset, splat (i32 {_WINDOW})",
        f"  %set = bitcast <{width} x i1> %fits to i{width}",
        f"  %together = icmp eq i{width} %set, -1",
    ]


def _readable(width: int, lane: int) -> list[str]:
    """Return instructions for the address of a group's window, and whether it lies in one page."""
    return [
        f"  %start{lane} = extractelement <{width} x i32> %start, i32 {lane}",
        f"  %wide{lane} = sext i32 %start{lane} to i64",
        f"  %window{lane} = getelementptr i8, ptr %base, i64 %wide{lane}",
        f"  %address{lane} = ptrtoint ptr %window{lane} to i64",
        f"  %in_page{lane} = and i64 %address{lane}, {PAGE - 1}",
        f"  %inside{lane} = icmp ule i64 %in_page{lane}, {PAGE - _WINDOW}",
    ]


def _all_of(flags: list[str], name: str) -> list[str]:
    """Return instructions that set `name` where all flags are set."""
    so_far = [flags[0], *(f"{name}{number}" for number in range(len(flags) - 2)), name]
    steps = zip(so_far[1:], so_far, flags[1:], strict=False)
    return [f"  {after} = and i1 {before}, {flag}" for after, before, flag in steps]


def _windows(width: int, offset: int, name: str) -> list[str]:
    """Return instructions that load 16 bytes of each group's window, from `offset` on, into one vector."""
    made, size = [], _GROUP
    parts = [f"{name}.{lane}" for lane in range(0, width, _GROUP)]
    for lane, part in zip(range(0, width, _GROUP), parts, strict=True):
        made.append(f"  {part}.at = getelementptr i8, ptr %window{lane}, i64 {offset}")
        made.append(f"  {part} = load <{size} x i8>, ptr {part}.at, align 1")
    while len(parts) > 1:
        picks, shape = ", ".join(f"i32 {lane}" for lane in range(2 * size)), f"<{size} x i8>"
        joined = [f"{left}.{size}" for left in parts[::2]] if len(parts) > 2 else [name]
        for left, right, both in zip(parts[::2], parts[1::2], joined, strict=True):
            made.append(f"  {both} = shufflevector {shape} {left}, {shape} {right}, <{2 * size} x i32> <{picks}>")
        parts, size = joined, 2 * size
    return made
