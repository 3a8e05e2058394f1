"""JPEG decoded and encoded on a GPU by nvImageCodec, so that the pixels never come to the host.

Its pixels differ from libjpeg's by some levels: docs/batch.md says by how much. A coder is for
one thread.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cuda.context import translated
from imgcuda.engine.protocol import DeviceArray

_lock = threading.Lock()

MISSING = "the GPU's codecs are not installed (pip install 'imgcuda[codecs]')"


def missing() -> str | None:
    """Return why the codecs cannot be used, in a sentence; None if they can."""
    try:
        return None if find_spec("nvidia.nvimgcodec") else MISSING
    except ImportError:  # there is no package "nvidia"
        return MISSING


@cache
def _library() -> Any:
    """Return nvImageCodec. As it loads, it writes to stderr about what it lacks for other formats."""
    before = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        return import_module("nvidia.nvimgcodec")
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


class NvJpeg:
    """A decoder and an encoder on one GPU. Its context must be current in all calls."""

    def __init__(self, index: int) -> None:
        with _lock:
            nvimgcodec = _library()
        self._index, self._library = index, nvimgcodec
        # "Fancy" upsampling of chroma is what libjpeg does.
        self._decoder = nvimgcodec.Decoder(device_id=index, max_num_cpu_threads=1, options=":fancy_upsampling=1")
        self._encoder = nvimgcodec.Encoder(device_id=index, max_num_cpu_threads=1)

    def decode(self, data: npt.NDArray[np.uint8], channels: int) -> DeviceArray | None:
        """Return a JPEG's pixels, gray or RGB, not turned; None if it cannot be decoded."""
        library = self._library
        space = library.ColorSpec.GRAY if channels == 1 else library.ColorSpec.SRGB
        params = library.DecodeParams(apply_exif_orientation=False, color_spec=space)
        with translated(f"cuda:{self._index}: decoding a JPEG"):
            image = self._decoder.decode(library.CodeStream(data), params=params)
        if image is None:
            return None
        found: dict[str, Any] = image.__cuda_array_interface__
        shape = tuple(found["shape"]) if len(found["shape"]) == 3 else (*found["shape"], 1)
        if found["typestr"] != "|u1" or shape[2] != channels or not _is_contiguous(shape, found.get("strides")):
            return None
        return DeviceArray(found["data"][0], shape, np.dtype(np.uint8), image)

    def encode(self, pixels: DeviceArray, quality: int) -> npt.NDArray[np.uint8] | None:
        """Return pixels, gray or RGB, as a JPEG without metadata, with 4:2:0 chroma; None if they cannot be encoded."""
        library = self._library
        gray = pixels.channels == 1
        params = library.EncodeParams(
            quality_type=library.QualityType.QUALITY,
            quality_value=quality,
            chroma_subsampling=library.ChromaSubsampling.CSS_GRAY if gray else library.ChromaSubsampling.CSS_420,
        )
        with translated(f"cuda:{self._index}: encoding a JPEG"):
            stream = self._encoder.encode(library.as_image(_Exposed(pixels)), "jpeg", params=params)
        return None if stream is None else np.frombuffer(bytes(stream), np.uint8)


class _Exposed:
    """An array of ours as other libraries take it."""

    def __init__(self, array: DeviceArray) -> None:
        self.array = array

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        array = self.array
        return {"shape": array.shape, "typestr": array.dtype.str, "data": (array.pointer, False), "version": 3}


def _is_contiguous(shape: tuple[int, ...], strides: tuple[int, ...] | None) -> bool:
    """Return whether bytes lie one beside the other."""
    return strides is None or tuple(strides)[:2] == (shape[1] * shape[2], shape[2])
