"""Loads kernels: each is compiled and loaded once, and unloaded if it was not used for long.

A kernel from the cache is mapped into memory without LLVM. Where one must be compiled, so are those that the chain
launches after it, side by side. All compilation holds one lock, so that no kernel is compiled twice. A fork waits for
the lock too: otherwise the child would inherit it locked, and LLVM in the middle of its work, by a thread that the
child does not have. Only the compiler's own threads hold the lock. A thread that may be interrupted by a signal, or may
collect garbage, could end up waiting for itself.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import Any, TypeAlias

from imgcuda import kernel_cache
from imgcuda.cpu.code import Code, cache_key, store, stored
from imgcuda.cpu.executable import Executable
from imgcuda.cpu.linker import LinkedCode
from imgcuda.cpu.machine import Machine, load_llvm
from imgcuda.cpu.side_by_side import side_by_side
from imgcuda.cpu.stack import on_a_large_stack
from imgcuda.engine import code_origins
from imgcuda.engine.protocol import KernelCall
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program

MOST = 128
"""The most kernels that stay loaded, of about 60 KiB to 1 MiB each. Loading one again from disk takes 2 ms."""

KernelKey: TypeAlias = tuple[str, bool, str, Dim3, bool]

_lock = threading.RLock()
loaded: OrderedDict[KernelKey, LoadedKernel] = OrderedDict()
"""The kernels in memory, in the order of their last use."""
_unused: deque[object] = deque()
"""LLVM's engines of kernels without references: they are freed the next time the lock is held."""

if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


class LoadedKernel:
    """A loaded kernel. Its code stays in memory as long as this object has references, and so while it runs."""

    def __init__(self, entry: int, memory: object, code: Code) -> None:
        self.entry = entry
        """The address of its entry point."""
        self.letters = code.arguments
        """A letter for each argument's type: p for a pointer, NumPy's code of a number, the size of a structure."""
        self.written = code.written
        """The positions of the arguments whose memory it may write to."""
        self.checklist = code.checklist
        """In a checked build, the places in the source that its notes refer to."""
        self.heap = code.heap
        """The bytes on the heap that each run of it needs."""
        self.stack = code.stack
        """The bytes of stack that it needs to run safely."""
        self.sized_by_launch = code.sized_by_launch
        """Whether it has `extern __shared__` arrays."""
        self.prints = code.prints
        """Whether it calls printf."""
        self.constants = code.constants
        """The `__constant__` variables that a launch sets, and their bytes."""
        self.variables = code.variables
        """The `__device__` variables, their sizes and first bytes."""
        self.sums = code.sums
        """The positions of the arguments that it only sums into, and the bytes of an element of each."""
        self.pointers = code.pointers
        """The pointers in structures that are arguments: the position of the argument, and the offset in it."""
        self._memory = memory


def kernel(
    program: Program,
    name: str,
    block: Dim3,
    checked: bool = False,
    coming: Callable[[], Sequence[KernelCall]] = tuple,
    threads: int = 1,
) -> LoadedKernel:
    """Return a loaded kernel; compile and load it first if needed. Raises KernelError.

    If it must be compiled, those that are coming are compiled by up to `threads` threads at the same time.
    """
    key = _key(KernelCall(program, name, block), checked)
    found = loaded.get(key)
    if found is None:
        return _new(key, program, coming, threads)
    with suppress(KeyError):  # another thread may just have dropped it, which does no harm
        loaded.move_to_end(key)
    return found


def _key(call: KernelCall, checked: bool) -> KernelKey:
    return call.program.text, call.program.contract, call.kernel, call.block, checked


def _new(key: KernelKey, program: Program, coming: Callable[[], Sequence[KernelCall]], threads: int) -> LoadedKernel:
    """Return a kernel from the disk cache, or compile it together with the kernels that the chain needs next."""
    started = perf_counter()
    code = stored(cache_key(*key))
    if code is not None:
        kept = _keep(key, load(code))
        code_origins.tell(program, *key[2:4], "cache", started)
        return kept
    calls = coming() if threads > 1 else ()
    others = {_key(each, key[-1]): each.program for each in calls}
    others.pop(key, None)
    return on_a_large_stack(lambda: _compiled(key, program, others, threads))


def _compiled(key: KernelKey, program: Program, others: dict[KernelKey, Program], threads: int) -> LoadedKernel:
    with _lock:
        _unused.clear()
        coming = [partial(_made, *each) for each in others.items()]
        return side_by_side(partial(_made, key, program), coming, threads)


def _made(key: KernelKey, program: Program) -> LoadedKernel:
    """Return a kernel that was not in memory; another thread may have made it meanwhile."""
    if key in loaded:
        return loaded[key]
    from imgcuda.cpu.compile import compile

    started, (_, _, name, block, checked) = perf_counter(), key
    code, is_new = _made_once(cache_key(*key), lambda: compile(program, name, block, checked=checked))
    kept = _keep(key, load(code))
    code_origins.tell(program, name, block, "compiled" if is_new else "cache", started)
    return kept


def _made_once(key: str, make: Callable[[], Code]) -> tuple[Code, bool]:
    """Return the code for a cache key, and whether it is new.

    If several processes need it, one compiles it and the others wait for it.
    """
    with kernel_cache.alone(key):
        code = stored(key)
        if code is not None:
            return code, False
        code = make()
        store(key, code)
        return code, True


def _keep(key: KernelKey, kernel: LoadedKernel) -> LoadedKernel:
    """Keep a kernel, or return the one that another thread has loaded meanwhile; drop those not used for longest."""
    kept = loaded.setdefault(key, kernel)
    with suppress(KeyError):  # another thread drops kernels, too
        while len(loaded) > MOST:
            loaded.popitem(last=False)
    return kept


def load(code: Code) -> LoadedKernel:
    """Return the kernel that code is of, in executable memory."""
    memory = _in_memory(code.binary)
    return LoadedKernel(memory.address("entry"), memory, code)


def functions(ir: str) -> Executable | LlvmExecutable:
    """Return functions in LLVM IR, compiled and loaded."""
    key = cache_key(ir)
    code = stored(key) or on_a_large_stack(lambda: _assembled(key, ir))
    return _in_memory(code.binary)


def _assembled(key: str, ir: str) -> Code:
    from imgcuda.cpu.compile import assemble

    with _lock:
        return _made_once(key, lambda: Code(assemble(ir, Machine.host()), ()))[0]


def _in_memory(binary: LinkedCode | bytes) -> Executable | LlvmExecutable:
    return Executable(binary) if isinstance(binary, LinkedCode) else LlvmExecutable(binary)


class LlvmExecutable:
    """An object file that LLVM has loaded: for systems whose object files our linker does not know."""

    def __init__(self, binary: bytes) -> None:
        self._engine = on_a_large_stack(lambda: self._load(binary))

    def address(self, function: str) -> int:
        """Return the address of a function."""
        return int(self._engine.get_function_address(function))

    def _load(self, binary: bytes) -> Any:
        llvm = load_llvm()
        with _lock:
            engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), Machine.host().target())
            engine.add_object_file(llvm.ObjectFileRef.from_data(binary))
            engine.finalize_object()
            return engine

    def __del__(self, unused: deque[object] = _unused) -> None:
        unused.append(self._engine)  # any thread may collect garbage, and must not wait for the lock
