"""Tells listeners where the code of each kernel comes from: a compiler, or the cache on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Literal, NamedTuple, TypeAlias

from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program

Origin: TypeAlias = Literal["compiled", "cache"]


class CodeOrigin(NamedTuple):
    """Where the code of a kernel came from, and the seconds until it was loaded.

    Kernel and block are None for a compiler that compiles all kernels of a program at once, for any block.
    """

    program: Program
    kernel: str | None
    block: Dim3 | None
    origin: Origin
    seconds: float


Listener: TypeAlias = Callable[[CodeOrigin], None]

_listeners: list[Listener] = []


@contextmanager
def told(listener: Listener) -> Iterator[None]:
    """Call a function for each kernel that is compiled or read from disk within the context, in any thread."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def tell(program: Program, kernel: str | None, block: Dim3 | None, origin: Origin, started: float) -> None:
    """Tell the listeners of code that is there now, and was not yet at the time `started` of `perf_counter`."""
    for listener in tuple(_listeners):
        listener(CodeOrigin(program, kernel, block, origin, perf_counter() - started))
