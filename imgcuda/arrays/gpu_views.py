"""Views of arrays on a GPU, read from the CUDA array interface or from DLPack: address, shape, strides, type."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from imgcuda.arrays import dlpack
from imgcuda.arrays.strided_copy import read_strided
from imgcuda.engine.protocol import DeviceArray, Session
from imgcuda.errors import ImageError, shown
from imgcuda.layouts import AxisOrder

ALIGNED = 16
"""The alignment, in bytes, of an image that kernels take as it is: they load up to 16 bytes at once."""


class GpuView(NamedTuple):
    """An array on a GPU."""

    address: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """In bytes."""
    dtype: np.dtype[Any]
    read_only: bool = False
    stream: int | None = None
    """The stream in which it was last written, if its library says so."""
    owner: object = None
    """What must live until our work with it is done."""

    @classmethod
    def by_interface(cls, value: Any) -> GpuView:
        """Return what the CUDA array interface says; ImageError for masks and streams that it does not allow."""
        try:
            said = value.__cuda_array_interface__
        except (AttributeError, RuntimeError, TypeError) as error:  # PyTorch refuses tensors that require gradients
            raise ImageError(f"this array cannot be read on the GPU: {shown(error, 300)}") from error
        if said.get("mask") is not None:
            raise ImageError("an image must not be masked; fill the mask, or filter the array without it")
        stream = said.get("stream")
        if stream == 0:
            raise ImageError("the stream of a CUDA array interface must not be 0; 1 is the legacy default stream")
        address, read_only = said["data"]
        shape, strides, dtype = tuple(said["shape"]), said.get("strides"), np.dtype(said["typestr"])
        strides = tuple(strides) if strides else own_strides(shape, dtype.itemsize)
        return cls(address or 0, shape, strides, dtype, read_only, stream)

    @classmethod
    def by_dlpack(cls, value: Any, stream: int) -> GpuView:
        """Return what DLPack says. The producer lets `stream` wait for its work."""
        capsule = _capsule(value, stream)
        address, shape, strides, dtype, read_only = dlpack.describe(capsule)
        return cls(address, shape, strides or own_strides(shape, dtype.itemsize), dtype, read_only, owner=capsule)

    @classmethod
    def of(cls, array: DeviceArray) -> GpuView:
        """Return an array of ours."""
        return cls(array.pointer, array.shape, own_strides(array.shape, array.dtype.itemsize), array.dtype, owner=array)

    @property
    def has_no_gaps(self) -> bool:
        """Whether it is C-contiguous."""
        return self._has_strides(own_strides(self.shape, self.dtype.itemsize))

    @property
    def is_contiguous(self) -> bool:
        """Whether it is C-contiguous, at an address that kernels may use."""
        return self.address % ALIGNED == 0 and self.has_no_gaps

    @property
    def lies_on_itself(self) -> bool:
        """Whether several elements have one address, as in what libraries broadcast."""
        return 0 in self.strides and any(
            step == 0 and size > 1 for size, step in zip(self.shape, self.strides, strict=True)
        )

    def overlaps(self, other: GpuView) -> bool:
        """Return whether it may share memory with another view."""
        (low, high), (first, last) = self._span(), other._span()
        return low < last and first < high

    def is_same(self, other: GpuView) -> bool:
        """Return whether another view has each element at the same address."""
        return (self.address, self.shape) == (other.address, other.shape) and self._has_strides(other.strides)

    def in_order(self, order: AxisOrder) -> GpuView:
        """Return the view as (images, height, width, channels), each of the four there; axes are as `order` tells."""
        axes = order.inward_axes(len(self.shape))
        sizes, steps = [self.shape[axis] for axis in axes], [self.strides[axis] for axis in axes]
        if not order.batch:
            sizes, steps = [1, *sizes], [0, *steps]
        if len(sizes) == 3:
            sizes, steps = [*sizes, 1], [*steps, self.dtype.itemsize]
        return self._part(self.address, tuple(sizes), tuple(steps))

    def image(self, number: int) -> GpuView:
        """Return one image of a view (images, height, width, channels)."""
        return self._part(self.address + number * self.strides[0], self.shape[1:], self.strides[1:])

    def some_channels(self, channels: slice) -> GpuView:
        """Return some channels of a view (height, width, channels)."""
        height, width, _ = self.shape
        address = self.address + channels.start * self.strides[2]
        return self._part(address, (height, width, channels.stop - channels.start), self.strides)

    def read(self, session: Session, computed: np.dtype[Any]) -> DeviceArray:
        """Return a view (height, width, channels) as an image of a type: its own memory, or a copy on the device."""
        return self.as_array() if self.is_contiguous and self.dtype == computed else self.copied(session, computed)

    def copied(self, session: Session, computed: np.dtype[Any]) -> DeviceArray:
        """Return a C-contiguous copy of a view (height, width, channels), in a type that is computed."""
        return read_strided(session, self.as_array(), self.sample_steps(), computed)

    def as_array(self) -> DeviceArray:
        """Return the array of its shape that begins at its address, whatever its strides."""
        return DeviceArray(self.address, self.shape, self.dtype, self.owner)

    def sample_steps(self) -> tuple[int, ...]:
        """Return its strides in samples; ImageError if they, or its address, lie between samples."""
        size = self.dtype.itemsize
        if any(step % size for step in self.strides) or self.address % size:
            raise ImageError(f"the strides of an image must be multiples of a sample; they are {self.strides} bytes")
        return tuple(step // size for step in self.strides)

    def _part(self, address: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> GpuView:
        return GpuView(address, shape, strides, self.dtype, self.read_only, self.stream, self.owner)

    def _has_strides(self, strides: tuple[int, ...]) -> bool:
        """Return whether strides lead to the same elements; along an axis of one element they say nothing."""
        return self.strides == strides or all(
            size == 1 or own == step for size, own, step in zip(self.shape, self.strides, strides, strict=True)
        )

    def _span(self) -> tuple[int, int]:
        """Return the addresses of its first byte, and of the one behind its last."""
        low = high = self.address
        for size, step in zip(self.shape, self.strides, strict=True):
            if step < 0:
                low += (size - 1) * step
            else:
                high += (size - 1) * step
        return low, high + self.dtype.itemsize


def own_strides(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """Return the strides of a C-contiguous array, whose elements have a size in bytes."""
    strides = []
    for length in reversed(shape):
        strides.append(size)
        size *= length
    return tuple(reversed(strides))


def _capsule(value: Any, stream: int) -> Any:
    try:
        try:
            return value.__dlpack__(stream=stream, max_version=dlpack.VERSION)
        except TypeError:  # of before DLPack 1.0
            return value.__dlpack__(stream=stream)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ImageError(f"this array cannot be read on the GPU: {shown(error, 300)}") from error
