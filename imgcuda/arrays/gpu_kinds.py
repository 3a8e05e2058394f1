"""Functions of each library for arrays on a GPU: its current stream, memory for a result, and taking one of ours."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from sys import modules
from typing import Any, NamedTuple

from imgcuda.arrays.device_image import DeviceImage
from imgcuda.arrays.gpu_views import GpuView
from imgcuda.arrays.kinds import library_of

Shape = tuple[int, ...]

LEGACY = 1
"""The legacy default stream."""


def _no_memory(like: Any, shape: Shape) -> Any:
    return None


def _transposed(array: Any, axes: Shape) -> Any:
    return array.transpose(axes)


class GpuKind(NamedTuple):
    """The functions of one library for its arrays on a GPU, each called with an array of it."""

    stream: Callable[[Any], int | None]
    """Its current stream on the array's device; None if the array itself says what to wait for."""
    take: Callable[[DeviceImage, Any], Any]
    """Return a result as an array of the library, without a copy."""
    empty: Callable[[Any, Shape], Any] = _no_memory
    """Return an array of the array's type, in the library's memory, or None: then the result is in memory of ours.

    Memory of the library is freed in the order of its streams, and counted and reused as all of its memory.
    """
    transposed: Callable[[Any, Shape], Any] = _transposed
    """Return the view of an array of `empty` with its axes in another order."""
    by_dlpack: bool = False
    """Whether it is read by DLPack even if it has the CUDA array interface, whose getter may wait."""
    checked: bool = False
    """Whether its arrays may belong to a CUDA context other than the primary one."""
    address: Callable[[Any], int] | None = None
    """Return where an array of `empty` begins; None if the library gives no memory."""

    def caller(self, array: Any, view: GpuView) -> int:
        """Return the stream that an array's work is queued in, or that is waited for in its place."""
        own = self.stream(array)
        return (view.stream or LEGACY) if own is None else own


def gpu_kind(value: Any) -> GpuKind:
    """Return the functions of the library that an array on a GPU is of."""
    library = library_of(value)
    if library in _KINDS:
        return _KINDS[library]
    return _BY_DLPACK if hasattr(type(value), "__dlpack__") else _BY_INTERFACE


def _torch_stream(tensor: Any) -> int:
    return int(modules["torch"].cuda.current_stream(tensor.device).cuda_stream)


def _torch_empty(tensor: Any, shape: Shape) -> Any:
    return tensor.new_empty(shape)


def _cupy_stream(array: Any) -> int:
    with array.device:
        return int(modules["cupy"].cuda.get_current_stream().ptr)


def _cupy_empty(array: Any, shape: Shape) -> Any:
    with array.device:
        return modules["cupy"].empty(shape, array.dtype)


def _to_numba(image: DeviceImage, array: Any) -> Any:
    return import_module("numba.cuda").as_cuda_array(image, sync=False)  # its current stream waits, not the host


def _to_pycuda(image: DeviceImage, array: Any) -> Any:
    made = import_module("pycuda.gpuarray").GPUArray
    address = image.__cuda_array_interface__["data"][0]
    return made(image.shape, image.dtype, base=image, gpudata=address)


def _cvcuda_stream(tensor: Any) -> int:
    return int(import_module("cvcuda").Stream.current.handle)


def _to_cvcuda(image: DeviceImage, tensor: Any) -> Any:
    cvcuda = import_module("cvcuda")
    return cvcuda.as_tensor(image, str(tensor.layout)) if len(tensor.shape) == image.ndim else cvcuda.as_tensor(image)


def _legacy(array: Any) -> int:
    return LEGACY


def _by_itself(array: Any) -> None:
    return None


def _take_image(image: DeviceImage, array: Any) -> Any:
    """Return the image in the library that the array names by the array API standard; else the image itself."""
    if not hasattr(array, "__array_namespace__"):
        return image
    return array.__array_namespace__().from_dlpack(image)


def _to_jax(image: DeviceImage, array: Any) -> Any:
    return import_module("jax").dlpack.from_dlpack(image)


_BY_INTERFACE = GpuKind(_by_itself, _take_image, checked=True)
_BY_DLPACK = GpuKind(_by_itself, _take_image, by_dlpack=True)
_KINDS = {
    "torch": GpuKind(
        _torch_stream,
        _take_image,
        _torch_empty,
        lambda tensor, axes: tensor.permute(axes),
        address=lambda tensor: tensor.data_ptr(),
    ),
    "cupy": GpuKind(_cupy_stream, _take_image, _cupy_empty, address=lambda array: array.data.ptr),
    "jax": GpuKind(_by_itself, _to_jax, by_dlpack=True),
    "numba": GpuKind(_by_itself, _to_numba, checked=True),
    "pycuda": GpuKind(_legacy, _to_pycuda, checked=True),
    "cvcuda": GpuKind(_cvcuda_stream, _to_cvcuda),
    "imgcuda": GpuKind(_by_itself, lambda image, array: image),
}
