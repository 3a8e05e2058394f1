"""Textures that kernels take as `cudaTextureObject_t`, made of NumPy arrays."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import ByValue
from imgcuda.engine.texture_argument import TextureArgument
from imgcuda.errors import LaunchError, shown
from imgcuda.frontend.compilers import CPU
from imgcuda.frontend.textures import FETCHES, FIELDS, MODES, TEXTURE
from imgcuda.kernels.texture_reads import reading_function
from imgcuda.programs.source import C_TYPES, Program, elements_of

_FILTERS = ("point", "linear")
_READS = ("element", "normalized")
_DESCRIPTOR = np.dtype([*((name, C_TYPES[type]) for name, type in FIELDS), ("border", "f4", 4)], align=True)
_TYPES = (np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.float32)
_FETCHED = re.compile(rf"\b(?:{'|'.join(FETCHES)})\s*<\s*([\w ]+?)\s*>")


class Texture:
    """A copy of an array that kernels read through a `cudaTextureObject_t`, as `tex2D<float>(texture, x, y)`.

    The array has the shape (width,), (height, width) or (height, width, channels) with 1, 2 or 4 channels. `filter` is
    "point" or "linear". `address` says what is beyond the borders: "clamp" repeats the last texels, "border" gives
    `border`, and "wrap" and "mirror" repeat the image, for normalized coordinates; two modes are those along x and y.
    With `normalized`, coordinates are from 0 to 1 across the array. `read="normalized"` makes floats of whole numbers,
    255 of a byte 1.0. A GPU has it as a CUDA array, made for each launch, or for tex1Dfetch as memory. Raises
    LaunchError for what CUDA has no texture of.
    """

    def __init__(
        self,
        array: npt.NDArray[Any],
        filter: str = "point",
        address: str | tuple[str, str] = "clamp",
        normalized: bool = False,
        read: str = "element",
        border: float | tuple[float, ...] = 0.0,
    ) -> None:
        modes = (address, address) if isinstance(address, str) else tuple(address)
        _one_of("filter", filter, _FILTERS)
        _one_of("read", read, _READS)
        for mode in modes:
            _one_of("address", mode, MODES)
            if mode in ("wrap", "mirror") and not normalized:
                raise LaunchError(f"a texture's address {mode!r} is for normalized coordinates; pass normalized=True")
        self._stored = _stored(array, read)
        self._dimensions = array.ndim
        self._texels = _as_floats(self._stored) if read == "normalized" else self._stored
        if filter == "linear" and self._texels.dtype != np.float32:
            remedy = "pass read='normalized', or an array of float32"
            raise LaunchError(f"a texture of {self._texels.dtype} cannot be filtered linearly; {remedy}")
        height, width, channels = self._texels.shape
        sides = np.zeros(4, np.float32)
        sides[: np.size(border)] = border
        a, b, c, d = sides.tolist()
        self._reading = filter == "linear", normalized, read == "normalized", (modes[0], modes[1]), (a, b, c, d)
        numbers = (channels, filter == "linear", normalized, *map(MODES.index, modes), sides)
        self._descriptor = np.array((self._texels.ctypes.data, width, height, *numbers), _DESCRIPTOR)

    def __repr__(self) -> str:
        height, width, channels = self._texels.shape
        return f"<texture of {height} x {width} x {channels} {self._texels.dtype}>"

    def argument(self, place: str, program: Program, kernel: str) -> ByValue | TextureArgument:
        """Return the texture as an argument of a kernel; LaunchError if the kernels read other texels.

        `place` begins the message.
        """
        read = _fetched_types(program.text)
        fetched = [_fetched(type) for type in read]
        own = self._texels.dtype, self._texels.shape[2]
        if fetched and None not in fetched and own not in fetched:
            raise LaunchError(f"{place}; the file reads texels of {', '.join(read)}; it was given {self!r}")
        if program.compiler == CPU:
            return ByValue(np.frombuffer(self._descriptor.tobytes(), np.uint8), 8)
        function = reading_function(place, program, kernel, self._dimensions, self._stored.shape[0])
        return TextureArgument(self._stored, function, *self._reading)


def _stored(array: npt.NDArray[Any], read: str) -> npt.NDArray[Any]:
    """Return a copy of an array as rows of texels; LaunchError if a texture cannot have them."""
    if not isinstance(array, np.ndarray) or array.dtype not in _TYPES:
        given = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else shown(array)
        known = ", ".join(each.__name__ for each in _TYPES)
        raise LaunchError(f"a texture is made of an array of {known}; got {given}")
    shape = {1: (1, *array.shape, 1), 2: (*array.shape, 1), 3: array.shape}.get(array.ndim, (0,))
    if 0 in shape or shape[2] not in (1, 2, 4):
        sizes = " x ".join(map(str, array.shape))
        raise LaunchError(f"a texture has one or two dimensions and 1, 2 or 4 channels; got an array of {sizes}")
    if read == "normalized" and array.dtype in (np.uint32, np.int32):
        raise LaunchError(f"a texture of {array.dtype} cannot be read as floats; pass an array of 8 or 16 bits")
    return np.array(array, order="C").reshape(shape)


def _as_floats(texels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return whole numbers as floats from 0 or -1 to 1."""
    if texels.dtype.kind not in "ui":
        return texels
    most = np.float32(np.iinfo(texels.dtype).max)
    floats: npt.NDArray[Any] = np.maximum(texels.astype(np.float32) / most, np.float32(-1))
    return floats


@lru_cache(maxsize=64)
def _fetched_types(text: str) -> tuple[str, ...]:
    """Return the types of the texels that a text reads, each once. They are kept for the launches that follow."""
    return tuple(dict.fromkeys(_FETCHED.findall(text)))


def _fetched(type: str) -> tuple[np.dtype[Any], int] | None:
    """Return the numbers and channels of a texel's type; None if no texture has it, or for a name of the author's."""
    found = elements_of(type)
    return None if found is None or found[0].itemsize > 4 or found[1] == 3 else found


def _one_of(what: str, given: object, known: tuple[str, ...]) -> None:
    if given not in known:
        raise LaunchError(f"a texture's {what} must be {' or '.join(map(repr, known))}; got {shown(given)}")


def is_texture(written: str) -> bool:
    """Return whether an argument's type is that of textures."""
    return written == TEXTURE
