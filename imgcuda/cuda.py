"""The GPU engine: what every PyCUDA program does, in one place. This file and
cuda_host are all that knows PyCUDA.

    allocate on the device      CudaSession.empty
    copy in                     CudaSession.upload
    configure and launch        CudaSession.launch
    copy out                    CudaSession.download
    release                     CudaSession.free, and the end of the session

It uses the device's primary context, which PyTorch and CuPy use too, pushed for as long as a session lasts and
popped at its end, in whichever thread that is.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import cubin, cuda_host
from imgcuda.engine import Argument, DeviceArray
from imgcuda.errors import DeviceError
from imgcuda.kernels import Program
from imgcuda.launch import Dim3, Limits, excess


@cache
def missing() -> str | None:
    """Return why no GPU can be used, in a sentence; None when one can."""
    try:
        import pycuda.driver as driver
    except ImportError as error:
        if "libcuda" in str(error) or "nvcuda" in str(error):
            return "the NVIDIA driver is not installed (its library libcuda was not found)"
        return "PyCUDA is not installed (pip install 'imgcuda[cuda]')"
    try:
        driver.init()
        return None if driver.Device.count() else "there is no NVIDIA GPU in this machine"
    except driver.Error as error:
        return f"the NVIDIA driver does not work: {error}"


def count() -> int:
    """Return how many GPUs there are, where none is missing."""
    import pycuda.driver as driver

    return int(driver.Device.count())


class CudaDevice:
    """An NVIDIA GPU."""

    def __init__(self, index: int) -> None:
        self.index = index

    @property
    def name(self) -> str:
        return f"cuda:{self.index}"

    @property
    def description(self) -> str:
        device = _device(self.index)
        major, minor = device.compute_capability()
        return f"{device.name()}, {device.total_memory() / 2**30:.0f} GiB, compute capability {major}.{minor}"

    @contextmanager
    def session(self) -> Iterator[CudaSession]:
        import pycuda.driver as driver

        with _translated(self.name):
            _context(self.index).push()
        session = CudaSession(self.index)
        try:
            yield session
        finally:
            session.close()
            driver.Context.pop()


class CudaSession:
    """A GPU in use by one thread."""

    packs = True

    def __init__(self, index: int) -> None:
        self._index = index
        self._live: dict[int, Any] = {}

    @cached_property
    def limits(self) -> Limits:
        device = _device(self._index)
        block = Dim3(device.max_block_dim_x, device.max_block_dim_y, device.max_block_dim_z)
        grid = Dim3(device.max_grid_dim_x, device.max_grid_dim_y, device.max_grid_dim_z)
        return Limits(device.max_threads_per_block, block, grid)

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        import pycuda.driver as driver

        kind = np.dtype(dtype)
        size = max(1, prod(shape) * kind.itemsize)
        with _translated(f"cuda:{self._index}: allocating {size / 2**20:.1f} MiB"):
            memory = driver.mem_alloc(size)
        array = DeviceArray(int(memory), tuple(shape), kind, memory)
        self._live[array.pointer] = memory
        return array

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        made = self.empty(array.shape, array.dtype)
        with _translated(f"cuda:{self._index}: copying to the device"):
            cuda_host.upload(made.pointer, np.ascontiguousarray(array))
        return made

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        import pycuda.driver as driver

        with _translated(f"cuda:{self._index}: copying from the device"):
            made = cuda_host.empty(array.shape, array.dtype)
            driver.memcpy_dtoh(made, array.pointer)
        return made

    def free(self, array: DeviceArray) -> None:
        memory = self._live.pop(array.pointer, None)
        if memory is not None:
            memory.free()

    def launch(self, program: Program, kernel: str, grid: Dim3, block: Dim3, arguments: Sequence[Argument]) -> None:
        if why := excess(grid, block, self.limits):
            raise DeviceError(f"{program.name}: {kernel} cannot be launched on cuda:{self._index}: {why}")
        values = [np.uintp(a.pointer) if isinstance(a, DeviceArray) else a for a in arguments]
        letters = "".join("P" if isinstance(a, DeviceArray) else a.dtype.char for a in arguments)
        with _translated(f"{program.name}: {kernel} on cuda:{self._index}"):
            function = _function(self._index, program, kernel, letters)
            function.prepared_call(tuple(grid), tuple(block), *values)

    def close(self) -> None:
        """Release everything that is left, whatever state the device is in."""
        import pycuda.driver as driver

        for memory in self._live.values():
            with suppress(driver.Error):
                memory.free()
        self._live.clear()


# ---- what lives as long as the process: contexts, and the kernels loaded in them

_lock = threading.Lock()
_contexts: dict[int, Any] = {}
_modules: dict[tuple[int, str], Any] = {}
_functions: dict[tuple[int, str, str, str], Any] = {}


def _device(index: int) -> Any:
    import pycuda.driver as driver

    return driver.Device(index)


def _context(index: int) -> Any:
    """Return the primary context of a device, retained once for the process."""
    with _lock:
        if not _contexts:
            atexit.register(_release)
        if index not in _contexts:
            _contexts[index] = _device(index).retain_primary_context()
        return _contexts[index]


def _function(index: int, program: Program, kernel: str, letters: str) -> Any:
    """Return a kernel ready to be launched, compiled and loaded the first time. The device's context is current."""
    import pycuda.driver as driver

    key = index, program.text, kernel, letters
    if key not in _functions:
        with _lock:
            module = _modules.get((index, program.text))
            if module is None:
                code = cubin.compile(program, _device(index).compute_capability())
                module = _modules[index, program.text] = driver.module_from_buffer(code)
            function = module.get_function(kernel)
            function.prepare(letters)
            _functions[key] = function
    return _functions[key]


def _release() -> None:
    """Unload the kernels while their contexts still stand: PyCUDA complains of any that outlive theirs."""
    import pycuda.driver as driver

    for index, context in _contexts.items():
        with suppress(driver.Error):
            context.push()
            for function in [key for key in _functions if key[0] == index]:
                del _functions[function]
            for module in [key for key in _modules if key[0] == index]:
                del _modules[module]
            driver.Context.pop()
    _contexts.clear()


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn PyCUDA's errors into ours."""
    import pycuda.driver as driver

    try:
        yield
    except driver.MemoryError as error:
        raise DeviceError(f"{what}: the device is out of memory; --device cpu needs none of it") from error
    except driver.LaunchError as error:
        raise DeviceError(
            f"{what}: the kernel failed ({error}); CUDA can be used again in a new process only"
        ) from error
    except driver.Error as error:
        raise DeviceError(f"{what}: {error}") from error
