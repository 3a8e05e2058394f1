"""Reading and writing any element for each lane, where no processor does so in one instruction: those of a byte or two.

A function does it, lane by lane, written once for the whole kernel. It takes the lanes' indices rather than their
addresses, which are twice as long, and finds them in memory: to take them out of a register costs more.
"""

from __future__ import annotations

from imgcuda.cpu.addresses import places
from imgcuda.cpu.state import State
from imgcuda.cpu.types import BOOL
from imgcuda.cpu.values import VARYING, Address


def gather(state: State, address: Address, cell: str) -> str:
    """Return an element for each lane that is active."""
    name, places = _helper(state, address, cell, "gather")
    return state.b.call(name, state.v.type(cell), places)


def scatter(state: State, address: Address, cell: str, vector: str) -> None:
    """Write an element for each lane that is active, the last lane's last."""
    name, places = _helper(state, address, cell, "scatter")
    state.b.call(name, "void", [*places, (state.v.type(cell), vector)])


def _helper(state: State, address: Address, cell: str, verb: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the name of the function for such an access, and how the lanes' places and the mask are passed to it."""
    width, index = state.v.width, address.index
    bits = f"i{width}"
    mask = state.b.op(f"bitcast {state.v.type('i1')} {state.mask} to {bits}") if state.mask else "-1"
    if address.kind == VARYING or index is None or index.type == BOOL:
        base, lanes, type, move, scale = "null", places(state, address), "ptr", "", 1
    else:
        base, lanes, type, scale = address.base, state.v.of(index), index.type.ir, address.scale
        move = "sext" if getattr(index.type, "signed", True) else "zext"
    name = state.b.helper(*_text(width, cell, type, move, scale, verb))
    state.b.declarations.setdefault(f"llvm.cttz.{bits}", f"declare {bits} @llvm.cttz.{bits}({bits}, i1)")
    return name, [("ptr", base), (state.v.type(type), lanes), (bits, mask)]


def _text(width: int, cell: str, index: str, move: str, scale: int, verb: str) -> tuple[str, str]:
    """Return the name and the text of a function: a loop over the lanes of a mask."""
    name, bits, vector = f"{verb}.v{width}{cell}.{index}{move[:1]}.{scale}", f"i{width}", f"<{width} x {cell}>"
    reads = verb == "gather"
    result, given = (vector, "") if reads else ("void", f", {vector} %v")
    return name, "\n".join([
        f"define internal {result} @{name}(ptr %base, <{width} x {index}> %i, {bits} %mask{given})",
        "noinline nounwind #0 {",
        "entry:",
        f"  %indices = alloca <{width} x {index}>",
        f"  %lanes = alloca {vector}",
        f"  store <{width} x {index}> %i, ptr %indices",
        f"  store {vector} {'zeroinitializer' if reads else '%v'}, ptr %lanes",
        "  br label %loop",
        "loop:",
        f"  %left = phi {bits} [ %mask, %entry ], [ %rest, %lane ]",
        f"  %none = icmp eq {bits} %left, 0",
        "  br i1 %none, label %end, label %lane",
        "lane:",
        f"  %first = call {bits} @llvm.cttz.{bits}({bits} %left, i1 true)",
        *_element(cell, index, move, scale, bits),
        f"  %x = load {cell}, ptr {'%place' if reads else '%mine'}, align 1",
        f"  store {cell} %x, ptr {'%mine' if reads else '%place'}, align 1",
        f"  %less = sub {bits} %left, 1",
        f"  %rest = and {bits} %left, %less",
        "  br label %loop",
        "end:",
        *([f"  %all = load {vector}, ptr %lanes", f"  ret {vector} %all"] if reads else ["  ret void"]),
        "}",
    ])  # fmt: skip


def _element(cell: str, index: str, move: str, scale: int, bits: str) -> list[str]:
    """Return what finds the place of a lane's element, and where its vector has it."""
    lane = ["  %lane64 = add i64 %first, 0"] if bits == "i64" else [f"  %lane64 = zext {bits} %first to i64"]
    lane += [f"  %at = getelementptr {index}, ptr %indices, i64 %lane64", f"  %number = load {index}, ptr %at",
             f"  %mine = getelementptr {cell}, ptr %lanes, i64 %lane64"]  # fmt: skip
    if index == "ptr":
        return [*lane, "  %place = getelementptr i8, ptr %number, i64 0"]
    wide = f"  %wide = {move} {index} %number to i64" if index != "i64" else "  %wide = add i64 %number, 0"
    return [*lane, wide, f"  %bytes = mul i64 %wide, {scale}", "  %place = getelementptr i8, ptr %base, i64 %bytes"]
