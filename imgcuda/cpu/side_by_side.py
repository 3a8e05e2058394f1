"""Compiles kernels side by side: LLVM does not need the GIL, so threads on several cores gain.

llvmlite takes a lock for each call of LLVM, as different threads might use one LLVM context. Here each kernel has a
context of its own, which LLVM allows. So the two calls that take long are made without that lock.
"""

from __future__ import annotations

import ctypes
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

from imgcuda.cpu.machine import load_llvm
from imgcuda.cpu.stack import on_a_large_stack, start

_Result = TypeVar("_Result")


def side_by_side(first: Callable[[], _Result], others: Iterable[Callable[[], object]], threads: int) -> _Result:
    """Return what a function returns, and call others meanwhile, in up to `threads` threads, this one among them.

    Exceptions of the others are dropped. If the first raises one, those that have not begun are not called.
    """
    waiting = deque(others)

    def work() -> None:
        with suppress(IndexError):  # when none is left
            while True:
                _call(waiting.popleft())

    helpers = [threading.Thread(target=on_a_large_stack, args=(work,)) for _ in range(min(threads - 1, len(waiting)))]
    started: list[threading.Thread] = []
    try:
        with suppress(RuntimeError, MemoryError):  # the system may allow no more threads
            for helper in helpers:
                start(helper)
                started.append(helper)
        result = first()
        work()
        return result
    finally:
        waiting.clear()
        for helper in started:
            helper.join()


def _call(work: Callable[[], object]) -> None:
    with suppress(Exception):
        work()


def run_passes(passes: Any, module: Any, builder: Any) -> None:
    """Run LLVM's passes over a module."""
    _unlocked("LLVMPY_RunNewModulePassManager")(passes, module, builder)


def emit_object(target: Any, module: Any) -> bytes:
    """Return a module's machine code, as an object file."""
    ffi = load_llvm().ffi
    with ffi.OutputString() as error:
        buffer = _unlocked("LLVMPY_TargetMachineEmitToMemory")(target, module, 1, error)
        if not buffer:
            raise RuntimeError(str(error))
    try:
        return ctypes.string_at(ffi.lib.LLVMPY_GetBufferStart(buffer), ffi.lib.LLVMPY_GetBufferSize(buffer))
    finally:
        ffi.lib.LLVMPY_DisposeMemoryBuffer(buffer)


@cache
def _unlocked(name: str) -> Any:
    """Return a function of the library that llvmlite has loaded, without llvmlite's lock."""
    library = load_llvm().ffi.lib
    locked, function = getattr(library, name), getattr(ctypes.CDLL(library._name), name)
    function.argtypes, function.restype = locked.argtypes, locked.restype
    return function
