"""Capsules of DLPack, version 1 and before: read those of other libraries, and make ours.

A capsule that we read is kept as it is, and not marked as used: its own destructor then frees it with its last
reference. A capsule that we make keeps the owner of the memory alive until its consumer calls the deleter, or until the
capsule ends without a consumer, in whatever order they and our own object end.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_int32, c_int64, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p
from math import prod
from typing import Any, NamedTuple

import numpy as np

from imgcuda.arrays.stored_types import BFLOAT16
from imgcuda.errors import ImageError

VERSION = (1, 0)
READ_ONLY = 1
_NAMES = {True: b"dltensor_versioned", False: b"dltensor"}
_KINDS = {0: "i", 1: "u", 2: "f", 4: BFLOAT16.kind, 5: "c", 6: "b"}
"""DLPack's codes of types, as NumPy's; 4 is bfloat16."""


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("data", c_void_p), ("device_type", c_int32), ("device_id", c_int32), ("ndim", c_int32), ("code", c_uint8),
        ("bits", c_uint8), ("lanes", c_uint16), ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    )  # fmt: skip


class _Managed(ctypes.Structure):
    _fields_ = (("tensor", _Tensor), ("context", c_void_p), ("deleter", c_void_p))


class _Versioned(ctypes.Structure):
    _fields_ = (
        ("major", c_uint32), ("minor", c_uint32), ("context", c_void_p), ("deleter", c_void_p), ("flags", c_uint64),
        ("tensor", _Tensor),
    )  # fmt: skip


def _api(name: str, result: Any, *arguments: Any) -> Any:
    """Return a function of Python's C API with types of its own: those of `ctypes.pythonapi` are shared with others."""
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


_is_valid = _api("PyCapsule_IsValid", c_int, ctypes.py_object, c_char_p)
_pointer = _api("PyCapsule_GetPointer", c_void_p, ctypes.py_object, c_char_p)
_dying_is_valid = _api("PyCapsule_IsValid", c_int, c_void_p, c_char_p)
_dying_pointer = _api("PyCapsule_GetPointer", c_void_p, c_void_p, c_char_p)
_new = _api("PyCapsule_New", ctypes.py_object, c_void_p, c_char_p, c_void_p)


class Described(NamedTuple):
    """What a capsule says of an array."""

    address: int
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None
    """In bytes; None if the array is C-contiguous."""
    dtype: np.dtype[Any]
    read_only: bool


def describe(capsule: Any) -> Described:
    """Return what a capsule says; ImageError if it has been used, or is of another version or type."""
    if _is_valid(capsule, _NAMES[True]):
        held = _Versioned.from_address(_pointer(capsule, _NAMES[True]))
        if held.major != VERSION[0]:
            raise ImageError(f"an array must come by DLPack {VERSION[0]}; this library has version {held.major}")
        return _described(held.tensor, bool(held.flags & READ_ONLY))
    if not _is_valid(capsule, _NAMES[False]):
        raise ImageError("an array must come in a capsule of DLPack that is not used yet")
    return _described(_Managed.from_address(_pointer(capsule, _NAMES[False])).tensor, False)


def _described(tensor: _Tensor, read_only: bool) -> Described:
    kind = _KINDS.get(tensor.code)
    if kind is None or tensor.lanes != 1 or tensor.bits % 8:
        kinds = "uint8, uint16, float32, float16, bfloat16 or float64"
        raise ImageError(
            f"an image's samples must be {kinds}; they are of DLPack's code {tensor.code}, {tensor.bits} bits"
        )
    dtype = np.dtype(f"{kind}{tensor.bits // 8}")
    shape = tuple(tensor.shape[: tensor.ndim])
    strides = tuple(n * dtype.itemsize for n in tensor.strides[: tensor.ndim]) if tensor.strides else None
    return Described((tensor.data or 0) + tensor.byte_offset, shape, strides, dtype, read_only)


# ---- ours

_exported: dict[int, tuple[object, ...]] = {}
"""What each capsule needs that is in use, by the address of its structure: that, its arrays, the memory's owner."""


def _drop(address: int) -> None:
    _exported.pop(address, None)


def _end(capsule: int) -> None:
    """Free what a capsule needs that ends without a consumer, which would have renamed it."""
    for name in _NAMES.values():
        if _dying_is_valid(capsule, name):
            _drop(_dying_pointer(capsule, name))


_DELETER = ctypes.CFUNCTYPE(None, c_void_p)(_drop)
_DESTRUCTOR = ctypes.PYFUNCTYPE(None, c_void_p)(_end)


def export(
    address: int, shape: tuple[int, ...], dtype: np.dtype[Any], device: tuple[int, int], owner: object, versioned: bool
) -> Any:
    """Return a capsule of a C-contiguous array, which keeps the owner of its memory alive."""
    held = _Versioned(major=VERSION[0], minor=VERSION[1]) if versioned else _Managed()
    ndim = len(shape)
    sizes = (c_int64 * ndim)(*shape)
    steps = (c_int64 * ndim)(*(prod(shape[n + 1 :]) for n in range(ndim)))
    code = next(code for code, kind in _KINDS.items() if kind == dtype.kind)
    held.tensor = _Tensor(address, *device, ndim, code, dtype.itemsize * 8, 1, sizes, steps, 0)
    held.deleter = ctypes.cast(_DELETER, c_void_p).value
    place = ctypes.addressof(held)
    _exported[place] = (held, sizes, steps, owner)
    return _new(place, _NAMES[versioned], ctypes.cast(_DESTRUCTOR, c_void_p).value)
