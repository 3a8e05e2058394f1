"""Gather and scatter for elements of one or two bytes, for which no processor has an instruction.

They are helper functions that loop over the lanes, emitted once for each kernel; `near` has a faster way for bytes. A
helper takes the lanes' indices rather than their addresses, which are twice as long. It spills them to memory, since
extracting a lane of a register at a variable position costs more.
"""

from __future__ import annotations

from dataclasses import dataclass

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.memory.addresses import lane_addresses
from imgcuda.cpu.memory.near import gather_near
from imgcuda.cpu.memory.set_lanes import over_set_lanes
from imgcuda.cpu.values.types import BOOL
from imgcuda.cpu.values.value import VARYING, Address, Value


def gather(state: State, address: Address, cell: str) -> str:
    """Emit a gather, and return the elements of the active lanes."""
    name, lane_addresses = _helper(state, address, cell, "gather")
    if name == f"gather.v{state.v.width}i8.i32s.1":
        name = gather_near(state, state.v.width, name)
    return state.b.call(name, state.v.type(cell), lane_addresses)


def gather_mostly_contiguous(state: State, address: Address, cell: str, contiguous: Value) -> str:
    """Emit a gather of which most lanes are contiguous, since a clamp moved only the others.

    `contiguous` is the index that all lanes would have without the clamp. Lanes with that index are read by one masked
    load, the others one by one.
    """
    everyone, vector, width = state.v.type("i1"), state.v.type(cell), state.v.width
    mask = state.mask or "splat (i1 true)"
    with state.masked(mask):  # so that the helper is the one that takes a mask
        one_by_one, (base, lanes, _) = _helper(state, address, cell, "gather")
    name = f"near.{one_by_one}.{contiguous.stride}"
    read = f"llvm.masked.load.v{width}{cell}.p0"
    state.b.declarations.setdefault(read, f"declare {vector} @{read}(ptr, {everyone}, {vector})")
    state.b.helper(name, _mostly_contiguous(name, one_by_one, width, cell, contiguous.stride, address.scale))
    return state.b.call(name, vector, [base, lanes, (everyone, mask), ("i64", contiguous.ir)])


def _mostly_contiguous(name: str, one_by_one: str, width: int, cell: str, stride: int, scale: int) -> str:
    """Return the LLVM IR of a gather that reads contiguous lanes by one masked load, the others by `one_by_one`."""
    vector, indices, mask, bits = f"<{width} x {cell}>", f"<{width} x i64>", f"<{width} x i1>", f"i{width}"
    steps = ", ".join(f"i64 {lane * stride}" for lane in range(width))
    load = f"@llvm.masked.load.v{width}{cell}.p0"
    return "\n".join([
        f"define internal {vector} @{name}(ptr %base, {indices} %i, {mask} %m, i64 %start) noinline nounwind #0 {{",
        f"  %one = insertelement {indices} poison, i64 %start, i32 0",
        f"  %same = shufflevector {indices} %one, {indices} poison, <{width} x i32> zeroinitializer",
        f"  %line = add {indices} %same, <{steps}>",
        f"  %there = icmp eq {indices} %i, %line",
        f"  %near = and {mask} %there, %m",
        f"  %far = xor {mask} %near, %m",
        f"  %bytes = mul i64 %start, {scale}",
        "  %row = getelementptr i8, ptr %base, i64 %bytes",
        f"  %read = call {vector} {load}(ptr align 1 %row, {mask} %near, {vector} zeroinitializer)",
        f"  %left = bitcast {mask} %far to {bits}",
        f"  %rest = call {vector} @{one_by_one}(ptr %base, {indices} %i, {bits} %left)",
        f"  %all = or {vector} %read, %rest",
        f"  ret {vector} %all",
        "}",
    ])  # fmt: skip


def scatter(state: State, address: Address, cell: str, vector: str) -> None:
    """Emit a scatter of the active lanes in order: if several write to one address, the last lane's value remains."""
    name, lane_addresses = _helper(state, address, cell, "scatter")
    state.b.call(name, "void", [*lane_addresses, (state.v.type(cell), vector)])


def _helper(state: State, address: Address, cell: str, verb: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the name of a helper for gather or scatter, and its arguments: base, indices, maybe a mask."""
    width, index = state.v.width, address.index
    if address.kind == VARYING or index is None or index.type == BOOL:
        base, lanes, type, move, scale = "null", lane_addresses(state, address), "ptr", "", 1
    else:
        base, lanes, type, scale = address.base, state.v.of(index), index.type.ir, address.scale
        move = "sext" if getattr(index.type, "signed", True) else "zext"
    passed = [("ptr", base), (state.v.type(type), lanes)]
    if state.mask is not None:
        bits = f"i{width}"
        passed.append((bits, state.b.op(f"bitcast {state.v.type('i1')} {state.mask} to {bits}")))
        state.b.declarations.setdefault(f"llvm.cttz.{bits}", f"declare {bits} @llvm.cttz.{bits}({bits}, i1)")
    name = f"{verb}{'.some' * (state.mask is not None)}.v{width}{cell}.{type}{move[:1]}.{scale}"
    if name not in state.b.declarations:
        loop: _All | _Some = _All(width, state.b.loop_note(_UNROLLED))
        if state.mask is not None:
            with state.masked(None):
                loop = _Some(width, _helper(state, address, cell, verb)[0])
        state.b.helper(name, _text(name, loop, cell, type, _place(type, move, scale), verb == "gather"))
    return name, passed


_UNROLLED = '!"llvm.loop.unroll.count", i32 8'


@dataclass(frozen=True)
class _All:
    """A loop over all lanes."""

    width: int
    note: str
    parameter = ""

    def around(self, body: list[str], result: str, passed: str) -> list[str]:
        """Return the loop, with the instructions for one lane in it."""
        return ["  br label %lane", "lane:", "  %lane64 = phi i64 [ 0, %entry ], [ %next, %lane ]", *body,
                "  %next = add nuw nsw i64 %lane64, 1", f"  %done = icmp eq i64 %next, {self.width}",
                f"  br i1 %done, label %end, label %lane{self.note}", "end:"]  # fmt: skip


@dataclass(frozen=True)
class _Some:
    """A loop over the set lanes of a mask, in order. If all are, another helper takes over, which is faster."""

    width: int
    unmasked: str
    """The helper for all lanes."""

    @property
    def parameter(self) -> str:
        return f", i{self.width} %mask"

    def around(self, body: list[str], result: str, passed: str) -> list[str]:
        """Return the loop, behind a call of the other helper with `passed`, which returns `result`, for a full mask."""
        call = f"call {result} @{self.unmasked}({passed})"
        made = [f"  %made = {call}", f"  ret {result} %made"] if result != "void" else [f"  {call}", "  ret void"]
        return [f"  %whole = icmp eq i{self.width} %mask, -1", "  br i1 %whole, label %every, label %some", "every:",
                *made, "some:", *over_set_lanes(self.width, "some", body)]  # fmt: skip


def _text(name: str, loop: _All | _Some, cell: str, index: str, place: list[str], reads: bool) -> str:
    """Return the LLVM IR of a helper."""
    indices, vector = f"<{loop.width} x {index}>", f"<{loop.width} x {cell}>"
    result, given = (vector, "") if reads else ("void", f", {vector} %v")
    body = [
        f"  %at = getelementptr {index}, ptr %indices, i64 %lane64",
        f"  %number = load {index}, ptr %at",
        f"  %mine = getelementptr {cell}, ptr %lanes, i64 %lane64",
        *place,
        f"  %x = load {cell}, ptr {'%place' if reads else '%mine'}, align 1",
        f"  store {cell} %x, ptr {'%mine' if reads else '%place'}, align 1",
    ]
    return "\n".join([
        f"define internal {result} @{name}(ptr %base, {indices} %i{loop.parameter}{given}) noinline nounwind #0 {{",
        "entry:",
        f"  %indices = alloca {indices}",
        f"  %lanes = alloca {vector}",
        f"  store {indices} %i, ptr %indices",
        f"  store {vector} {'zeroinitializer' if reads else '%v'}, ptr %lanes",
        *loop.around(body, result, f"ptr %base, {indices} %i{given}"),
        *([f"  %all = load {vector}, ptr %lanes", f"  ret {vector} %all"] if reads else ["  ret void"]),
        "}",
    ])  # fmt: skip


def _place(index: str, move: str, scale: int) -> list[str]:
    """Return the instructions that compute the address of a lane's element."""
    if index == "ptr":
        return ["  %place = getelementptr i8, ptr %number, i64 0"]
    wide = f"  %wide = {move} {index} %number to i64" if index != "i64" else "  %wide = add i64 %number, 0"
    return [wide, f"  %bytes = mul i64 %wide, {scale}", "  %place = getelementptr i8, ptr %base, i64 %bytes"]
