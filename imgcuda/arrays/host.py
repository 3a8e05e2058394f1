"""Arrays of other libraries in host memory: to NumPy, and a result back, without a copy where the library allows it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.arrays.kinds import library_of
from imgcuda.errors import ImageError, shown

Array = npt.NDArray[Any]


def _is_there(result: Array, out: Any) -> None:
    pass


class HostKind(NamedTuple):
    """How arrays of a library become NumPy arrays, and a result one of the library's."""

    to_numpy: Callable[[Any], Array]
    from_numpy: Callable[[Array, Any], Any]
    """Takes the result, and the array that was filtered."""
    put: Callable[[Array, Any], None] = _is_there
    """Write a result to the caller's `out`, where `to_numpy` made a copy of that, and not a view."""


def host_kind(value: Any) -> HostKind:
    """Return how a value in host memory becomes a NumPy array, and back."""
    library = library_of(value)
    if library == "PIL":
        from imgcuda.arrays import pictures

        return HostKind(pictures.to_numpy, pictures.from_numpy)
    return _KINDS.get(library, _ANY)


def _from_torch(tensor: Any) -> Array:
    if tensor.requires_grad:
        raise ImageError("a filter has no gradient, and this tensor requires one; give tensor.detach()")
    return _translated(tensor, lambda: (tensor.float() if _is_bfloat16(tensor) else tensor).numpy())


def _to_torch(result: Array, tensor: Any) -> Any:
    made = import_module("torch").from_numpy(result)
    return made.bfloat16() if _is_bfloat16(tensor) else made


def _put_in_torch(result: Array, out: Any) -> None:
    if _is_bfloat16(out):
        out.copy_(import_module("torch").from_numpy(result))


def _is_bfloat16(tensor: Any) -> bool:
    """Return whether a tensor has a type that NumPy lacks: PyTorch makes float32 of it, and rounds the result."""
    return str(tensor.dtype) == "torch.bfloat16"


def _to_jax(result: Array, given: Any) -> Any:
    return import_module("jax").device_put(result, given.device)


def _from_any(value: Any) -> Array:
    """Return what a producer of DLPack holds; old ones that cannot say "read-only" are asked for `__array__`."""

    def read() -> Array:
        try:
            return np.from_dlpack(value)
        except (BufferError, RuntimeError, TypeError):
            if not hasattr(value, "__array__"):
                raise
            return np.asarray(value)

    return _translated(value, read)


def _to_any(result: Array, given: Any) -> Any:
    """Return a result as an array of the library that `given` names by the array API standard; else a NumPy array."""
    if not hasattr(given, "__array_namespace__"):
        return result
    return given.__array_namespace__().from_dlpack(result)


def _translated(value: Any, read: Callable[[], Array]) -> Array:
    try:
        return read()
    except MemoryError:
        raise
    except Exception as error:  # raised by another library: of any class
        name = f"{type(value).__module__.partition('.')[0]}'s {type(value).__name__}"
        raise ImageError(f"this {name} cannot be read as an array: {shown(error, 300)}") from error


_ANY = HostKind(_from_any, _to_any)
_KINDS = {"torch": HostKind(_from_torch, _to_torch, _put_in_torch), "jax": HostKind(_from_any, _to_jax)}
