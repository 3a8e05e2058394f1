"""Defines, in LLVM IR, how a processor rounds many floats to bytes: to the nearest, and what lies beyond to 0 or 255.

x86-64 has instructions that saturate integers as they narrow them. So there a float needs no lower limit, and an upper
one only if it may exceed the integers: what does, and NaN, becomes the least integer, which is narrowed to 0.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from imgcuda.cpu.ir import picked

NAME = "rounded.v"
"""The name of the function, before the number of floats."""
WITHIN_INTEGERS = "rounded.within.v"
"""The same for floats that are known to lie within the integers."""

_DECLARED = re.compile(rf"^declare <(\d+) x i8> @({re.escape(NAME)}|{re.escape(WITHIN_INTEGERS)})\d+\(.*\)$", re.M)
_MOST = "splat (float 255.0)"


class _Saturation(NamedTuple):
    """Instructions of a processor: the feature that has them, the bytes of a register, and LLVM's names of them."""

    feature: str
    bytes: int
    convert: str
    """Rounds floats to integers."""
    rest: str
    """Its further arguments, behind the floats."""
    halve: tuple[str, str]
    """Narrow two registers to one: to 16 bits, then to 8."""


_SATURATIONS = (
    _Saturation("+avx512bw", 64, "llvm.x86.avx512.mask.cvtps2dq.512", ", <16 x i32> poison, i16 -1, i32 4",
         ("llvm.x86.avx512.packusdw.512", "llvm.x86.avx512.packuswb.512")),
    _Saturation("+avx2", 32, "llvm.x86.avx.cvt.ps2dq.256", "", ("llvm.x86.avx2.packusdw", "llvm.x86.avx2.packuswb")),
)  # fmt: skip


def with_definitions(ir: str, features: str) -> str:
    """Return a module with the functions that it declares, for a processor with these features."""
    if "@rounded." not in ir:
        return ir
    has, declared = features.split(","), dict[str, str]()
    made = _DECLARED.sub(lambda found: _definition(int(found[1]), found[2], has, declared), ir)
    return "\n".join([made, *declared.values()])


def is_short(width: int, features: str) -> bool:
    """Return whether a processor has a shorter way to round so many floats to bytes than LLVM."""
    return _saturation_of(width, features.split(",")) is not None


def _saturation_of(width: int, features: Collection[str]) -> _Saturation | None:
    return next((each for each in _SATURATIONS if each.feature in features and width % each.bytes == 0), None)


def _definition(width: int, name: str, features: Collection[str], declared: dict[str, str]) -> str:
    """Return the function for `width` floats."""
    found = _saturation_of(width, features)
    lines = _plain(width) if found is None else _packed(width, found, name == NAME, declared)
    head = f"define internal <{width} x i8> @{name}{width}(<{width} x float> %x) alwaysinline nounwind #0 {{"
    return "\n".join([head, *(f"  {line}" for line in lines), "}"])


def _plain(width: int) -> list[str]:
    """Return the body of the function in LLVM's own instructions."""
    floats, integers, bits = (f"<{width} x {each}>" for each in ("float", "i32", "i1"))
    return [
        f"%above = fcmp ogt {floats} %x, zeroinitializer",
        f"%least = select {bits} %above, {floats} %x, {floats} zeroinitializer",
        f"%below = fcmp olt {floats} %least, {_MOST}",
        f"%clamped = select {bits} %below, {floats} %least, {floats} {_MOST}",
        f"%whole = call {floats} @llvm.rint.v{width}f32({floats} %clamped)",
        f"%integers = fptosi {floats} %whole to {integers}",
        f"%made = trunc nuw {integers} %integers to <{width} x i8>",
        f"ret <{width} x i8> %made",
    ]


def _packed(width: int, by: _Saturation, limited: bool, declared: dict[str, str]) -> list[str]:
    """Return the body of the function: four registers of floats become one of bytes."""
    lanes, lines = by.bytes // 4, list[str]()
    floats, integers = f"<{lanes} x float>", f"<{lanes} x i32>"
    shorts, bytes = f"<{2 * lanes} x i16>", f"<{4 * lanes} x i8>"

    def op(text: str) -> str:
        lines.append(f"%v{len(lines)} = {text}")
        return f"%v{len(lines) - 1}"

    def rounded(first: int) -> str:
        own = picked(range(first, first + lanes))
        part = op(f"shufflevector <{width} x float> %x, <{width} x float> poison, {own}")
        if limited:  # of a NaN, this is the NaN
            above = op(f"fcmp ogt {floats} {part}, {_MOST}")
            part = op(f"select <{lanes} x i1> {above}, {floats} {_MOST}, {floats} {part}")
        types = re.sub(r" (poison|-?\d+)", "", by.rest)
        declared[by.convert] = f"declare {integers} @{by.convert}({floats}{types})"
        return op(f"call {integers} @{by.convert}({floats} {part}{by.rest})")

    def halved(step: int, source: str, target: str, low: str, high: str) -> str:
        name = by.halve[step]
        declared[name] = f"declare {target} @{name}({source}, {source})"
        return op(f"call {target} @{name}({source} {low}, {source} {high})")

    parts = []
    for first in range(0, width, 4 * lanes):
        a, b, c, d = (rounded(first + lanes * part) for part in range(4))
        both = halved(0, integers, shorts, a, b), halved(0, integers, shorts, c, d)
        parts.append(op(f"shufflevector {bytes} {halved(1, shorts, bytes, *both)}, {bytes} poison, {_in_order(lanes)}"))
    made, size = parts, 4 * lanes
    while len(made) > 1:
        half, order = f"<{size} x i8>", picked(range(2 * size))
        made = [op(f"shufflevector {half} {made[n]}, {half} {made[n + 1]}, {order}") for n in range(0, len(made), 2)]
        size *= 2
    return [*lines, f"ret <{width} x i8> {made[0]}"]


def _in_order(lanes: int) -> str:
    """Return the shuffle that puts narrowed bytes in order: each 16 bytes have four of each register's."""
    groups = lanes // 4
    return picked([16 * group + 4 * part + byte for part in range(4) for group in range(groups) for byte in range(4)])
