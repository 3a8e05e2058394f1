"""The entry point of a kernel that accumulates into arrays: while several threads of the processor run it, each sums
into copies of its own, and merges them into the arrays when it has done its blocks.

So a histogram needs a few atomic operations for each thread of the processor, not one for each sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imgcuda.cpu.lowering.accumulators import Accumulator
from imgcuda.cpu.values.types import Float, Int, Scalar

_NOTES = 4
"""The launch's cell for notes: 1 says that no other thread runs; a larger number is where the arrays' lengths are."""


def entry(accumulators: Sequence[Accumulator], arguments: int) -> str:
    """Return the LLVM IR of the function `entry`, which calls `blocks`; the kernel takes so many arguments."""
    return "\n".join([
        "define void @entry(ptr %arguments, ptr %launch, i64 %first, i64 %last) nounwind {",
        "start:",
        f"  %notes_at = getelementptr i64, ptr %launch, i64 {_NOTES}",
        "  %notes = load i64, ptr %notes_at",
        "  %copies = icmp ugt i64 %notes, 1",
        "  br i1 %copies, label %privately, label %directly",
        "directly:",
        "  call void @blocks(ptr %arguments, ptr %launch, i64 %first, i64 %last)",
        "  ret void",
        "privately:",
        "  %lengths = inttoptr i64 %notes to ptr",
        "  %own = alloca [6 x i64]",
        "  call void @llvm.memcpy.p0.p0.i64(ptr %own, ptr %launch, i64 48, i1 false)",
        f"  %own_notes = getelementptr i64, ptr %own, i64 {_NOTES}",
        "  store i64 1, ptr %own_notes",
        f"  %cells = alloca [{arguments} x i64]",
        f"  call void @llvm.memcpy.p0.p0.i64(ptr %cells, ptr %arguments, i64 {8 * arguments}, i1 false)",
        *(line for number, each in enumerate(accumulators) for line in _filled(number, each)),
        "  call void @blocks(ptr %cells, ptr %own, i64 %first, i64 %last)",
        *(line for number, each in enumerate(accumulators) for line in _merged(number, each)),
        "  ret void",
        "}",
        "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)",
    ])  # fmt: skip


def _filled(k: int, array: Accumulator) -> Iterator[str]:
    """Yield the instructions that make a copy of an array's length, of the number that changes nothing."""
    bits = _bits(array.type)
    yield from (
        f"  %length_at{k} = getelementptr i64, ptr %lengths, i64 {k}",
        f"  %length{k} = load i64, ptr %length_at{k}",
        f"  %copy{k} = alloca {bits}, i64 %length{k}, align 64",
        f"  br label %before{k}",
        f"before{k}:",
        f"  br label %fill{k}",
        f"fill{k}:",
        f"  %f{k} = phi i64 [ 0, %before{k} ], [ %g{k}, %fill{k} ]",
        f"  %filled{k} = getelementptr {bits}, ptr %copy{k}, i64 %f{k}",
        f"  store {bits} {_neutral(array)}, ptr %filled{k}",
        f"  %g{k} = add i64 %f{k}, 1",
        f"  %more_to_fill{k} = icmp ult i64 %g{k}, %length{k}",
        f"  br i1 %more_to_fill{k}, label %fill{k}, label %full{k}",
        f"full{k}:",
        f"  %cell{k} = getelementptr i64, ptr %cells, i64 {array.position}",
        f"  %array{k} = load ptr, ptr %cell{k}",
        f"  store ptr %copy{k}, ptr %cell{k}",
    )


def _merged(k: int, array: Accumulator) -> Iterator[str]:
    """Yield the instructions that merge a copy into its array, but for elements that nothing has changed."""
    bits, ir = _bits(array.type), array.type.ir
    yield from (
        f"  br label %behind{k}",
        f"behind{k}:",
        f"  br label %merge{k}",
        f"merge{k}:",
        f"  %m{k} = phi i64 [ 0, %behind{k} ], [ %n{k}, %next{k} ]",
        f"  %from{k} = getelementptr {bits}, ptr %copy{k}, i64 %m{k}",
        f"  %made{k} = load {bits}, ptr %from{k}",
        f"  %same{k} = icmp eq {bits} %made{k}, {_neutral(array)}",
        f"  br i1 %same{k}, label %next{k}, label %change{k}",
        f"change{k}:",
        f"  %number{k} = bitcast {bits} %made{k} to {ir}",
        f"  %to{k} = getelementptr {ir}, ptr %array{k}, i64 %m{k}",
        f"  %old{k} = atomicrmw {array.operation} ptr %to{k}, {ir} %number{k} monotonic",
        f"  br label %next{k}",
        f"next{k}:",
        f"  %n{k} = add i64 %m{k}, 1",
        f"  %more_to_merge{k} = icmp ult i64 %n{k}, %length{k}",
        f"  br i1 %more_to_merge{k}, label %merge{k}, label %end{k}",
        f"end{k}:",
    )


def _bits(type: Scalar) -> str:
    """Return LLVM's integer of a type's size, since a comparison of floats does not tell 0 from -0."""
    assert isinstance(type, Int | Float)
    return f"i{type.bits}"


def _neutral(array: Accumulator) -> int:
    """Return the bits of the number that an operation changes nothing with."""
    assert isinstance(array.type, Int | Float)
    sign = 1 << (array.type.bits - 1)
    return {"fadd": -sign, "max": -sign, "min": sign - 1, "umin": -1, "and": -1}.get(array.operation, 0)
