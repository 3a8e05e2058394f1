"""What an array on a GPU is, read from the CUDA array interface or from DLPack: address, shape, strides, type."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from imgcuda.arrays import dlpack
from imgcuda.arrays.contiguous_copy import contiguous
from imgcuda.engine.protocol import DeviceArray, Session
from imgcuda.errors import ImageError, shown

ALIGNED = 16
"""What the address of an image must be a multiple of: kernels load up to 16 bytes at once."""


@dataclass(frozen=True)
class GpuView:
    """An array on a GPU."""

    address: int
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None
    """In bytes; None if it is C-contiguous."""
    dtype: np.dtype[Any]
    read_only: bool
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
        shape, strides = tuple(said["shape"]), said.get("strides")
        return cls(address or 0, shape, strides and tuple(strides), np.dtype(said["typestr"]), read_only, stream)

    @classmethod
    def by_dlpack(cls, value: Any, stream: int) -> GpuView:
        """Return what DLPack says. The producer lets `stream` wait for its work."""
        capsule = _capsule(value, stream)
        return cls(*dlpack.describe(capsule), owner=capsule)

    @property
    def is_contiguous(self) -> bool:
        """Whether it is C-contiguous, at an address that kernels may use."""
        return self.address % ALIGNED == 0 and (self.strides is None or self.strides == self._own_strides())

    def overlaps(self, first: int, last: int) -> bool:
        """Return whether it may have bytes from address `first` to `last`, the end not included."""
        steps = [(n - 1) * step for n, step in zip(self.shape, self.strides or self._own_strides(), strict=True)]
        low = self.address + sum(step for step in steps if step < 0)
        high = self.address + sum(step for step in steps if step > 0) + self.dtype.itemsize
        return low < last and first < high

    def image(self, session: Session) -> DeviceArray:
        """Return it as an image (height, width, channels): its own memory, or a contiguous copy on the device."""
        shape = self.shape if len(self.shape) == 3 else (*self.shape, 1)
        own = DeviceArray(self.address, shape, self.dtype, self.owner)
        if self.is_contiguous:
            return own
        strides = self.strides or self._own_strides()
        if any(step % self.dtype.itemsize for step in strides) or self.address % self.dtype.itemsize:
            raise ImageError(f"the strides of an image must be multiples of a sample; they are {strides} bytes")
        steps = [step // self.dtype.itemsize for step in strides]
        return contiguous(session, own, steps if len(steps) == 3 else [*steps, 1])

    def _own_strides(self) -> tuple[int, ...]:
        return tuple(prod(self.shape[n + 1 :]) * self.dtype.itemsize for n in range(len(self.shape)))


def _capsule(value: Any, stream: int) -> Any:
    try:
        try:
            return value.__dlpack__(stream=stream, max_version=dlpack.VERSION)
        except TypeError:  # of before DLPack 1.0
            return value.__dlpack__(stream=stream)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ImageError(f"this array cannot be read on the GPU: {shown(error, 300)}") from error
