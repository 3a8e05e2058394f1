"""Textures of a GPU, by the driver's own library: PyCUDA has no texture objects, and so both drivers use this.

What tex2D and tex1D read is a CUDA array, which has all address modes and linear filtering. Memory with a pitch would
have neither "wrap" nor "mirror". tex1Dfetch reads plain memory only.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import byref, c_char, c_float, c_int, c_size_t, c_uint, c_uint64, c_void_p
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cuda.driver_calls import call, function
from imgcuda.engine.texture_argument import TextureArgument

ALIGNMENT = 512
"""What the address of memory that tex1Dfetch reads must be a multiple of, on any GPU."""
_FORMATS = {"uint8": 1, "uint16": 2, "uint32": 3, "int8": 8, "int16": 9, "int32": 10, "float32": 32}
_MODES = {"wrap": 0, "clamp": 1, "mirror": 2, "border": 3}
_HOST, _ARRAY = 1, 3
"""Types of memory in a copy."""
_OF_ARRAY, _OF_MEMORY = 0, 2
"""Types of what a texture reads."""
_AS_INTEGERS, _NORMALIZED = 1, 2
"""Flags of a texture."""


class ArrayDescription(ctypes.Structure):
    """CUDA_ARRAY_DESCRIPTOR: a CUDA array of one (height 0) or two dimensions."""

    _fields_ = (("width", c_size_t), ("height", c_size_t), ("format", c_int), ("channels", c_uint))


class _End(ctypes.Structure):
    """What a copy reads or writes: a place in memory, or in a CUDA array."""

    _fields_ = (
        ("x", c_size_t),
        ("y", c_size_t),
        ("kind", c_int),
        ("host", c_void_p),
        ("device", c_uint64),
        ("array", c_void_p),
        ("pitch", c_size_t),
    )


class RowCopy(ctypes.Structure):
    """CUDA_MEMCPY2D: a copy of rows."""

    _fields_ = (
        ("source", _End),
        ("target", _End),
        ("row_bytes", c_size_t),
        ("rows", c_size_t),
    )


class _Linear(ctypes.Structure):
    _fields_ = (("address", c_uint64), ("format", c_int), ("channels", c_uint), ("size", c_size_t))


class _ArrayOrMemory(ctypes.Union):
    _fields_ = (("array", c_void_p), ("memory", _Linear), ("reserved", c_int * 32))


class TextureResource(ctypes.Structure):
    """CUDA_RESOURCE_DESC: what a texture reads."""

    _fields_ = (("kind", c_int), ("of", _ArrayOrMemory), ("flags", c_uint))


class TextureReading(ctypes.Structure):
    """CUDA_TEXTURE_DESC: how a texture is read."""

    _fields_ = (
        ("modes", c_int * 3),
        ("linear", c_int),
        ("flags", c_uint),
        ("anisotropy", c_uint),
        ("mipmaps", c_char * 16),
        ("border", c_float * 4),
        ("reserved", c_int * 12),
    )


def reading_of(given: TextureArgument) -> TextureReading:
    """Return how a texture is read, as the driver takes it."""
    made = TextureReading(linear=given.linear)
    made.modes[:] = [*(_MODES[each] for each in given.modes), _MODES["clamp"]]
    is_whole = given.texels.dtype.kind in "iu"
    made.flags = _AS_INTEGERS * (is_whole and not given.as_floats) | _NORMALIZED * given.normalized
    ctypes.memmove(made.border, _border_of(given).tobytes(), ctypes.sizeof(made.border))
    return made


def _border_of(given: TextureArgument) -> npt.NDArray[Any]:
    """Return the texel beyond the border in 32 bits a channel: a GPU takes those of a whole number as they are."""
    texel, kind = np.array(given.border, np.float32), given.texels.dtype
    is_float = kind.kind == "f" or given.as_floats
    return texel if is_float else texel.astype(kind).astype(f"{kind.kind}4")


class TextureHandle:
    """A texture on a GPU, which a kernel takes by its number. The GPU's context must be current."""

    def __init__(self, given: TextureArgument, stream: int, allocate: Callable[[int], int]) -> None:
        self._given, self._stream, self._array = given, stream, c_void_p()
        """The texels are kept for the copy, which may only be queued."""
        self.number = 0
        try:
            of_memory = given.function == "tex1Dfetch"
            self.number = _created(self._memory(allocate) if of_memory else self._filled_array(), given)
        except BaseException:
            self.close()
            raise

    def _memory(self, allocate: Callable[[int], int]) -> TextureResource:
        """Queue a copy of the texels to memory of the session's."""
        texels = self._given.texels
        address = -(-allocate(texels.nbytes + ALIGNMENT) // ALIGNMENT) * ALIGNMENT
        call("cuMemcpyHtoDAsync_v2", address, texels.ctypes.data, texels.nbytes, self._stream)
        memory = _Linear(address, _format(texels), texels.shape[2], texels.nbytes)
        return TextureResource(_OF_MEMORY, _ArrayOrMemory(memory=memory))

    def _filled_array(self) -> TextureResource:
        """Create a CUDA array, and queue a copy of the texels to it."""
        texels = self._given.texels
        height, width, channels = texels.shape
        rows = height if self._given.function == "tex2D" else 0
        call("cuArrayCreate_v2", byref(self._array), byref(ArrayDescription(width, rows, _format(texels), channels)))
        row = texels.nbytes // height
        source = _End(kind=_HOST, host=texels.ctypes.data, pitch=row)
        copy = RowCopy(source, _End(kind=_ARRAY, array=self._array), row, height)
        call("cuMemcpy2DAsync_v2", byref(copy), self._stream)
        return TextureResource(_OF_ARRAY, _ArrayOrMemory(array=self._array))

    def close(self) -> None:
        """Free the texture; no kernel reads it any more. Errors were reported before, or no longer matter."""
        if self.number:
            function("cuTexObjectDestroy")(self.number)
        if self._array.value:
            function("cuArrayDestroy")(self._array)
        self.number, self._array = 0, c_void_p()

    def __del__(self) -> None:
        self.close()


def _format(texels: npt.NDArray[Any]) -> int:
    return _FORMATS[str(texels.dtype)]


def _created(resource: TextureResource, given: TextureArgument) -> int:
    number = c_uint64()
    call("cuTexObjectCreate", byref(number), byref(resource), byref(reading_of(given)), None)
    return number.value
