"""What the loops of the filters' machine code do lane by lane, for any processor: `python benchmarks/inner_loops.py`.

A vector of threads should be worked on as one. Where a processor lacks an instruction, LLVM takes a vector apart, and
nothing tells but the time. So this counts, for each kernel of the calls of cold.py, the instructions in its loops over
vectors (and in those within) that move a single lane, compute with a single float, divide one integer by another, load
or store a byte, a half or a float, or call a function. Paths that only part of a vector takes are left out.
--processor neoverse-n1 compiles for one that need not be this machine's; several, between commas, are shown in columns.
A gather moves and loads each lane on every processor that has no instruction for it, as all but the newest of Arm's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from cold import CASES
from processors import MACHINES
from table import parser

import imgcuda
from imgcuda.cpu import loading
from imgcuda.cpu.compile import optimize, to_llvm, vector_width, with_definitions
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.stack import on_a_large_stack
from imgcuda.programs.source import Program

PROCESSORS = MACHINES | {
    "neoverse-n1": Machine("neoverse-n1", "+neon", "aarch64-linux-gnu"),
    "neoverse-v1": Machine("neoverse-v1", "+neon", "aarch64-linux-gnu"),
    "neoverse-v2": Machine("neoverse-v2", "+neon", "aarch64-linux-gnu"),
    "apple-m1": Machine("apple-m1", "+neon", "aarch64-linux-gnu"),
}

ARM = {
    "lanes": r"(umov|smov|ins) |mov (v\d+\.[bhsd]\[|[wxsdhb]\d+, v\d+\.)|(ld|st)\d \{[^}]*\}\[",
    "floats": r"([su]cvtf|f(?!mov|cmp)\w+) [sdwx]\d+, *[sdwx]",
    "divisions": r"[su]div ",
    "loads": r"ld(u?rs?[bh]|u?r [bhs]\d)",
    "stores": r"st(u?r[bh]|u?r [bhs]\d)",
    "calls": r"bl ",
}
X86 = {
    "lanes": r"v?(pextr|pinsr|extractps|insertps)",
    "floats": r"v?((add|sub|mul|div|sqrt|min|max|round|fn?m\w+)s[sd] |cvt\w+2s[sd]|cvtt?s[sd]2)",
    "divisions": r"i?div[bwlq] ",
    "loads": r"(mov[zs][bw]|v?movs[sd] )[^%]*\(",
    "stores": r"(mov[bw]|v?movs[sd]) %\w+, [^%]*\(",
    "calls": r"call",
}
"""What is counted: the beginnings of instructions, as LLVM writes them."""

PARTIAL = re.compile(r"(mixed|left|some|scattered|slow|rare|never|cond\.(load|store))\d*\b")
"""Blocks of the lowering, and of LLVM, that run with a part of a vector's threads."""
_LABEL = re.compile(r"(?:\.?L?(BB\d+_\d+)|\W+(%bb\.\d+)):(?:.*[;/#] %([\w.]+))?")
_DEPTH = re.compile(r"Loop Header: Depth=(\d+)|in Loop: Header=\w+ Depth=(\d+)")
_COMMENT = re.compile(r"\s*(//|;|##|#[^-\d]).*")
_NO_WAY_ON = re.compile(r"(b|br|jmp\w?|ret\w?) ")


@dataclass
class Block:
    """A basic block of assembly."""

    name: str
    """That of the block of LLVM's language that it was made of."""
    depth: int = 0
    """How many loops it lies in."""
    instructions: list[str] = field(default_factory=list)


def blocks(assembly: str) -> dict[str, Block]:
    """Return the basic blocks of a kernel, by their labels, in order."""
    made: dict[str, Block] = {}
    body = re.search(r"^_?kernel:.*?(?=^\s*(?:\.cfi_endproc|\.size|## -- End|; -- End|// -- End|\.Lfunc_end))",
                     assembly, re.M | re.S)  # fmt: skip
    assert body is not None
    current = Block("")
    for line in body[0].splitlines():
        if found := _LABEL.match(line):
            made[found[1] or found[2]] = current = Block(found[3] or "")
        if found := _DEPTH.search(line):
            current.depth = max(current.depth, int(found[1] or found[2]))
        elif line.startswith("\t") and line[1] not in ".;#/":
            current.instructions.append(" ".join(_COMMENT.sub("", line).split()) + " ")
    return made


def common(made: dict[str, Block]) -> Iterator[Block]:
    """Return the blocks that can be reached with a whole vector of threads."""
    order, seen, ahead = list(made), set(), [0]
    while ahead:
        at = ahead.pop()
        if at in seen or at >= len(order) or PARTIAL.match(made[order[at]].name):
            continue
        seen.add(at)
        block = made[order[at]]
        yield block
        targets = {target for each in block.instructions for target in re.findall(r"BB\d+_\d+", each)}
        ahead += [order.index(target) for target in targets if target in made]
        if not (block.instructions and _NO_WAY_ON.match(block.instructions[-1])):
            ahead.append(at + 1)


def counted(assembly: str, machine: Machine) -> Counter[str]:
    """Return what a kernel's loops over vectors do one by one, and how many instructions they have."""
    patterns = ARM if machine.triple.startswith(("aarch64", "arm64")) else X86
    made: Counter[str] = Counter()
    for block in common(blocks(assembly)):
        if block.depth > 1:  # the outermost loop is over blocks of threads
            made["instructions"] += len(block.instructions)
            made.update(what for what, text in patterns.items() for each in block.instructions if re.match(text, each))
    return made


def kernels(label: str, type: str, channels: int) -> list[loading.KernelKey]:
    """Return the kernels that a call launches."""
    loading.loaded.clear()
    picture = np.random.default_rng(0).integers(0, 255, (64, 96, channels)).astype(type)
    imgcuda.Pipeline([imgcuda.load().create(label.split()[0], CASES[label])])(picture, device="cpu")
    return list(loading.loaded)


def compiled(key: loading.KernelKey, machine: Machine) -> str:
    """Return a kernel's assembly for a processor, with LLVM's comments."""
    text, contract, name, block, _ = key
    program = Program("", text, np.dtype(np.uint8))

    def assembly() -> str:
        lowered = to_llvm(program, name, block, vector_width(block.x, machine.width), contract)
        target = machine.target()
        target.set_asm_verbosity(True)
        return str(target.emit_assembly(optimize(with_definitions(lowered.ir, machine.features), machine, target)))

    return str(on_a_large_stack(assembly))


def main() -> None:
    """Compile, count and print."""
    arguments = parser(__doc__)
    arguments.add_argument("--processor", default="neoverse-n1,x86-64-v3", help=", ".join(PROCESSORS))
    arguments.add_argument("--only", default="", help="how the names of the calls begin, separated by commas")
    arguments.add_argument("--type", default="uint8")
    arguments.add_argument("--channels", type=int, default=3)
    asked = arguments.parse_args()
    names, counts = asked.processor.split(","), ["instructions", *ARM]
    print(f"{', '.join(counts)}\n\n| call | kernel | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}")
    seen = set()
    for label in CASES:
        if not label.startswith(tuple(asked.only.split(","))):
            continue
        for key in kernels(label, asked.type, asked.channels):
            if key not in seen:
                found = [counted(compiled(key, PROCESSORS[name]), PROCESSORS[name]) for name in names]
                cells = (", ".join(str(each[count]) for count in counts) for each in found)
                print(f"| {label} | {key[2]} | {' | '.join(cells)} |", flush=True)
            seen.add(key)


if __name__ == "__main__":
    main()
