"""Whether this machine has GPUs, told without importing the engine: most machines have none."""

from __future__ import annotations

import os
from functools import cache

from imgcuda.cuda import driver_calls
from imgcuda.cuda.driver_api import choice, driver

NO_DRIVER = "the NVIDIA driver is not installed (its library libcuda was not found)"

_first = os.getpid()
"""The process that imported this module, of which this one may be a fork."""


@cache
def missing() -> str | None:
    """Return why no GPU can be used, in a sentence; None when one can."""
    if choice() == "cuda-bindings" and not driver_calls.has_driver():
        return NO_DRIVER  # without importing the package, since most machines have no GPU
    try:
        calls = driver()
    except ImportError as error:
        if "libcuda" in str(error) or "nvcuda" in str(error):
            return NO_DRIVER
        return "neither cuda-bindings nor PyCUDA is installed (pip install 'imgcuda[gpu]')"
    try:
        calls.init()
        return None if calls.Device.count() else "there is no NVIDIA GPU in this machine"
    except calls.Error as error:
        if os.getpid() != _first and "initialization error" in str(error):
            return "this process was forked from one that had used a GPU: start it by 'spawn' or 'forkserver'"
        return f"the NVIDIA driver does not work: {error}"


@cache
def count() -> int:
    """Return the number of GPUs; call it only if `missing` returns None."""
    return int(driver().Device.count())


if hasattr(os, "register_at_fork"):  # a fork cannot use a GPU that its parent has used
    os.register_at_fork(after_in_child=missing.cache_clear)
