"""JPEG decoded and encoded on a GPU by nvImageCodec, so that the pixels never come to the host.

Its pixels differ from libjpeg's by some levels: docs/batch.md says by how much. A coder is for
one thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cuda import driver_calls
from imgcuda.cuda.context import translated
from imgcuda.cuda.driver_api import driver
from imgcuda.engine.protocol import DeviceArray

_lock = threading.Lock()

DEFAULT_STREAM = 0
"""The number of the default stream, in which a session's filters run."""

NON_BLOCKING = 1
"""The flag of a stream that does not wait for the default stream (CU_STREAM_NON_BLOCKING)."""

INSTALL = "pip install 'imgcuda[codecs]'"
MISSING = f"the GPU's codecs are not installed ({INSTALL})"


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
    """A decoder and an encoder on one GPU. Its context must be current in all calls.

    They work in a CUDA stream of their own, beside filters and other coders. A filter's session reads what was decoded
    and ends, with all its work done, before that is freed.
    """

    def __init__(self, index: int) -> None:
        with _lock:
            nvimgcodec = _library()
        self._index, self._library = index, nvimgcodec
        self._stream = driver().Stream(NON_BLOCKING)
        # The GPU's own decoders work side by side; without them named, this one CPU thread gets a part of a batch.
        self._decoders = [
            decoder for kind in (nvimgcodec.BackendKind.HW_GPU_ONLY, None) if (decoder := self._decoder(kind))
        ]
        self._encoder = nvimgcodec.Encoder(device_id=index, max_num_cpu_threads=1)

    def _decoder(self, kind: Any) -> Any:
        """Return a decoder of a kind, None for any; None if this GPU has no decoder of that kind."""
        library = self._library
        # "Fancy" upsampling of chroma is what libjpeg does.
        options = {"device_id": self._index, "max_num_cpu_threads": 1, "options": ":fancy_upsampling=1"}
        if kind is None:
            return library.Decoder(**options)
        try:
            return library.Decoder(**options, backends=[library.Backend(kind)])
        except RuntimeError:
            return None

    def decode(self, files: Sequence[npt.NDArray[np.uint8]], channels: int) -> Sequence[DeviceArray | None]:
        """Return each JPEG's pixels, gray or RGB, not turned; None for one that cannot be decoded."""
        library = self._library
        space = library.ColorSpec.GRAY if channels == 1 else library.ColorSpec.SRGB
        params = library.DecodeParams(apply_exif_orientation=False, color_spec=space)
        made: list[DeviceArray | None] = [None] * len(files)
        for decoder in self._decoders:
            missing = [number for number, pixels in enumerate(made) if pixels is None]
            if missing:
                with translated(f"cuda:{self._index}: decoding a JPEG"):
                    streams = [library.CodeStream(files[number]) for number in missing]
                    images = decoder.decode(streams, params=params, cuda_stream=self._stream.handle)
                    self._stream.synchronize()
                for number, image in zip(missing, images, strict=True):
                    made[number] = _pixels(image, channels)
        return made

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
            driver_calls.order(self._index, DEFAULT_STREAM, self._stream.handle)  # filters write the pixels there
            image = library.as_image(_Exposed(pixels), self._stream.handle)
            coded = self._encoder.encode(image, "jpeg", params=params, cuda_stream=self._stream.handle)
        return None if coded is None else np.frombuffer(bytes(coded), np.uint8)


def _pixels(image: Any, channels: int) -> DeviceArray | None:
    """Return the pixels of an image of nvImageCodec; None if there are none, or others than were asked for."""
    if image is None:
        return None
    found: dict[str, Any] = image.__cuda_array_interface__
    shape = tuple(found["shape"]) if len(found["shape"]) == 3 else (*found["shape"], 1)
    if found["typestr"] != "|u1" or shape[2] != channels or not _is_contiguous(shape, found.get("strides")):
        return None
    return DeviceArray(found["data"][0], shape, np.dtype(np.uint8), image)


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
