"""A loop over the set lanes of a mask, in order, as helper functions have it in LLVM IR."""

from __future__ import annotations

from collections.abc import Sequence


def over_set_lanes(width: int, before: str, body: Sequence[str]) -> list[str]:
    """Return a loop that runs `body` for each lane set in `%mask`, an integer; `%lane64` is the lane's number.

    It is entered from the block `before`, and the code after it is in the block `end`. `llvm.cttz` must be declared.
    """
    bits = f"i{width}"
    wide = f"zext {bits} %first to i64" if width < 64 else "add i64 %first, 0"
    return [
        "  br label %loop",
        "loop:",
        f"  %left = phi {bits} [ %mask, %{before} ], [ %rest, %lane ]",
        f"  %none = icmp eq {bits} %left, 0",
        "  br i1 %none, label %end, label %lane",
        "lane:",
        f"  %first = call {bits} @llvm.cttz.{bits}({bits} %left, i1 true)",
        f"  %lane64 = {wide}",
        *body,
        f"  %less = sub {bits} %left, 1",
        f"  %rest = and {bits} %left, %less",
        "  br label %loop",
        "end:",
    ]
