"""State that lives as long as the process: each GPU's primary context, loaded kernels and idle streams."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from imgcuda.cuda import compile as cubin
from imgcuda.cuda import driver_calls
from imgcuda.cuda import memory as cuda_memory
from imgcuda.cuda.driver_api import driver
from imgcuda.errors import DeviceError, DeviceMemoryError
from imgcuda.programs.instances import is_instance
from imgcuda.programs.source import Program

SHARED = 48 << 10
"""The bytes of dynamic shared memory that a kernel may have without asking for more."""

_lock = threading.RLock()  # reentrant: an image may be garbage-collected while this thread holds the lock
_contexts: dict[int, Any] = {}
_modules: dict[tuple[int, str, str], tuple[Any, str]] = {}
"""The code that is loaded: for an instance of a template with the instance's name in it, else with an empty one."""
_functions: dict[tuple[int, str, str, str], Any] = {}
_numbers: dict[tuple[int, str, str, int], int] = {}
_streams: dict[int, list[Any]] = {}


def device(index: int) -> Any:
    """Return the driver's handle of a GPU."""
    return driver().Device(index)


def context(index: int) -> Any:
    """Return the primary context of a device; it is retained once for the process."""
    with _lock:
        if not _contexts:
            atexit.register(_release)
        if index not in _contexts:
            _contexts[index] = device(index).retain_primary_context()
        return _contexts[index]


@contextmanager
def pushed_if_open(index: int) -> Iterator[bool]:
    """Make a device's context current, unless it was never used, or has ended with the process; yield whether."""
    primary = _contexts.get(index)
    if primary is None:
        yield False
        return
    primary.push()
    try:
        yield True
    finally:
        driver().Context.pop()


def function(index: int, program: Program, kernel: str, letters: str) -> Any:
    """Return a kernel that is ready to launch; the first call compiles and loads it. The context must be current."""
    key = index, program.text, kernel, letters
    if key not in _functions:
        with _lock:
            found = _loaded_function(index, program, kernel)
            found.prepare(letters)
            _functions[key] = found
    return _functions[key]


def _loaded_function(index: int, program: Program, kernel: str) -> Any:
    """Return a kernel of a program's code. An instance of a template has code of its own, and a name that C++ makes."""
    key = _module_key(index, program, kernel)
    if key not in _modules:
        name, code = _code(index, program, kernel)
        _modules[key] = driver().module_from_buffer(code), name
    module, instance = _modules[key]
    return module.get_function(instance or kernel)


def _code(index: int, program: Program, kernel: str) -> tuple[str, bytes]:
    """Return the code of a program for a GPU, and the kernel's name in it if that is another: an instance's."""
    capability = device(index).compute_capability()
    if is_instance(kernel):
        return cubin.compile_instance(program, kernel, capability)
    return "", cubin.compile(program, capability)


def _module_key(index: int, program: Program, kernel: str) -> tuple[int, str, str]:
    return index, program.text, kernel if is_instance(kernel) else ""


def number_of_function(index: int, program: Program, kernel: str, shared: int) -> int:
    """Return the driver's number of a kernel that may have `shared` bytes; for launches in streams of other libraries.

    PyCUDA has no number of a function, and no stream for the number of one; so the code is loaded once more.
    """
    key = index, program.text, kernel, shared
    with _lock:
        if key not in _numbers:
            name, code = _code(index, program, kernel)
            _numbers[key] = driver_calls.load_function(code, name or kernel, shared)
        return _numbers[key]


def variable(index: int, program: Program, kernel: str, name: str) -> tuple[int, int] | None:
    """Return the address and the bytes of a variable of a kernel that was loaded; None if its code has none."""
    try:
        module, _ = _modules[_module_key(index, program, kernel)]
        place, size = module.get_global(name)
    except driver().Error:  # no kernel reads it, or it is in a namespace
        return None
    return int(place), int(size)


def allow_shared(function: Any, size: int) -> None:
    """Let a kernel have `size` bytes of dynamic shared memory, more than SHARED."""
    function.set_attribute(driver().function_attribute.MAX_DYNAMIC_SHARED_SIZE_BYTES, size)


def take_stream(index: int) -> Any:
    """Return an idle stream. The device's context must be current."""
    with _lock:
        idle = _streams.setdefault(index, [])
        return idle.pop() if idle else driver().Stream()


def give_stream(index: int, stream: Any) -> None:
    """Return an idle stream for reuse."""
    with _lock:
        _streams[index].append(stream)


def _release() -> None:
    """Unload kernels and free spare memory before their contexts end, else PyCUDA warns."""
    for index, primary in _contexts.items():
        with suppress(driver().Error):
            primary.push()
            for loaded in [key for key in _functions if key[0] == index]:
                del _functions[loaded]
            for module in [key for key in _modules if key[0] == index]:
                del _modules[module]
            _streams.pop(index, None)
            cuda_memory.give_back(index)
            driver().Context.pop()
    _contexts.clear()


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Translate errors of the driver that the block raises to DeviceError; `what` begins the message."""
    try:
        yield
    except driver().MemoryError as error:
        raise DeviceMemoryError(f"{what}: the device is out of memory; --device cpu needs none of it") from error
    except driver().LaunchError as error:
        raise DeviceError(
            f"{what}: the kernel failed ({error}); CUDA can be used again in a new process only"
        ) from error
    except driver().Error as error:
        raise DeviceError(f"{what}: {error}") from error
