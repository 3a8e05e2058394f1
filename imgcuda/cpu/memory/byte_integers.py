"""The bytes of consecutive structures, as RGB pixels, as integers of 32 bits, without collecting bytes first."""

from __future__ import annotations

from imgcuda.cpu.ir import picked
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.memory.strided import REGISTER, joined

_FOUR = 4
"""The lanes whose integers fill 16 bytes."""

_SIXTEEN = 16
"""The lanes whose integers fill 64 bytes."""

_ZERO = 32
"""Where a shuffle of 32 bytes and 32 zeros has a zero."""


class _Integers:
    """The bytes of structures as integers of 32 bits: a vector for each byte of a structure.

    AVX2 shuffles bytes within 16 of them: these are the structures of four lanes, from which each byte is moved to
    where its integer is. To collect the bytes of all lanes first takes twice as many instructions. LLVM drops the loads
    if no byte is used so.
    """

    def __init__(self, state: State, place: str, count: int) -> None:
        self.count, total = count, count * state.v.width
        self.starts = [min(_FOUR * count * four, total - 16) for four in range(state.v.width // _FOUR)]
        """Where the structures of each four lanes are read: none beyond the last."""
        places = [state.b.op(f"getelementptr i8, ptr {place}, i64 {start}") for start in self.starts]
        self.loaded = [state.b.op(f"load <16 x i8>, ptr {each}, align 1") for each in places]

    def part(self, state: State, position: int) -> str:
        """Return one byte of each structure."""
        made = [self._eight(state, number, position) for number in range(len(self.loaded) // 2)]
        return joined(state, made, "i32", 2 * _FOUR)

    def _eight(self, state: State, number: int, position: int) -> str:
        """Return one byte of the structures of eight lanes; the second 16 bytes follow the first in the shuffle."""
        low, high = self.loaded[2 * number : 2 * number + 2]
        both = state.b.op(f"shufflevector <16 x i8> {low}, <16 x i8> {high}, {picked(range(32))}")
        picks = []
        for lane in range(2 * _FOUR):
            four = 2 * number + lane // _FOUR
            byte = self.count * (2 * _FOUR * number + lane) + position - self.starts[four]
            picks += [16 * (lane // _FOUR) + byte, *[_ZERO] * 3]
        moved = state.b.op(f"shufflevector <32 x i8> {both}, <32 x i8> zeroinitializer, {picked(picks)}")
        return state.b.op(f"bitcast <32 x i8> {moved} to <8 x i32>")


class _WideIntegers:
    """The same with AVX-512: for 16 lanes at a time, whose structures first move to where their 16 bytes are."""

    def __init__(self, state: State, place: str, count: int) -> None:
        self.count, last = count, count * state.v.width - REGISTER
        firsts = range(0, count * state.v.width, _SIXTEEN * count)
        self.spread = [self._spread(state, place, first, min(first, last)) for first in firsts]

    def _spread(self, state: State, place: str, first: int, start: int) -> str:
        """Load 64 bytes from `start` on, and return 16 structures from `first` on: four in each 16 bytes."""
        own = state.b.op(f"getelementptr i8, ptr {place}, i64 {start}")
        shape = f"<{_SIXTEEN} x i32>"
        loaded = state.b.op(f"load {shape}, ptr {own}, align 1")
        ahead = (first - start) // 4
        words = [ahead + self.count * (at // _FOUR) + at % _FOUR if at % _FOUR < self.count else None
                 for at in range(_SIXTEEN)]  # fmt: skip
        return state.b.op(f"shufflevector {shape} {loaded}, {shape} poison, {picked(words)}")

    def part(self, state: State, position: int) -> str:
        """Return one byte of each structure."""
        shape, integers, made = f"<{REGISTER} x i8>", f"<{_SIXTEEN} x i32>", []
        picks: list[int] = []
        for lane in range(_SIXTEEN):
            picks += [_SIXTEEN * (lane // _FOUR) + self.count * (lane % _FOUR) + position, *[REGISTER] * 3]
        for words in self.spread:
            bytes = state.b.op(f"bitcast {integers} {words} to {shape}")
            moved = state.b.op(f"shufflevector {shape} {bytes}, {shape} zeroinitializer, {picked(picks)}")
            made.append(state.b.op(f"bitcast {shape} {moved} to {integers}"))
        return joined(state, made, "i32", _SIXTEEN)


def integers_of(state: State, place: str, count: int) -> _Integers | _WideIntegers | None:
    """Return what makes integers of structures of `count` bytes, if that is cheaper than to widen bytes; else None."""
    features = Machine.host().features
    if count not in (3, 4):
        return None
    if "+avx512bw" in features and count * state.v.width >= REGISTER:
        return _WideIntegers(state, place, count)
    return _Integers(state, place, count) if "+avx2" in features and "+avx512f" not in features else None
