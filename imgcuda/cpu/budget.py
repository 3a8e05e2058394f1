"""What a kernel may take: of a GPU's memory, as CUDA limits it, and of the compiler's time."""

from __future__ import annotations

SHARED = 48 << 10
"""Bytes of `__shared__` arrays that a block may declare."""
LOCAL = 512 << 10
"""Bytes of arrays and structures that a thread may have."""
CONSTANT = 64 << 10
"""Bytes of `__constant__` tables in a file."""
ARRAY = 1 << 31
"""Bytes of any array or structure, so that no index into it overflows."""
HEAP = 1 << 30
"""Bytes that the blocks on all cores may take for what does not fit a stack."""
STACK = 128 << 10
"""Bytes of arrays that the machine code of a kernel keeps on its stack: the largest of what is more go to the heap."""

INSTRUCTIONS = 30_000
"""Instructions of LLVM's that a kernel may become, its functions compiled at each call."""
WIDE = 12_000
"""Instructions beyond which vectors of the longest kind are halved, as LLVM takes less time for shorter ones."""
BLOCK = 3_000
"""Lines of LLVM's language after which a new basic block begins."""
FORMULAS = 6_000
"""Instructions of CUDA's mathematical functions that are compiled in place of calls, for speed; beyond, each function
is compiled once, and called."""
UNROLLED = 8_000
"""Instructions that an unrolled loop may become; a longer one stays a loop."""
VALUES = 200_000
"""Numbers that a table or array may be given in braces, zeros that are not written out included."""
OWN_VALUES = 2_000
"""Numbers that an array of a thread's own may be given in braces."""
LOOPS = 50
"""Loops within each other, those around the calls of functions included: LLVM's time grows with the cube of it."""
SECTIONS = 1_000
"""Sections of a switch on which threads may disagree."""
FIELDS = 4_000
"""Numbers and arrays of numbers in a structure, those of structures in it included."""


class TooWide(Exception):
    """Raised where a kernel is too large for long vectors."""


class TooMuch(Exception):
    """Raised where a kernel is beyond the compiler's budget; the message says what there is too much of."""


def kilobytes(size: int) -> str:
    """Return a size as CUDA's documentation gives it: in KB of 1024 bytes."""
    return f"{-(-size // 1024):,} KB"
