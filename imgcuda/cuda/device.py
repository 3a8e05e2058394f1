"""The CUDA engine: GPUs as devices, their sessions and streams. The driver is called by this package alone.

    allocate on the device      CudaSession.empty
    copy in                     CudaSession.upload
    configure and launch        CudaSession.launch
    copy out                    CudaSession.download
    free                        CudaSession.free, and the end of the session

For an image in strips, several streams do these steps at the same time.

A session uses the primary context of the device, which PyTorch and CuPy use too. It pushes the context at its begin and
pops it at its end, in whichever thread it runs.
"""

from __future__ import annotations

import struct
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
from imgcuda.cuda.driver_api import driver
from imgcuda.cuda.memory import SessionMemory, StreamMemory, wait_for
from imgcuda.cuda.texture_handles import TextureHandle
from imgcuda.cuda.transfers import DownloadStaging, UploadStaging
from imgcuda.engine.constant_values import memory_of, unknown_variable
from imgcuda.engine.device_variables import required
from imgcuda.engine.known_tables import known_tables
from imgcuda.engine.memory_limit import Budget, in_words
from imgcuda.engine.protocol import ByValue, DeviceArray, JpegCoder, KernelCall, Launch, LaunchArgument, LaunchMemory
from imgcuda.engine.texture_argument import TextureArgument
from imgcuda.errors import DeviceError
from imgcuda.programs.layout import Dim3, LaunchLimits, excess
from imgcuda.programs.source import Program

STRIP = 12 << 20
"""The best size of a strip in bytes: large enough to keep the device busy, small enough that the first upload and the
last download, which overlap with nothing, are short."""

STREAMS = 4
"""The number of streams, and so of strips in flight: one in kernels, one in download and two in upload, so that
the copy threads are never idle. More are slower: the staging buffers then no longer fit into the processor's cache."""

PER_STRIP = 8
"""Under a memory limit, how often a strip fits into the memory of a stream: filters allocate more than the strip."""


@cache
def limits(index: int) -> LaunchLimits:
    """Return the limits of a launch on a GPU."""
    device = cuda_context.device(index)
    block = Dim3(device.max_block_dim_x, device.max_block_dim_y, device.max_block_dim_z)
    grid = Dim3(device.max_grid_dim_x, device.max_grid_dim_y, device.max_grid_dim_z)
    shared = getattr(device, "max_shared_memory_per_block_optin", cuda_context.SHARED)
    return LaunchLimits(device.max_threads_per_block, block, grid, shared)


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
        budget = Budget(self.name)
        with translated(self.name):
            cuda_context.context(self.index).push()
        try:
            with closing(CudaSession(self.index, budget)) as session:
                yield session
        finally:
            driver().Context.pop()

    @contextmanager
    def pinned(self, memory: npt.NDArray[np.uint8]) -> Iterator[None]:
        with self.session():
            is_pinned = pinned.register(memory)
        try:
            yield
        finally:
            if is_pinned:
                with self.session():
                    pinned.unregister(memory)

    def jpeg_coder(self) -> JpegCoder | None:
        from imgcuda.cuda import jpeg_codec

        return None if jpeg_codec.missing() else jpeg_codec.NvJpeg(self.index)


class CudaSession:
    """A GPU in use by one thread; its work is queued in one CUDA stream, by default the default stream."""

    packs = True

    def __init__(self, index: int, budget: Budget, stream: Any = None, memory: SessionMemory | None = None) -> None:
        self._index, self._budget, self._stream = index, budget, stream
        self.tables = known_tables(f"cuda:{index}")
        self._memory = memory or StreamMemory(index, budget, stream)
        self._textures: list[TextureHandle] = []

    def foresee(self, coming: Callable[[], Sequence[KernelCall]]) -> None:
        """Do nothing: NVRTC compiles all kernels of a program at once, within some 30 ms."""

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        kind = np.dtype(dtype)
        size = prod(shape) * kind.itemsize
        with translated(f"cuda:{self._index}: allocating {in_words(size)}"):
            return DeviceArray(self._memory.allocate(size), tuple(shape), kind)

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        made = self.empty(shape, dtype)
        with translated(f"cuda:{self._index}: clearing memory"):
            driver().memset_d8_async(made.pointer, 0, made.nbytes, self._stream)
        return made

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        made = self.empty(array.shape, array.dtype)
        with translated(f"cuda:{self._index}: copying to the device"):
            transfers.upload(made.pointer, np.ascontiguousarray(array), self._stream)
        return made

    def adopt(self, array: npt.NDArray[Any]) -> DeviceArray:
        return self.upload(array)

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        made = pinned.empty(array.shape, array.dtype)
        with translated(f"cuda:{self._index}: copying from the device"):
            driver().memcpy_dtoh_async(made, array.pointer, self._stream)
        self.wait()
        return made

    def free(self, array: DeviceArray) -> None:
        self._memory.free(array.pointer)

    def launch(self, launch: Launch) -> None:
        program, kernel, grid, block, arguments, memory = launch
        if why := excess(grid, block, limits(self._index), memory.shared):
            raise DeviceError(f"{program.name}: {kernel} cannot be launched on cuda:{self._index}: {why}")
        letters = letters_of(arguments)
        with translated(f"{program.name}: {kernel} on cuda:{self._index}"):
            values = [self._value(each) for each in arguments]
            function = cuda_context.function(self._index, program, kernel, letters)
            self._set_constants(program, kernel, memory)
            for name, _ in program.outline.variables[:1]:
                required(program, kernel, name, memory.variables).kept_by(f"cuda:{self._index}")
            if memory.shared > cuda_context.SHARED:
                cuda_context.allow_shared(function, memory.shared)
            function.prepared_async_call(tuple(grid), tuple(block), self._stream, *values, shared_size=memory.shared)

    def _value(self, argument: LaunchArgument) -> Any:
        """Return an argument as a launch packs it; a texture is made, and lasts until the launch is done."""
        if isinstance(argument, TextureArgument):
            stream = 0 if self._stream is None else int(self._stream.handle)
            made = TextureHandle(argument, stream, lambda size: self.empty((size,), np.uint8).pointer)
            self._textures.append(made)
            return made.number
        if isinstance(argument, DeviceArray):
            return np.uintp(argument.pointer)
        return argument.bytes.tobytes() if isinstance(argument, ByValue) else argument

    def _set_constants(self, program: Program, kernel: str, memory: LaunchMemory) -> None:
        """Queue copies of the values of `__constant__` variables that have none in the source."""
        for name, _ in program.outline.constants:
            found = cuda_context.variable(self._index, program, kernel, name)
            if found is None and name in (memory.constants or ()):
                raise unknown_variable(program, name)
            if found is not None:
                place, size = found
                values = memory_of(program, kernel, name, size, memory.constants)
                driver().memcpy_htod_async(place, values, self._stream)  # pageable memory is read before it returns

    def wait(self) -> None:
        with translated(f"cuda:{self._index}"):
            wait_for(self._stream)

    @property
    def strip_bytes(self) -> int:
        limit = self._budget.limit
        return STRIP if limit is None else max(1, min(STRIP, limit // (STREAMS * PER_STRIP)))

    def offer(self, memory: npt.NDArray[Any] | None) -> None:
        """Do nothing: the result is computed in the memory of the GPU."""

    @contextmanager
    def streams(self, most: int) -> Iterator[list[CudaStream]]:
        with ExitStack() as closed:
            yield [closed.enter_context(closing(self._stream_session())) for _ in range(min(STREAMS, most))]

    def _stream_session(self) -> CudaStream:
        with translated(f"cuda:{self._index}"):
            return CudaStream(self._index, self._budget, cuda_context.take_stream(self._index))

    def close(self) -> None:
        """Wait for the queued work and free all memory, also after an error."""
        keep = True
        try:
            self.wait()
        except DeviceError:  # the error was reported before, or no longer matters
            keep = False
        for texture in self._textures:
            texture.close()
        self._memory.close(keep)


def letters_of(arguments: Sequence[LaunchArgument]) -> str:
    """Return the format of arguments, as of `struct`; a structure is bytes, and those before it that align it."""
    letters = ""
    for each in arguments:
        if isinstance(each, ByValue):
            letters += f"{-struct.calcsize(letters) % each.alignment}x{each.bytes.nbytes}s"
        else:
            is_address = isinstance(each, DeviceArray)
            letters += "P" if is_address else "Q" if isinstance(each, TextureArgument) else each.dtype.char
    return letters


class CudaStream(CudaSession):
    """A session on a CUDA stream of its own, with its own memory and staging buffers."""

    def __init__(self, index: int, budget: Budget, stream: Any) -> None:
        super().__init__(index, budget, stream)
        self._uploads, self._downloads = UploadStaging(stream), DownloadStaging(stream)
        self._tables: list[npt.NDArray[Any]] = []
        self._last_tables = self._tables

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        made = self.empty(array.shape, array.dtype)
        self._tables.append(np.array(array, order="C"))  # the filter may change its array before the upload
        with translated(f"cuda:{self._index}: copying to the device"):
            driver().memcpy_htod_async(made.pointer, self._tables[-1], self._stream)
        return made

    def stage(self, rows: npt.NDArray[Any]) -> Callable[[], DeviceArray]:
        with translated(f"cuda:{self._index}: copying to the device"):
            self._uploads.fill(rows)  # waits for the last strip's upload, and so for earlier tables
        self._last_tables, self._tables = self._tables, []

        def send() -> DeviceArray:
            made = self.empty(rows.shape, rows.dtype)
            with translated(f"cuda:{self._index}: copying to the device"):
                self._uploads.send(made.pointer)
            return made

        return send

    def host_empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        return pinned.empty(tuple(shape), np.dtype(dtype))

    def fetch(self, array: DeviceArray, first: int, target: npt.NDArray[Any]) -> None:
        start = array.pointer + first * prod(array.shape[1:]) * array.dtype.itemsize
        with translated(f"cuda:{self._index}: copying from the device"):
            self._downloads.fetch(start, target)

    def wait(self) -> None:
        with translated(f"cuda:{self._index}: copying from the device"):
            self._downloads.settle()
        super().wait()
        self._last_tables = self._tables = []

    def close(self) -> None:
        self._downloads.abandon()
        super().close()
        self._uploads.close()
        self._downloads.close()
        cuda_context.give_stream(self._index, self._stream)
