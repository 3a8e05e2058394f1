"""Makes a whole LLVM module of a compiled kernel, with an entry point that reads the arguments from memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imgcuda.cpu import private_copies
from imgcuda.cpu.checks.site_table import Checklist
from imgcuda.cpu.ir import Builder
from imgcuda.cpu.lowering.accumulators import Accumulator
from imgcuda.cpu.values.types import Type

_LAUNCH = (("gx", "i32"), ("gy", "i32"), ("gz", "i32"), ("dynamic", "i64"), ("check", "ptr"), ("heap", "ptr"))
"""A launch besides its arguments: the grid's size, the bytes of dynamic shared memory, the checks' notes, and memory
for what does not fit a stack. Without checks, the notes are null unless one thread runs all blocks, or each has copies
of the arrays that all sum into (`private_copies`)."""


@dataclass(frozen=True)
class Compiled:
    """A kernel in LLVM IR, and the types of its arguments."""

    name: str
    ir: str
    parameters: tuple[Type, ...]
    width: int
    checklist: Checklist | None = None
    """In a checked build, the places in the source that its notes refer to."""
    written: tuple[int, ...] = ()
    """The positions of the arguments whose memory it may write to."""
    heap: int = 0
    """The bytes that it needs on the heap."""
    stack: int = 0
    """The most bytes that it needs on the stack."""
    sized_by_launch: bool = False
    """Whether it has `extern __shared__` arrays, whose size a launch gives."""
    prints: bool = False
    """Whether it calls printf."""
    constants: tuple[tuple[str, int], ...] = ()
    """The `__constant__` variables that a launch sets, and their bytes: arguments behind its own have them."""
    variables: tuple[tuple[str, int, bytes], ...] = ()
    """The `__device__` variables, their sizes and first bytes: the last arguments are their addresses."""
    accumulators: tuple[Accumulator, ...] = ()
    """The arguments that it only sums into."""
    pointers: tuple[tuple[int, int], ...] = ()
    """The pointers in structures that are arguments: the position of the argument, and the offset in it."""


_ONE_CALL = ["  call void @kernel({})", "  ret void"]
_CALLS = [
    "  %any = icmp slt i64 %first, %last",
    "  br i1 %any, label %block, label %done",
    "block:",
    "  %number = phi i64 [ %first, %start ], [ %next, %block ]",
    "  call void @kernel({})",
    "  %next = add nsw i64 %number, 1",
    "  %more = icmp slt i64 %next, %last",
    "  br i1 %more, label %block, label %done",
    "done:",
    "  ret void",
]
"""What calls a kernel that computes all blocks, and one that computes one."""


_DYNAMIC_SHARED = "  %shared = alloca i8, i64 %dynamic, align 64"


def module(b: Builder, arguments: list[str], looped: bool, accumulators: Sequence[Accumulator] = ()) -> str:
    """Return the module for a kernel's body and the declarations of its arguments.

    `looped`: the body has the loop over the blocks in it. `accumulators` are the arguments that it only sums into.
    """
    fixed = [f"{kind} %{name}" for name, kind in _LAUNCH] + ["i64 %first", "i64 %last"]
    unpacking, passed = _unpack(arguments)
    called = ", ".join([*passed, "i64 %first" if looped else "i64 %number", "i64 %last"])
    name = "internal void @blocks" if accumulators else "void @entry"
    body = b.body()
    if "%shared" in body:
        body = body.replace("entry:", f"entry:\n{_DYNAMIC_SHARED}", 1)
    return "\n".join(
        [
            *b.globals.values(),
            f"define internal void @kernel({', '.join([*arguments, *fixed])}) noinline nounwind #0 {{",
            body,
            "}",
            f"define {name}(ptr %arguments, ptr %launch, i64 %first, i64 %last) nounwind {{",
            "start:",
            *unpacking,
            *(line.format(called) for line in (_ONE_CALL if looped else _CALLS)),
            "}",
            *([private_copies.entry(accumulators, len(arguments))] if accumulators else []),
            *b.declarations.values(),
            *(f"!{10 + number} = {text}" for number, text in enumerate(b.metadata)),
        ]
    )


def is_sized_by_launch(ir: str) -> bool:
    """Return whether a kernel's module uses dynamic shared memory."""
    return _DYNAMIC_SHARED in ir


def _unpack(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the instructions that read the arguments, eight bytes each, and the list that passes them on."""
    lines, passed = [], []
    for position, declared in enumerate(arguments):
        type = declared.split()[0]
        memory = "i8" if type == "i1" else type
        lines += [f"  %p{position} = getelementptr i64, ptr %arguments, i64 {position}",
                  f"  %r{position} = load {memory}, ptr %p{position}"]  # fmt: skip
        if type == "i1":
            lines.append(f"  %b{position} = trunc i8 %r{position} to i1")
        passed.append(f"{type} %{'b' if type == 'i1' else 'r'}{position}")
    for position, (name, kind) in enumerate(_LAUNCH):
        lines += [f"  %q{position} = getelementptr i64, ptr %launch, i64 {position}",
                  f"  %{name} = load {kind}, ptr %q{position}"]  # fmt: skip
        passed.append(f"{kind} %{name}")
    return lines, passed
