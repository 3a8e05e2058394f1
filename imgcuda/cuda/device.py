"""The GPU engine: what every PyCUDA program does, in one place. This file and those whose names begin as its own does
are all that knows PyCUDA.

    allocate on the device      CudaSession.empty
    copy in                     CudaSession.upload
    configure and launch        CudaSession.launch
    copy out                    CudaSession.download
    release                     CudaSession.free, and the end of the session

Several lanes, each with a stream, do so at a time where an image is cut into strips.

It uses the device's primary context, which PyTorch and CuPy use too, pushed for as long as a session lasts and
popped at its end, in whichever thread that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cuda import context as cuda_context
from imgcuda.cuda import pinned, transfers
from imgcuda.cuda.context import translated
from imgcuda.cuda.memory import StreamMemory, wait_for
from imgcuda.cuda.transfers import Landing, Staging
from imgcuda.engine.memory_limit import Budget, in_words
from imgcuda.engine.protocol import DeviceArray, LaunchArgument
from imgcuda.errors import DeviceError
from imgcuda.programs.layout import Dim3, LaunchLimits, excess
from imgcuda.programs.source import Program

STRIP = 12 << 20
"""Bytes of an image that make a good strip: enough to keep the device busy, few enough that the first copy in and
the last copy out, which nothing overlaps, are short."""

LANES = 4
"""Strips on the way at a time: one in the kernels, one that goes out, and two on their way in, so that the threads that
copy always have something to do. More are slower: what is to be copied on is no longer in the processor's cache."""

PER_STRIP = 8
"""Where memory is limited, how often a strip is meant to fit into a lane's part: filters make more of it."""


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


@cache
def limits(index: int) -> LaunchLimits:
    """Return what a launch may ask of a GPU."""
    device = cuda_context.device(index)
    block = Dim3(device.max_block_dim_x, device.max_block_dim_y, device.max_block_dim_z)
    grid = Dim3(device.max_grid_dim_x, device.max_grid_dim_y, device.max_grid_dim_z)
    return LaunchLimits(device.max_threads_per_block, block, grid)


class CudaDevice:
    """An NVIDIA GPU."""

    def __init__(self, index: int) -> None:
        self.index = index

    @property
    def name(self) -> str:
        return f"cuda:{self.index}"

    @property
    def description(self) -> str:
        device = cuda_context.device(self.index)
        major, minor = device.compute_capability()
        return f"{device.name()}, {device.total_memory() / 2**30:.0f} GiB, compute capability {major}.{minor}"

    @contextmanager
    def session(self) -> Iterator[CudaSession]:
        import pycuda.driver as driver

        budget = Budget(self.name)
        with translated(self.name):
            cuda_context.context(self.index).push()
        try:
            with closing(CudaSession(self.index, budget)) as session:
                yield session
        finally:
            driver.Context.pop()


class CudaSession:
    """A GPU in use by one thread, its work in the order of a stream: the default one, or a lane's own."""

    packs = True

    def __init__(self, index: int, budget: Budget, stream: Any = None) -> None:
        self._index, self._budget, self._stream = index, budget, stream
        self._memory = StreamMemory(index, budget, stream)

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        kind = np.dtype(dtype)
        size = prod(shape) * kind.itemsize
        with translated(f"cuda:{self._index}: allocating {in_words(size)}"):
            return DeviceArray(self._memory.allocate(size), tuple(shape), kind)

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        import pycuda.driver as driver

        made = self.empty(shape, dtype)
        with translated(f"cuda:{self._index}: clearing memory"):
            driver.memset_d8_async(made.pointer, 0, made.nbytes, self._stream)
        return made

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        made = self.empty(array.shape, array.dtype)
        with translated(f"cuda:{self._index}: copying to the device"):
            transfers.upload(made.pointer, np.ascontiguousarray(array), self._stream)
        return made

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        import pycuda.driver as driver

        made = pinned.empty(array.shape, array.dtype)
        with translated(f"cuda:{self._index}: copying from the device"):
            driver.memcpy_dtoh_async(made, array.pointer, self._stream)
        self.wait()
        return made

    def free(self, array: DeviceArray) -> None:
        self._memory.free(array.pointer)

    def launch(
        self, program: Program, kernel: str, grid: Dim3, block: Dim3, arguments: Sequence[LaunchArgument]
    ) -> None:
        if why := excess(grid, block, limits(self._index)):
            raise DeviceError(f"{program.name}: {kernel} cannot be launched on cuda:{self._index}: {why}")
        values = [np.uintp(a.pointer) if isinstance(a, DeviceArray) else a for a in arguments]
        letters = "".join("P" if isinstance(a, DeviceArray) else a.dtype.char for a in arguments)
        with translated(f"{program.name}: {kernel} on cuda:{self._index}"):
            function = cuda_context.function(self._index, program, kernel, letters)
            function.prepared_async_call(tuple(grid), tuple(block), self._stream, *values)

    def wait(self) -> None:
        with translated(f"cuda:{self._index}"):
            wait_for(self._stream)

    @property
    def strip_bytes(self) -> int:
        limit = self._budget.limit
        return STRIP if limit is None else max(1, min(STRIP, limit // (LANES * PER_STRIP)))

    @contextmanager
    def lanes(self, most: int) -> Iterator[list[CudaLane]]:
        with ExitStack() as closed:
            yield [closed.enter_context(closing(self._lane())) for _ in range(min(LANES, most))]

    def _lane(self) -> CudaLane:
        with translated(f"cuda:{self._index}"):
            return CudaLane(self._index, self._budget, cuda_context.take_stream(self._index))

    def close(self) -> None:
        """Wait for what is queued and release everything, whatever state the device is in."""
        try:
            self.wait()
        except DeviceError:  # what went wrong has been told, or is of no interest any more
            self._memory.close(keep=False)
        else:
            self._memory.close(keep=True)


class CudaLane(CudaSession):
    """A stream of a GPU, with memory of its own, and its own ways from the host and back."""

    def __init__(self, index: int, budget: Budget, stream: Any) -> None:
        super().__init__(index, budget, stream)
        self._staging, self._landing = Staging(stream), Landing(stream)
        self._tables: list[npt.NDArray[Any]] = []
        self._last_tables = self._tables

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        import pycuda.driver as driver

        made = self.empty(array.shape, array.dtype)
        self._tables.append(np.array(array, order="C"))  # which the filter may change or drop before it is read
        with translated(f"cuda:{self._index}: copying to the device"):
            driver.memcpy_htod_async(made.pointer, self._tables[-1], self._stream)
        return made

    def stage(self, rows: npt.NDArray[Any]) -> Callable[[], DeviceArray]:
        with translated(f"cuda:{self._index}: copying to the device"):
            self._staging.fill(rows)  # waits for the last strip to be there, and so for the tables of the one before
        self._last_tables, self._tables = self._tables, []

        def send() -> DeviceArray:
            made = self.empty(rows.shape, rows.dtype)
            with translated(f"cuda:{self._index}: copying to the device"):
                self._staging.send(made.pointer)
            return made

        return send

    def host_empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        return pinned.empty(tuple(shape), np.dtype(dtype))

    def fetch(self, array: DeviceArray, first: int, target: npt.NDArray[Any]) -> None:
        start = array.pointer + first * prod(array.shape[1:]) * array.dtype.itemsize
        with translated(f"cuda:{self._index}: copying from the device"):
            self._landing.fetch(start, target)

    def wait(self) -> None:
        with translated(f"cuda:{self._index}: copying from the device"):
            self._landing.settle()
        super().wait()
        self._last_tables = self._tables = []

    def close(self) -> None:
        self._landing.abandon()
        super().close()
        self._staging.close()
        self._landing.close()
        cuda_context.give_stream(self._index, self._stream)
