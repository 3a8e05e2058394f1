"""How many of this machine's cores a process uses."""

from __future__ import annotations

import os
import re

from imgcuda.errors import DeviceError


def cores() -> int:
    """Return the number of cores to use: IMGCUDA_THREADS, else the number that the system allows this process.

    Raises DeviceError if IMGCUDA_THREADS is not a number of cores.
    """
    if asked := os.environ.get("IMGCUDA_THREADS"):
        if not re.fullmatch("[0-9]{1,4}", asked):
            raise DeviceError(f"IMGCUDA_THREADS must be a number of cores, such as 4; it is '{asked[:60]}'")
        return max(1, int(asked))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
