"""The CUDA driver's calls: through PyCUDA, or through NVIDIA's cuda-bindings where PyCUDA is not installed.

PyCUDA is compiled as it is installed, by a C++ compiler and with CUDA's headers; cuda-bindings need neither.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Literal, TypeAlias, cast, get_args

from imgcuda.errors import DeviceError

Choice: TypeAlias = Literal["pycuda", "cuda-bindings"]

VARIABLE = "IMGCUDA_DRIVER"
"""The environment variable that chooses."""


@cache
def choice() -> Choice:
    """Return which package calls the driver: PyCUDA if it is installed. Raises DeviceError if the variable is wrong."""
    asked = os.environ.get(VARIABLE, "")
    if asked and asked not in get_args(Choice):
        raise DeviceError(f"{VARIABLE} must be pycuda or cuda-bindings; got '{asked[:60]}'")
    return cast(Choice, asked) if asked else "pycuda" if _has_pycuda() else "cuda-bindings"


def driver() -> Any:
    """Return a module with the calls of PyCUDA's `driver` that imgcuda uses. Raises ImportError if there is none."""
    if choice() == "pycuda":
        from pycuda import driver as pycuda_driver

        return pycuda_driver
    from imgcuda.cuda import bindings_driver

    return bindings_driver


def _has_pycuda() -> bool:
    try:
        import pycuda  # noqa: F401
    except ImportError:
        return False
    return True
