"""Threads with large stacks: for the compiler, which recurses as deep as a source is nested, and for kernels, whose
variables may need more than the stack of the caller's thread."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

_Result = TypeVar("_Result")

COMPILER = (256 << 20, 64 << 20, 16 << 20)
"""The size of the compiler's stack, in bytes of address space; only the part that is used takes memory."""

KERNELS = (64 << 20, 16 << 20, 8 << 20)
"""The size of the stack of threads that run kernels, in bytes."""

RESERVE = 128 << 10
"""The bytes of a stack that Python itself may use before a kernel is called."""

USUAL = 8 << 20
"""The size of a thread's stack where nothing else is asked for, on Linux."""

BEGIN = 4 << 20
"""More bytes than Python allocates for a thread that begins."""

_PRIVATE = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_NORESERVE", 0)
"""Memory as that of a thread's stack, which takes address space alone; 0 on Windows."""

_DEPTH = 40_000
"""The recursion limit for the compiler: about ten calls for each level of nesting in a source."""

_PATIENCE = 0.2
"""Seconds after which a waiting thread checks whether the other one still exists."""

_here = threading.local()


class _Process:
    """Settings that all threads of this process share. A forked child, which has only one thread, resets them."""

    lock = threading.RLock()
    compilers = 0
    outer = 0
    """The recursion limit to restore when nothing is being compiled."""


def on_a_large_stack(work: Callable[[], _Result]) -> _Result:
    """Call a function in a thread with a large stack; return its result, or raise its exception.

    If a signal handler raises meanwhile, that exception is raised at once, and the function stops as soon as it can. A
    child that the handler forked may call the function a second time.
    """
    if getattr(_here, "large", False):
        return work()
    results: list[_Result] = []
    errors: list[BaseException] = []
    done = threading.Lock()

    def run() -> None:
        _here.large = True
        try:
            with _deep_calls():
                results.append(work())
        except BaseException as error:  # passed on to the waiting thread
            errors.append(error)
        finally:
            _here.large = False
            done.release()

    done.acquire()
    thread = _started(run)
    if thread is None:
        run()
    else:
        _wait(thread, done)
    if errors:
        raise errors[0]
    return results[0] if results else on_a_large_stack(work)


def _started(run: Callable[[], None]) -> threading.Thread | None:
    """Return a thread with the largest stack that the system allows; None if it allows none."""
    for size in COMPILER:
        with suppress(RuntimeError, ValueError, MemoryError), stacks_of(size):
            thread = threading.Thread(target=run, name="imgcuda compiler")
            start(thread)
            return thread
    return None


def _wait(thread: threading.Thread, done: threading.Lock) -> None:
    """Wait for a thread; stop it if a signal handler raises. Return in a forked child, which has no other thread."""
    try:
        while not done.acquire(timeout=_PATIENCE) and thread.is_alive():
            pass
    except BaseException:
        ident = ctypes.c_ulong(thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(SystemExit))  # once LLVM has returned
        raise


@contextmanager
def stacks_of(size: int) -> Iterator[None]:
    """Give threads that are started in the block a stack of this many bytes."""
    with _Process.lock:
        outer = threading.stack_size(size)
        try:
            yield
        finally:
            threading.stack_size(outer)


def start(thread: threading.Thread) -> None:
    """Start a thread, also in a block of `stacks_of`. Raises MemoryError or RuntimeError if there is no room for it.

    Thread.start waits for ever for a thread that finds no memory as it begins, so the room is tried before.
    """
    if _PRIVATE:
        try:
            mmap.mmap(-1, (threading.stack_size() or USUAL) + BEGIN, _PRIVATE).close()
        except (OSError, OverflowError, ValueError) as error:
            raise MemoryError("there is no memory for a thread") from error
    thread.start()


@contextmanager
def _deep_calls() -> Iterator[None]:
    """Raise the recursion limit, which all threads share, until the last compilation ends."""
    with _Process.lock:
        if _Process.compilers == 0:
            _Process.outer = sys.getrecursionlimit()
            sys.setrecursionlimit(max(_Process.outer, _DEPTH))
        _Process.compilers += 1
    try:
        yield
    finally:
        with _Process.lock:
            _Process.compilers -= 1
            if _Process.compilers == 0:
                _put_back()


def _put_back() -> None:
    """Restore the recursion limit, unless other code has changed it meanwhile."""
    if sys.getrecursionlimit() == _DEPTH:
        with suppress(RecursionError):
            sys.setrecursionlimit(_Process.outer)


def _forked() -> None:
    _Process.lock = threading.RLock()
    if _Process.compilers and not getattr(_here, "large", False):
        _Process.compilers = 0
        _put_back()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_forked)


# ---- the stack of the thread that calls


def has_room(size: int) -> bool:
    """Return whether this thread's stack is known to have room for this many bytes."""
    if not hasattr(_here, "bytes"):
        _here.bytes = _bytes()
    return bool(size + RESERVE <= _here.bytes)


def _bytes() -> int:
    """Return the size of this thread's stack; 0 if the system does not tell."""
    with suppress(OSError, AttributeError):
        system = ctypes.CDLL(None)
        system.pthread_self.restype = ctypes.c_void_p
        thread = ctypes.c_void_p(system.pthread_self())
        if sys.platform == "darwin":
            system.pthread_get_stacksize_np.restype = ctypes.c_size_t
            return int(system.pthread_get_stacksize_np(thread))
        attributes, size = ctypes.create_string_buffer(256), ctypes.c_size_t(0)
        if system.pthread_getattr_np(thread, attributes) == 0:
            system.pthread_attr_getstacksize(attributes, ctypes.byref(size))
            system.pthread_attr_destroy(attributes)
        return size.value
    return 0
