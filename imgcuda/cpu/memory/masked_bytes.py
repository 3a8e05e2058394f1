"""Masked loads and stores of contiguous elements of one or two bytes, for processors without instructions for them.

LLVM would branch for each lane, in every place. These are helper functions, emitted once for each kernel: a load reads
all lanes at once where that stays within a page of memory, so that it can be read, and else loops over the active
lanes; a store writes all lanes at once if all are active, since it may write no others.
"""

from __future__ import annotations

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.memory.addresses import PAGE
from imgcuda.cpu.memory.set_lanes import over_set_lanes


def are_slow(size: int) -> bool:
    """Return whether the processor has no masked loads and stores of elements of `size` bytes."""
    return size < 4 and "+avx512bw" not in Machine.host().features


def masked_load(state: State, place: str, cell: str, size: int) -> str:
    """Emit a load of the active lanes, and return its result."""
    width, vector, name = state.v.width, state.v.type(cell), f"load.some.v{state.v.width}{cell}"
    beyond = PAGE - width * size
    state.b.helper(name, "\n".join([
        f"define internal {vector} @{name}(ptr %start, i{width} %mask) noinline nounwind #0 {{",
        "entry:",
        f"  %lanes = alloca {vector}",
        "  %address = ptrtoint ptr %start to i64",
        f"  %in_page = and i64 %address, {PAGE - 1}",
        f"  %inside = icmp ule i64 %in_page, {beyond}",
        "  br i1 %inside, label %whole, label %parts",
        "whole:",
        f"  %read = load {vector}, ptr %start, align 1",
        f"  %active = bitcast i{width} %mask to <{width} x i1>",
        f"  %masked = select <{width} x i1> %active, {vector} %read, {vector} zeroinitializer",
        f"  ret {vector} %masked",
        "parts:",
        f"  store {vector} zeroinitializer, ptr %lanes",
        *_copy_active(width, cell, "%start", "%lanes"),
        f"  %made = load {vector}, ptr %lanes",
        f"  ret {vector} %made",
        "}",
    ]))  # fmt: skip
    return state.b.call(name, vector, [("ptr", place), _bits(state)])


def masked_store(state: State, place: str, cell: str, made: str) -> None:
    """Emit a store of the active lanes."""
    width, vector, name = state.v.width, state.v.type(cell), f"store.some.v{state.v.width}{cell}"
    state.b.helper(name, "\n".join([
        f"define internal void @{name}(ptr %start, i{width} %mask, {vector} %v) noinline nounwind #0 {{",
        "entry:",
        f"  %lanes = alloca {vector}",
        f"  %all = icmp eq i{width} %mask, -1",
        "  br i1 %all, label %whole, label %parts",
        "whole:",
        f"  store {vector} %v, ptr %start, align 1",
        "  ret void",
        "parts:",
        f"  store {vector} %v, ptr %lanes",
        *_copy_active(width, cell, "%lanes", "%start"),
        "  ret void",
        "}",
    ]))  # fmt: skip
    state.b.call(name, "void", [("ptr", place), _bits(state), (vector, made)])


def _bits(state: State) -> tuple[str, str]:
    """Return the mask as an argument: an integer with a bit for each lane."""
    bits = f"i{state.v.width}"
    state.b.declarations.setdefault(f"llvm.cttz.{bits}", f"declare {bits} @llvm.cttz.{bits}({bits}, i1)")
    return bits, state.b.op(f"bitcast {state.v.type('i1')} {state.mask} to {bits}")


def _copy_active(width: int, cell: str, source: str, target: str) -> list[str]:
    """Return a loop, after the block `parts`, that copies the elements of the lanes in `%mask`."""
    body = [
        f"  %from = getelementptr {cell}, ptr {source}, i64 %lane64",
        f"  %to = getelementptr {cell}, ptr {target}, i64 %lane64",
        f"  %x = load {cell}, ptr %from, align 1",
        f"  store {cell} %x, ptr %to, align 1",
    ]
    return over_set_lanes(width, "parts", body)
