"""Writes LLVM IR as text, which is faster than building it from objects, and can be read as LLVM gets it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import inf, prod

from imgcuda.cpu.budget import BLOCK, INSTRUCTIONS, LABEL, LOOP, TooMuch, TooWide
from imgcuda.cpu.values.types import Scalar

_SLOT = "%s"
"""The beginning of the names of slots; those of other values begin otherwise."""


def picked(lanes: Sequence[int | None]) -> str:
    """Return the index operand of a shuffle; None stands for an undefined lane."""
    return f"<{len(lanes)} x i32> <{', '.join('i32 poison' if lane is None else f'i32 {lane}' for lane in lanes)}>"


class Builder:
    """Writes the body of one function: instructions, and basic blocks in the order in which they are placed."""

    def __init__(self, most: float = inf) -> None:
        self._most = most
        """The number of instructions beyond which TooWide is raised; those added by unrolled loops count twice."""
        self._lines: list[str] = []
        self._slots: list[tuple[str, str, int]] = []
        """The `alloca`s of the function: name, type, alignment."""
        self._on_heap: list[str] = []
        self._cut = 0
        """The line at which the current basic block was begun, to limit its length."""
        self.unrolled = 0
        """The number of instructions that unrolled loops will add to those written."""
        self._count = 0
        self._charged = 0
        """The number of instructions that blocks and loops count as, in addition to the emitted ones."""
        self.formulas = 0
        """The number of instructions of inlined mathematical functions."""
        self.called: dict[str, Scalar] = {}
        """The result types of mathematical functions that are compiled once and called, by name."""
        self.declarations: dict[str, str] = {}
        self.globals: dict[str, str] = {}
        self.metadata: list[str] = []
        self.ended = False
        """Whether the current block has its final branch."""
        self._reached: set[str] = set()
        """The labels that reachable code jumps to."""
        self._dead = False
        self.silent = False
        """Whether nothing is written, since only the type of an expression is asked for, as by sizeof."""

    @property
    def count(self) -> int:
        """The approximate number of instructions so far, with loops unrolled."""
        return self._count + self.unrolled

    def _next(self) -> int:
        """Return the next number for a name. Expressions compiled only for their type are counted, too."""
        self._count += 1
        self.charge(0)
        if self.count + self.unrolled > self._most:
            raise TooWide
        return self._count

    def charge(self, instructions: int) -> None:
        """Count what takes LLVM as long as so many instructions. Raises TooMuch if the kernel is beyond the budget."""
        self._charged += instructions
        if self.count + self._charged > INSTRUCTIONS:
            counting = f"functions count at each call, a basic block as {LABEL + 1}, a loop as {LOOP}"
            raise TooMuch(f"it becomes more than {INSTRUCTIONS:,} instructions ({counting})")

    # ---- instructions

    def op(self, text: str) -> str:
        """Write an instruction that has a result, and return the result's name."""
        name = f"%v{self._next()}"
        self.do(f"{name} = {text}")
        return name

    def do(self, text: str) -> None:
        """Write an instruction that has no result."""
        if self.silent:
            return
        if self.ended:  # unreachable code goes into a block of its own, which LLVM drops
            self.place(self.label("dead"))
        self._lines.append(f"  {text}")
        if len(self._lines) - self._cut > BLOCK:
            self._cut_block()

    def _cut_block(self) -> None:
        """Begin a block that LLVM cannot merge with the last: its time grows with the square of a block's length."""
        self._cut = len(self._lines)
        byte = self.op("load volatile i8, ptr %uncut")
        following = self.label("following")
        self.branch(self.op(f"icmp ne i8 {byte}, 0"), following, "never")
        self.place(following)

    def call(self, name: str, result: str, arguments: list[tuple[str, str]], attributes: str = "") -> str:
        """Call a function of LLVM or the C library, declaring it, and return its result's name."""
        types = ", ".join(kind for kind, _ in arguments)
        self.declarations.setdefault(name, f"declare {result} @{name}({types})")
        passed = ", ".join(f"{kind} {value}" for kind, value in arguments)
        text = f"call {attributes}{' ' if attributes else ''}{result} @{name}({passed})"
        if result == "void":
            self.do(text)
            return ""
        return self.op(text)

    def helper(self, name: str, text: str) -> str:
        """Add a function of our own to the module, once, and return its name."""
        self.declarations[name] = text
        return name

    def function(self, name: str, parameters: str, write: Callable[[], tuple[str, str]]) -> None:
        """Add a function to the module. `write` writes its body, and returns the type and name of its result."""
        outer = self._lines, self._slots, self.ended, self.silent, self._cut
        self._lines, self._slots, self.ended, self.silent, self._cut = [], [], False, False, INSTRUCTIONS
        try:
            type, result = write()
            self._end(f"ret {type} {result}")
            text = _body(self._slots, [], self._lines)
            self.helper(name, f"define internal {type} @{name}({parameters}) noinline nounwind #0 {{\n{text}\n}}")
        finally:
            self._lines, self._slots, self.ended, self.silent, self._cut = outer

    def slot(self, type: str, align: int = 0) -> str:
        """Reserve memory until the function returns (`alloca`), and return its address."""
        name = f"{_SLOT}{self._next()}"
        if not self.silent:
            self._slots.append((name, type, align))
        return name

    def is_slot(self, place: str) -> bool:
        """Return whether an address is that of a whole `slot`, which LLVM may keep in a register."""
        return place.startswith(_SLOT)

    def zero(self, slot: str, bytes: int) -> None:
        """Set memory to zero."""
        given = [("ptr", slot), ("i8", "0"), ("i64", str(bytes)), ("i1", "false")]
        self.call("llvm.memset.p0.i64", "void", given)

    # ---- blocks

    def label(self, hint: str) -> str:
        """Return a new label, to be placed later."""
        self.charge(LABEL)
        return f"{hint}{self._next()}"

    @property
    def dead(self) -> bool:
        """Whether no code leads here, as behind a `return`."""
        return self._dead or self.ended

    def place(self, label: str) -> None:
        """Begin a block. The block before falls through to it, unless it ends with a branch."""
        if self.silent:
            return
        self.jump(label)
        self._lines.append(f"{label}:")
        self.ended, self._dead = False, label not in self._reached

    def jump(self, label: str, note: str = "") -> None:
        self._end(f"br label %{label}{note}", label)

    def branch(self, condition: str, then: str, otherwise: str, note: str = "") -> None:
        self._end(f"br i1 {condition}, label %{then}, label %{otherwise}{note}", then, otherwise)

    def switch(self, type: str, value: str, default: str, cases: list[tuple[str, str]]) -> None:
        """Branch to the label of a value, as `switch` does."""
        table = " ".join(f"{type} {number}, label %{label}" for number, label in cases)
        self._end(f"switch {type} {value}, label %{default} [ {table} ]", default, *(label for _, label in cases))

    def leave(self) -> None:
        """Return from the function."""
        self._end("ret void")

    def _end(self, text: str, *labels: str) -> None:
        if self.silent:
            return
        if not self.ended:
            self._lines.append(f"  {text}")
        if not self.dead:
            self._reached.update(labels)
        self.ended = True

    def likely(self) -> str:
        """Return metadata for a branch that is mostly taken, so that LLVM keeps registers for the first target."""
        text = '!{!"branch_weights", i32 1000, i32 1}'
        if text not in self.metadata:
            self.metadata.append(text)
        return f", !prof !{10 + self.metadata.index(text)}"

    # ---- loops

    def loop_note(self, *properties: str) -> str:
        """Return metadata for a loop's back edge, like "llvm.loop.unroll.full"."""
        number = 10 + len(self.metadata)
        self.metadata.append("")
        notes = []
        for property in properties:
            notes.append(f"!{10 + len(self.metadata)}")
            self.metadata.append(f"!{{{property}}}")
        self.metadata[number - 10] = f"distinct !{{!{number}{''.join(', ' + note for note in notes)}}}"
        return f", !llvm.loop !{number}"

    def to_heap(self, stack: int) -> int:
        """Move the largest arrays to the heap until the rest fits the stack, and return the bytes on the heap."""
        arrays = sorted((slot for slot in self._slots if slot[1][0] == "["), key=lambda slot: bytes_of(slot[1]))
        left, heap = sum(bytes_of(type) for _, type, _ in arrays), 0
        moved = set()
        while left > stack:
            name, type, _ = arrays.pop()
            self._on_heap.append(f"  {name} = getelementptr i8, ptr %heap, i64 {heap}")
            moved.add(name)
            left -= bytes_of(type)
            heap += -(-bytes_of(type) // 64) * 64
        self._slots = [slot for slot in self._slots if slot[0] not in moved]
        return heap

    def body(self) -> str:
        """Return the function's body: the reserved memory, then the instructions."""
        if not self._cut:
            return _body(self._slots, self._on_heap, self._lines)
        byte = ["  %uncut = alloca i8", "  store volatile i8 1, ptr %uncut"]
        return _body(self._slots, [*byte, *self._on_heap], [*self._lines, "never:", "  ret void"])


def _body(slots: Sequence[tuple[str, str, int]], heap: Sequence[str], lines: Sequence[str]) -> str:
    reserved = [f"  {name} = alloca {type}{f', align {align}' if align else ''}" for name, type, align in slots]
    return "\n".join(["entry:", *reserved, *heap, "  br label %start", "start:", *lines])


def bytes_of(type: str) -> int:
    """Return the bytes of an LLVM array, like [16 x [4 x <8 x i32>]]."""
    bits = _BITS[type.rstrip("]>").rpartition(" ")[2]]
    counts = [int(count) for count in _COUNT.findall(type)]
    # Bools in a vector take a bit each, and a byte in all at least.
    lanes = counts.pop() if "<" in type else 1
    return prod(counts) * max(1, bits * lanes // 8)


_COUNT = re.compile(r"(\d+) x")
_BITS = {"i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64, "float": 32, "double": 64, "ptr": 64}
