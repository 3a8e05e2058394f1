"""NPP, NVIDIA's image library in the CUDA toolkit, by ctypes: the three functions that are nearest to the filters.

The variants that end in `_Ctx` are called, which say what stream they run on: CUDA 13 has no others.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from ctypes import c_int, c_size_t, c_uint, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

from imgcuda.engine.protocol import DeviceArray

REPLICATE = 2  # NPP_BORDER_REPLICATE, the only border that the Gaussian takes
MASK_3X3 = 200  # NPP_MASK_SIZE_3_X_3
NORM_L2 = 2  # nppiNormL2


class Size(ctypes.Structure):
    """NppiSize."""

    _fields_ = [("width", c_int), ("height", c_int)]


class Point(ctypes.Structure):
    """NppiPoint."""

    _fields_ = [("x", c_int), ("y", c_int)]


class StreamContext(ctypes.Structure):
    """NppStreamContext, passed by value."""

    _fields_ = [
        ("stream", c_void_p),
        ("device", c_int),
        ("multiprocessors", c_int),
        ("threads_of_multiprocessor", c_int),
        ("threads_of_block", c_int),
        ("shared_of_block", c_size_t),
        ("major", c_int),
        ("minor", c_int),
        ("flags", c_uint),
        ("reserved", c_int),
    ]


@cache
def library(name: str) -> Any:
    """Return one of NPP's libraries: from the system, the toolkit's folder, or NVIDIA's wheels; ImportError if none."""
    if name != "nppc":  # which the others need, and may not find by themselves
        library("nppc")
    toolkit = os.environ.get("CUDA_HOME") or os.environ.get("CUDA_PATH") or "/usr/local/cuda"
    nvidia = importlib.util.find_spec("nvidia")
    folders = [f"{toolkit}/lib64", *(nvidia.submodule_search_locations or [] if nvidia else [])]
    found = [path for folder in folders for path in Path(folder).rglob(f"lib{name}.so*")]
    for candidate in (f"lib{name}.so", f"lib{name}.so.13", f"lib{name}.so.12", *sorted(map(str, found))):
        try:
            return ctypes.CDLL(candidate, ctypes.RTLD_GLOBAL)
        except OSError:
            continue
    raise ImportError(f"lib{name} was not found")


@cache
def context() -> StreamContext:
    """Return the description of the default stream on the device whose context is current."""
    import pycuda.driver as driver

    device, asked = driver.Context.get_device(), driver.device_attribute
    return StreamContext(
        None,
        0,
        device.get_attribute(asked.MULTIPROCESSOR_COUNT),
        device.get_attribute(asked.MAX_THREADS_PER_MULTIPROCESSOR),
        device.get_attribute(asked.MAX_THREADS_PER_BLOCK),
        device.get_attribute(asked.MAX_SHARED_MEMORY_PER_BLOCK),
        device.get_attribute(asked.COMPUTE_CAPABILITY_MAJOR),
        device.get_attribute(asked.COMPUTE_CAPABILITY_MINOR),
        0,
        0,
    )


def gauss(source: DeviceArray, target: DeviceArray, weights: DeviceArray) -> None:
    """Convolve RGB rows and columns with an odd number of weights, float32, that lie on the device."""
    _call(
        "nppif",
        "nppiFilterGaussAdvancedBorder_8u_C3R_Ctx",
        *_image(source),
        _size(source),
        Point(0, 0),
        *_image(target),
        _size(source),
        c_int(weights.shape[0]),
        c_void_p(weights.pointer),
        c_int(REPLICATE),
    )


def gray(source: DeviceArray, target: DeviceArray) -> None:
    """Make RGB gray as of Rec. 601."""
    _call("nppicc", "nppiRGBToGray_8u_C3C1R_Ctx", *_image(source), *_image(target), _size(source))


def gradient(source: DeviceArray, target: DeviceArray) -> None:
    """Make the length of Sobel's gradient of an RGB image, int16, one number a pixel: of the steepest channel."""
    nothing = (c_void_p(None), c_int(0))
    _call(
        "nppif",
        "nppiGradientVectorSobelBorder_8u16s_C3C1R_Ctx",
        *_image(source),
        _size(source),
        Point(0, 0),
        *nothing,  # along x
        *nothing,  # along y
        *_image(target),
        *nothing,  # the angle
        _size(source),
        c_int(MASK_3X3),
        c_int(NORM_L2),
        c_int(REPLICATE),
    )


def _call(name: str, function: str, *arguments: Any) -> None:
    """Call a function of a library; RuntimeError if it says that it failed. Positive results are warnings."""
    call = getattr(library(name), function)
    call.restype = c_int
    if (status := call(*arguments, context())) < 0:
        raise RuntimeError(f"{function} returned {status}")


def _image(array: DeviceArray) -> tuple[c_void_p, c_int]:
    """Return a pointer, and the bytes from one row to the next."""
    return c_void_p(array.pointer), c_int(array.nbytes // array.height)


def _size(array: DeviceArray) -> Size:
    return Size(array.width, array.height)
