"""An image in a GPU's memory that belongs to imgcuda, and that other libraries may read without a copy."""

from __future__ import annotations

from math import prod
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from imgcuda import devices
from imgcuda.arrays import dlpack
from imgcuda.arrays.kinds import CPU, CUDA
from imgcuda.arrays.stored_types import BFLOAT16, as_float32, interface_name, name_of
from imgcuda.engine.protocol import DeviceArray
from imgcuda.errors import DeviceError, ImageError
from imgcuda.pixels import as_array, computed_as

if TYPE_CHECKING:
    from imgcuda.cuda.ordered_memory import OwnedMemory
    from imgcuda.cuda.queued import QueuedSession


class DeviceImage:
    """An image on a GPU: filters take it and return another, and nothing is copied to the host in between.

    `DeviceImage.upload(array, "cuda")` makes one; `blur(image)` filters it; `image.download()` is a NumPy array of it.
    Libraries read its memory by DLPack (`torch.from_dlpack(image)`) or the CUDA array interface
    (`cupy.asarray(image)`), ordered after the work that makes it. It is freed with its last reference, which those
    libraries keep, or by `free` or at the end of a `with`.
    """

    def __init__(self, memory: OwnedMemory, shape: tuple[int, ...], dtype: np.dtype[Any], index: int, stream: int):
        self._memory: OwnedMemory | None = memory
        self.shape = shape
        """(height, width), (height, width, channels), or the axes of a batch."""
        self.dtype = dtype
        self._index, self._stream = index, stream

    @classmethod
    def upload(cls, array: npt.ArrayLike, device: str = "cuda") -> Self:
        """Return a copy of an array in host memory on a GPU, "cuda" or "cuda:N"."""
        given = as_array(array)
        computed_as(given.dtype)
        if given.ndim not in (2, 3, 4) or 0 in given.shape:
            raise ImageError(f"an image, or a batch, must have 2 to 4 axes and a pixel; got shape {given.shape}")
        given = np.ascontiguousarray(given, given.dtype.newbyteorder("="))
        index = _gpu(device)
        from imgcuda.cuda.queued import queued_session

        with queued_session(index) as session:
            return cls.of(session, session.upload(given), given.shape, index)

    @classmethod
    def of(cls, session: QueuedSession, made: DeviceArray, shape: tuple[int, ...], index: int) -> Self:
        """Return the image that a session has made, which is taken out of its memory."""
        return cls(session.give_away(made), shape, made.dtype, index, session.stream)

    @property
    def ndim(self) -> int:
        """The number of axes, 2 to 4."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return prod(self.shape) * self.dtype.itemsize

    @property
    def device(self) -> str:
        """The GPU that it is on: "cuda:0"."""
        return f"cuda:{self._index}"

    def download(self) -> npt.NDArray[Any]:
        """Wait for the work that makes it, and return a copy as a NumPy array; of bfloat16, as float32."""
        made = self._downloaded()
        return as_float32(made) if self.dtype == BFLOAT16 else made

    def _downloaded(self) -> npt.NDArray[Any]:
        from imgcuda.cuda.queued import queued_session

        address = self._address()
        with queued_session(self._index) as session:
            session.wait_for_stream(self._stream)
            return session.download(DeviceArray(address, self.shape, self.dtype, self._memory))

    def free(self) -> None:
        """Free its memory after the work that is queued; what a library reads by DLPack, when that ends.

        An array that a library has made by the CUDA array interface must not be used any more.
        """
        self._memory = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.free()

    def __repr__(self) -> str:
        return f"DeviceImage({self.shape}, {name_of(self.dtype)}, {self.device}{', freed' * (self._memory is None)})"

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {
            "shape": self.shape,
            "typestr": interface_name(self.dtype),
            "data": (self._address(), False),
            "strides": None,
            "stream": self._stream,
            "version": 3,
        }

    def __dlpack_device__(self) -> tuple[int, int]:
        return CUDA, self._index

    def __dlpack__(
        self,
        *,
        stream: int | None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """Return a capsule of DLPack; `stream` waits for the work that makes the image.

        1 is the legacy default stream, as is None; 2 that of the thread; -1 waits for nothing.
        """
        if dl_device is not None and tuple(dl_device) != self.__dlpack_device__():
            return self._on_host(dl_device, max_version, copy)
        if copy:
            return self._copied().__dlpack__(stream=stream, max_version=max_version)
        address = self._address()
        if stream != -1:
            self._let_wait(1 if stream is None else stream)
        versioned = max_version is not None and max_version[0] >= dlpack.VERSION[0]
        return dlpack.export(address, self.shape, self.dtype, self.__dlpack_device__(), self._memory, versioned)

    def _on_host(self, dl_device: tuple[int, int], max_version: tuple[int, int] | None, copy: bool | None) -> Any:
        if tuple(dl_device) != (int(CPU), 0) or copy is False:
            raise BufferError(f"a DeviceImage on {self.device} is not on DLPack's device {dl_device} without a copy")
        made = self._downloaded()
        versioned = max_version is not None and max_version[0] >= dlpack.VERSION[0]
        return dlpack.export(made.ctypes.data, made.shape, made.dtype, (CPU, 0), made, versioned)

    def _copied(self) -> DeviceImage:
        from imgcuda.cuda.queued import queued_session

        with queued_session(self._index) as session:
            session.wait_for_stream(self._stream)
            made = session.empty(self.shape, self.dtype)
            session.copy(made, DeviceArray(self._address(), self.shape, self.dtype))
            return DeviceImage.of(session, made, self.shape, self._index)

    def _let_wait(self, stream: int) -> None:
        if stream == 0:
            raise ValueError("stream must not be 0, which may mean two streams; 1 is the legacy default stream")
        from imgcuda.cuda.queued import order_streams

        order_streams(self._index, self._stream, stream)

    def _address(self) -> int:
        if self._memory is None:
            raise DeviceError("this DeviceImage was freed")
        return self._memory.address


def _gpu(name: str) -> int:
    """Return the number of the one GPU that a name means."""
    chosen = devices.members(devices.choose(name))
    if len(chosen) > 1 or not chosen[0].name.startswith("cuda:"):
        raise DeviceError(f"a DeviceImage is on one GPU, as cuda or cuda:0; device is '{name}'")
    return int(chosen[0].name.removeprefix("cuda:"))
