"""The limits of a kernel: on memory, as CUDA has them, and on its size, so that it compiles within seconds."""

from __future__ import annotations

SHARED = 48 << 10
"""The most bytes of `__shared__` arrays in a block."""
LOCAL = 512 << 10
"""The most bytes of arrays and structures of a thread."""
CONSTANT = 64 << 10
"""The most bytes of `__constant__` tables in a file."""
ARRAY = 1 << 31
"""The most bytes of any array or structure, so that no index into it overflows."""
HEAP = 1 << 30
"""The most bytes of arrays on the heap, for the blocks that run on all cores together."""
STACK = 128 << 10
"""The most bytes of arrays on a kernel's stack; if there are more, the largest arrays go to the heap."""

INSTRUCTIONS = 30_000
"""The most LLVM instructions of a kernel, with its functions inlined at each call, and blocks and loops as below."""
LABEL = 3
"""How many further instructions a basic block counts as: LLVM takes longer for one than for an instruction."""
LOOP = 60
"""How many further instructions a loop counts as: LLVM may repeat its body up to eight times."""
PASSES_INSTRUCTIONS = 100_000
"""The most instructions that all passes over a kernel compile, but for the last pass."""
WIDE = 16_000
"""Beyond this many instructions the longest vectors are halved, since LLVM compiles shorter ones faster, and what many
sums are kept in would not fit the registers: those that unrolled loops add count twice."""
LOOPED = 2_000
"""The most instructions of a kernel that has the loop over blocks in it; of a longer one each block is a call, so that
LLVM has one loop less to look at again and again."""
BLOCK = 3_000
"""Lines of LLVM IR after which a new basic block begins."""
FORMULAS = 6_000
"""The most instructions of CUDA's mathematical functions that are inlined, for speed; beyond, each function is
compiled once, and called."""
UNROLLED = 8_000
"""The most instructions of an unrolled loop; a longer one stays a loop."""
VALUES = 200_000
"""The most numbers in the braces of a table or array, including zeros that are not written out."""
OWN_VALUES = 2_000
"""The most numbers in the braces of a thread's own array."""
LOOPS = 50
"""The deepest nesting of loops, counted through calls of functions: LLVM's time grows with its cube."""
CASES = 256
"""The most cases of an LLVM switch, whose time grows with their square; more become a search among several switches."""
SECTIONS = 1_000
"""The most sections of a switch."""
FIELDS = 4_000
"""The most numbers and arrays of numbers in a structure, including structures in it."""


class TooWide(Exception):
    """Raised if a kernel is too large for long vectors."""


class TooMuch(Exception):
    """Raised if a kernel exceeds one of these limits; the message says which, and the remedy what to do."""

    def __init__(self, message: str, remedy: str = "make it shorter, with loops") -> None:
        super().__init__(message)
        self.remedy = remedy


def kilobytes(size: int) -> str:
    """Return a size as text in KB of 1024 bytes, as CUDA's documentation gives it."""
    return f"{-(-size // 1024):,} KB"
