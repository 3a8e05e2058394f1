"""Instrumentation for checked builds: finds invalid memory accesses, races and divergent barriers at run time.

Before each access the kernel calls a function of `checks.ll`, which notes mistakes. An invalid access is redirected to
harmless memory, so a run continues and finds all mistakes at once. `checked_session` runs the kernels and reads the
notes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from imgcuda.cpu.checks.site_table import BUFFERS, Buffer, Checklist, Site
from imgcuda.cpu.memory.addresses import lane_addresses
from imgcuda.cpu.values.types import I64, Float, Int, Scalar, Type, innermost, memory_ir, size_of
from imgcuda.cpu.values.value import VARYING, Address, MemoryRegion, Value

if TYPE_CHECKING:
    from imgcuda.cpu.lowering.state import State

READ, WRITE, ATOMIC, COPY = 1, 2, 3, 4
"""The kinds of accesses, by their number in `checks.ll`. A copy may read fields that were never set."""


class Checks:
    """Emits the checks of one kernel while it is compiled."""

    def __init__(self, state: State, across: int) -> None:
        self.state, self.b, self.v = state, state.b, state.v
        self._across = across
        self._sites: dict[Site, int] = {}
        self._buffers: list[Buffer] = []
        self.fences = False
        for name, text in _functions().items():
            self.b.helper(name, text)

    @property
    def checklist(self) -> Checklist:
        """The sites and buffers that the notes refer to."""
        return Checklist(tuple(self._sites), tuple(self._buffers), self.fences)

    def buffer(self, memory: MemoryRegion, type: Type, bytes: int, argument: int, base: str) -> int:
        """Register a buffer, and return its number; `base` is its address, if only the kernel knows it."""
        number, element = len(self._buffers), innermost(type)
        unit = min(size_of(element), 4) if isinstance(element, Int | Float) else 1
        self._buffers.append(Buffer(memory.name, memory.space, bytes, unit, argument))
        if base:
            self.b.do(f"store ptr {base}, ptr {self._cell(BUFFERS + 6 * number)}")
        return number

    # ---- the current block and threads

    def begin_block(self, number: str) -> None:
        """Store the number of the block that begins, and its first epoch."""
        self._set(1, number)
        self._set(4, self.next_epoch())
        self._set(2, "-1")

    def next_epoch(self) -> str:
        """Begin a new epoch: accesses in it happen after those of earlier epochs."""
        made = self.b.op(f"add i64 {self._get(3)}, 1")
        self._set(3, made)
        return made

    def begin_threads(self, chunk: str) -> None:
        """Store the number of the first thread of the current vector."""
        row, column = (self.b.op(f"{verb} i64 {chunk}, {self._across}") for verb in ("udiv", "urem"))
        start = self.b.op(f"mul i64 {row}, {self.state.block.x}")
        inside = self.b.op(f"mul i64 {column}, {self.v.width}")
        self._set(2, self.b.op(f"add i64 {start}, {inside}"))

    def end_threads(self) -> None:
        """Store that the code now runs once for the whole block."""
        self._set(2, "-1")

    def stopped(self) -> str:
        """Return whether the launch must end early."""
        return self.b.op(f"icmp ne i64 {self._get(5)}, 0")

    # ---- memory

    def allowed(self, address: Address, type: Scalar, op: int) -> Address:
        """Check a read; return the address, which for an invalid access is that of harmless memory."""
        slot = self._places(address)
        verb = {READ: "reads", ATOMIC: "changes"}[op]
        site = self._site(verb, address.memory.name, size_of(type))
        known = address.memory.buffer, ("ptr", slot), self._mask(), self.v.width, size_of(type)
        first = self._call("check_places", "ptr", *known, site, op)
        if address.kind != VARYING and (address.index is None or address.index.scalar):
            kind_ = address.kind if address.index is None else max(address.kind, address.index.kind)
            return Address(address.type, first, kind_, address.memory)
        lanes = self.b.op(f"load {self.v.type('ptr')}, ptr {slot}")
        return Address(address.type, lanes, VARYING, address.memory)

    def write(self, address: Address, value: Value, type: Scalar) -> None:
        """Check a store, and emit it."""
        lanes = self.v.type(memory_ir(type))
        values = self.b.slot(lanes)
        self.b.do(f"store {lanes} {self.v.to_memory(self.v.of(value), VARYING, type)}, ptr {values}")
        site = self._site("writes", address.memory.name, size_of(type))
        float = type.bits if isinstance(type, Float) and address.memory.space == "global" else 0
        slot = self._places(address)
        known = address.memory.buffer, ("ptr", slot), self._mask(), self.v.width, size_of(type)
        self._call("check_write", "void", *known, site, ("ptr", values), float)

    def own(self, address: Address, index: Value, type: Scalar, op: int) -> Value:
        """Check an access to private memory; return the indices, replaced where they are out of bounds."""
        assert address.private is not None
        count, written = address.private.watched(self.state, address.path)
        shape = self.v.type("i64")
        slot = self.b.slot(shape)
        self.b.do(f"store {shape} {self.v.of(index)}, ptr {slot}")
        site = self._site("writes" if op == WRITE else "reads", address.memory.name, size_of(type))
        memory = ("ptr", slot), self._mask(), self.v.width, count, ("ptr", written)
        self._call("check_private", "void", *memory, site, op)
        return Value(I64, VARYING, self.b.op(f"load {shape}, ptr {slot}"))

    def set_before(self, name: str, given: Value) -> None:
        """Check that the threads that read a variable have set it; `given` says which have."""
        missing = self.state.math.negation(given)
        mask = self._bits(self.v.both(self.state.mask, self.v.of(missing)))
        self._note(mask, self._site("unset", name, 0), 1)

    def asserted(self, holds: Value) -> None:
        """Check that a condition holds for the threads that come here."""
        failing = self.v.of(self.state.math.negation(holds))
        self._note(self._bits(self.v.both(self.state.mask, failing)), self._site("assert", "", 0), 1)

    # ---- loops and barriers

    def loop(self) -> str:
        """Return a counter for the iterations of a loop, 0 at first."""
        slot = self.b.slot("i64")
        self.b.do(f"store i64 0, ptr {slot}")
        return slot

    def round(self, slot: str, end: str) -> None:
        """Count an iteration; jump to `end` if there were too many for a loop that ends."""
        rounds = self.b.op(f"add i64 {self.b.op(f'load i64, ptr {slot}')}, 1")
        self.b.do(f"store i64 {rounds}, ptr {slot}")
        stop = self._call("check_loop", "i1", rounds, self._mask(), self._site("loop", "", 0))
        go_on = self.b.label("round")
        self.b.branch(stop, end, go_on)
        self.b.place(go_on)

    def barrier_divergence(self, absent: str, end: str) -> None:
        """End the launch if a bool in memory says that some threads of the block do not reach this barrier."""
        wrong, fine = self.b.label("parted"), self.b.label("together")
        self.b.branch(self.b.op(f"load i1, ptr {absent}"), wrong, fine)
        self.b.place(wrong)
        self._note("1", self._site("barrier", "", 0), 0)
        self._set(5, "1")
        self.b.jump(end)
        self.b.place(fine)

    # ---- helpers

    def _site(self, verb: str, name: str, size: int) -> int:
        """Return the number of the site at the current place in the source."""
        place = self.state.place
        file, line = (place.file, place.line) if place else (self.state.unit.file, 0)
        text = self.state.line_at(place).strip() if place else ""
        return self._sites.setdefault(Site(verb, name, size, file, line, text), len(self._sites))

    def _note(self, mask: str, site: int, kind: int) -> None:
        self._call("check_lanes", "void", mask, site, kind, 0)

    def _call(self, name: str, result: str, *arguments: int | str | tuple[str, str]) -> str:
        """Call a function of `checks.ll`; arguments without a type are i64."""
        typed = [each if isinstance(each, tuple) else ("i64", str(each)) for each in arguments]
        return self.b.call(name, result, [("ptr", "%check"), *typed])

    def _places(self, address: Address) -> str:
        """Store the address of each lane, and return where."""
        slot = self.b.slot(self.v.type("ptr"))
        self.b.do(f"store {self.v.type('ptr')} {lane_addresses(self.state, address)}, ptr {slot}")
        return slot

    def _mask(self) -> str:
        """Return the lane mask as an integer; outside the loop over threads, only its first bit is set."""
        if self.state.outside_chunks:
            return "1"
        return self._bits(self.state.mask) if self.state.mask else "-1"

    def _bits(self, mask: str) -> str:
        width = self.v.width
        bits = self.b.op(f"bitcast {self.v.type('i1')} {mask} to i{width}")
        return bits if width == 64 else self.b.op(f"zext i{width} {bits} to i64")

    def _cell(self, number: int) -> str:
        return self.b.op(f"getelementptr i64, ptr %check, i64 {number}")

    def _get(self, number: int) -> str:
        return self.b.op(f"load i64, ptr {self._cell(number)}")

    def _set(self, number: int, value: str) -> None:
        self.b.do(f"store i64 {value}, ptr {self._cell(number)}")


def known(
    state: State, memory: MemoryRegion, type: Type, bytes: int = 0, *, argument: int = -1, base: str = ""
) -> MemoryRegion:
    """Return a memory region, registered with the checks in a checked build; `bytes` is 0 if set at launch."""
    if not state.checks:
        return memory
    return replace(memory, buffer=state.checks.buffer(memory, type, bytes, argument, base))


def rounds(state: State) -> Callable[[str], None]:
    """Return a function that emits the iteration counter of the loop that begins here; it does nothing if unchecked."""
    checks = state.checks
    if not checks:
        return lambda end: None
    slot = checks.loop()
    return lambda end: checks.round(slot, end)


@cache
def _functions() -> dict[str, str]:
    """Return the functions of `checks.ll` and the declarations that they need, by name."""
    text = Path(__file__).with_name("checks.ll").read_text("utf-8")
    needed = {"llvm.memcpy.p0.p0.i64": "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)",
              "llvm.cttz.i64": "declare i64 @llvm.cttz.i64(i64, i1)"}  # fmt: skip
    return needed | {match[1]: match[0] for match in _FUNCTION.finditer(text)}


_FUNCTION = re.compile(r"^define [^@]*@(\w+)\(.*?^}", re.MULTILINE | re.DOTALL)
