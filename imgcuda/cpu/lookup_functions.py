"""Defines, in LLVM IR, how a processor looks up many bytes at once in a table of 256 bytes.

With AVX-512 VBMI an instruction looks up in 128 bytes, on Arm in 64. Other processors have one that looks up in 16
bytes: it runs for each of the table's 16 rows, and the upper four bits of an index choose among the results. Without
that, bytes are looked up one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from imgcuda.cpu.ir import picked

NAME = "lookup.v"
"""The name of the function, before the number of bytes that it looks up."""
SIZE = 256
ROW = 16

_DECLARED = re.compile(rf"^declare <(\d+) x i8> @{re.escape(NAME)}\d+\(.*\)$", re.M)


def with_definitions(ir: str, features: str) -> str:
    """Return a module with the lookup functions that it declares, for a processor with these features."""
    if f"@{NAME}" not in ir:
        return ir
    has, declared = features.split(","), dict[str, str]()
    made = _DECLARED.sub(lambda found: _definition(int(found[1]), has, declared), ir)
    return "\n".join([made, *declared.values()])


class _Body:
    """The instructions of a function that looks up `size` bytes at a time."""

    def __init__(self, size: int, declared: dict[str, str]) -> None:
        self.size, self.lines = size, list[str]()
        self._declared = declared

    @property
    def bytes(self) -> str:
        """The type of so many bytes."""
        return f"<{self.size} x i8>"

    def op(self, text: str) -> str:
        """Add an instruction, and return its result's name."""
        self.lines.append(f"  %v{len(self.lines)} = {text}")
        return f"%v{len(self.lines) - 1}"

    def call(self, name: str, *arguments: str) -> str:
        """Add a call of one of LLVM's intrinsics on vectors of these bytes."""
        self._declared[name] = f"declare {self.bytes} @{name}({', '.join([self.bytes] * len(arguments))})"
        return self.op(f"call {self.bytes} @{name}({', '.join(f'{self.bytes} {each}' for each in arguments)})")

    def table(self, first: int, size: int) -> str:
        """Load bytes of the table."""
        place = self.op(f"getelementptr i8, ptr %table, i64 {first}")
        return self.op(f"load <{size} x i8>, ptr {place}, align 1")

    def shuffle(self, size: int, bytes: str, picks: list[int]) -> str:
        """Return some bytes of `size` ones."""
        return self.op(f"shufflevector <{size} x i8> {bytes}, <{size} x i8> poison, {picked(picks)}")

    def select(self, bit: int, index: str, set: str, unset: str) -> str:
        """Choose between two results by a bit of each index: moved up to its sign."""
        up = index if bit == 7 else self.op(f"shl {self.bytes} {index}, splat (i8 {7 - bit})")
        chosen = self.op(f"icmp slt {self.bytes} {up}, zeroinitializer")
        return self.op(f"select <{self.size} x i1> {chosen}, {self.bytes} {set}, {self.bytes} {unset}")


def _in_halves(body: _Body, index: str) -> str:
    """Look up with AVX-512 VBMI: in each half of the table, by seven bits."""
    first, second, third, last = (body.table(64 * each, 64) for each in range(4))
    name = "llvm.x86.avx512.vpermi2var.qi.512"
    low, high = body.call(name, first, index, second), body.call(name, third, index, last)
    return body.select(7, index, high, low)


def _in_quarters(body: _Body, index: str) -> str:
    """Look up on Arm: in each quarter of the table, where an index outside of it gives 0."""
    found = "zeroinitializer"
    for quarter in range(4):
        rows = [body.table(64 * quarter + ROW * row, ROW) for row in range(4)]
        moved = body.op(f"sub {body.bytes} {index}, splat (i8 {64 * quarter - 256 * (quarter > 1)})")
        part = body.call("llvm.aarch64.neon.tbl4.v16i8", *rows, moved)
        found = body.op(f"or {body.bytes} {found}, {part}")
    return found


def _in_rows(body: _Body, index: str) -> str:
    """Look up in each row of the table by four bits, and choose among the results by the other four."""
    name = {16: "llvm.x86.ssse3.pshuf.b.128", 32: "llvm.x86.avx2.pshuf.b", 64: "llvm.x86.avx512.pshuf.b.512"}[body.size]
    within = body.op(f"and {body.bytes} {index}, splat (i8 {ROW - 1})")
    copies = [byte % ROW for byte in range(body.size)]

    def found(bit: int, first: int) -> str:
        """Look up in the rows that the bits below `bit` choose among: depth first, which takes few registers."""
        if bit == 4:
            return body.call(name, body.shuffle(ROW, body.table(first, ROW), copies), within)
        below = found(bit - 1, first)
        return body.select(bit - 1, index, found(bit - 1, first + (1 << (bit - 1))), below)

    return found(8, 0)


class _Technique(NamedTuple):
    """A technique to look up: the feature of the processor that it needs, and the bytes that it takes at a time."""

    feature: str
    size: int
    emit: Callable[[_Body, str], str]


_TECHNIQUES = (
    _Technique("+avx512vbmi", 64, _in_halves),
    _Technique("+avx512bw", 64, _in_rows),
    _Technique("+avx2", 32, _in_rows),
    _Technique("+ssse3", 16, _in_rows),
    _Technique("+neon", 16, _in_quarters),
)


def _definition(width: int, features: Collection[str], declared: dict[str, str]) -> str:
    """Return the function that looks up `width` bytes."""
    technique = next((technique for technique in _TECHNIQUES if technique.feature in features), None)
    lines = _one_by_one(width) if technique is None else _in_pieces(width, technique, declared)
    inlined = "noinline" if technique is None else "alwaysinline"
    head = f"define internal <{width} x i8> @{NAME}{width}(ptr %table, <{width} x i8> %i) {inlined} nounwind #0 {{"
    return "\n".join([head, *lines, "}"])


def _in_pieces(width: int, technique: _Technique, declared: dict[str, str]) -> list[str]:
    """Return the body of the function: it looks up as many bytes at a time as an instruction takes."""
    body = _Body(technique.size, declared)
    pieces: list[str] = []
    for first in range(0, width, technique.size):
        picks = [min(first + byte, width - 1) for byte in range(technique.size)]
        pieces.append(technique.emit(body, body.shuffle(width, "%i", picks)))
    size = technique.size
    while len(pieces) > 1:
        size *= 2
        order, half = picked(range(size)), f"<{size // 2} x i8>"
        pieces = [body.op(f"shufflevector {half} {pieces[n]}, {half} {pieces[n + 1]}, {order}")
                  for n in range(0, len(pieces), 2)]  # fmt: skip
    made = body.shuffle(size, pieces[0], list(range(width)))
    return [*body.lines, f"  ret <{width} x i8> {made}"]


def _one_by_one(width: int) -> list[str]:
    """Return the body of the function, as a loop over the bytes."""
    bytes = f"<{width} x i8>"
    return [
        "start:",
        f"  %indices = alloca {bytes}",
        f"  %found = alloca {bytes}",
        f"  store {bytes} %i, ptr %indices",
        "  br label %lane",
        "lane:",
        "  %n = phi i64 [ 0, %start ], [ %next, %lane ]",
        "  %from = getelementptr i8, ptr %indices, i64 %n",
        "  %index = load i8, ptr %from",
        "  %wide = zext i8 %index to i64",
        "  %place = getelementptr i8, ptr %table, i64 %wide",
        "  %byte = load i8, ptr %place",
        "  %to = getelementptr i8, ptr %found, i64 %n",
        "  store i8 %byte, ptr %to",
        "  %next = add nuw nsw i64 %n, 1",
        f"  %more = icmp ult i64 %next, {width}",
        "  br i1 %more, label %lane, label %end",
        "end:",
        f"  %all = load {bytes}, ptr %found",
        f"  ret {bytes} %all",
    ]
